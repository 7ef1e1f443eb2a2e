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
            var lease = await client.SendAsync(request, KubeKinds.Leases.Item, cancel);
            return lease.Kind == "Lease" && lease.Metadata.ResourceVersion.Length > 0
                ? lease
                : throw new KubeException($"the API server answered with '{lease.Kind}' instead of a Lease");
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
            return await client.SendAsync(
                request with { Body = body, ContentType = "application/json", Within = within }, KubeKinds.Leases.Item,
                cancel);
        }
        catch (KubeException e)
            when (WriteFailure.ToResult(e.Failure) is StepResult.ConflictResult or StepResult.GoneResult)
        {
            return null;
        }
    }
}
