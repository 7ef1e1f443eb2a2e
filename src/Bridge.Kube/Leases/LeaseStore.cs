using System.Text.Json;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;

namespace Bridge.Kube.Leases;

/// <summary>
/// Reads and replaces one Lease. Lease is complete as a record, so it alone is written back whole, at the version that
/// was read.
/// </summary>
internal sealed class LeaseStore(KubeClient client, ObjectKey key, TimeSpan within)
{
    /// <summary>The lease, or null when the API server says that there is none.</summary>
    /// <exception cref="KubeException">Nothing is known about it.</exception>
    public async Task<Lease?> ReadAsync(CancellationToken cancel)
    {
        try
        {
            var request = new KubeRequest(HttpMethod.Get, KubeKinds.Leases.Resource.Path(key)) { Within = within };
            return Whole(await client.SendAsync(request, KubeKinds.Leases.Item, cancel));
        }
        catch (KubeException e) when (WriteFailure.ToResult(e.Failure) is StepResult.GoneResult)
        {
            return null;
        }
    }

    /// <summary>
    /// Creates the lease, or replaces it at the version that it carries; null when somebody was faster.
    /// </summary>
    /// <exception cref="KubeException">Nothing is known about the outcome, or it was refused.</exception>
    public async Task<Lease?> WriteAsync(Lease lease, CancellationToken cancel)
    {
        var create = lease.Metadata.ResourceVersion.Length == 0;
        var request = create
            ? new KubeRequest(HttpMethod.Post, KubeKinds.Leases.Resource.Collection(key.Namespace))
            : new KubeRequest(HttpMethod.Put, KubeKinds.Leases.Resource.Path(key));
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(lease, KubeKinds.Leases.Item);
            var answer = await client.SendAsync(
                request with { Body = body, ContentType = "application/json", Within = within }, KubeKinds.Leases.Item,
                cancel);
            return Stored(Whole(answer), lease);
        }
        catch (KubeException e)
            when (WriteFailure.ToResult(e.Failure) is StepResult.ConflictResult or StepResult.GoneResult)
        {
            return null;
        }
    }

    private static Lease Whole(Lease answer) =>
        answer.Kind == "Lease" && answer.Metadata.ResourceVersion.Length > 0
            ? answer
            : throw new KubeException($"the API server answered with '{answer.Kind}' instead of a Lease");

    // Leadership rests on this answer alone. A write always moves the version, for it carries a new time.
    private static Lease Stored(Lease answer, Lease sent) =>
        (answer.Spec.HolderIdentity ?? "") == (sent.Spec.HolderIdentity ?? "")
        && answer.Spec.LeaseTransitions == sent.Spec.LeaseTransitions
        && answer.Metadata.ResourceVersion != sent.Metadata.ResourceVersion
            ? answer
            : throw new KubeException("the API server answered with another lease than the one that was written");
}
