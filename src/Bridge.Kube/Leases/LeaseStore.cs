using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using k8s;
using k8s.Models;

namespace Bridge.Kube.Leases;

/// <summary>Reads one Lease, and writes it back whole at the version that was read.</summary>
internal sealed class LeaseStore(KubeClient client, ObjectKey key, TimeSpan within)
{
    /// <summary>The lease, or null when the API server says that there is none.</summary>
    /// <exception cref="KubeException">Nothing is known about it.</exception>
    public async Task<V1Lease?> ReadAsync(CancellationToken cancel)
    {
        try
        {
            return Whole(await client.CallAsync(
                (api, c) => api.CoordinationV1.ReadNamespacedLeaseAsync(key.Name, key.Namespace, cancellationToken: c),
                within, cancel));
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
    public async Task<V1Lease?> WriteAsync(V1Lease lease, CancellationToken cancel)
    {
        try
        {
            var answer = await client.CallAsync(
                (api, c) => string.IsNullOrEmpty(lease.Metadata.ResourceVersion)
                    ? api.CoordinationV1.CreateNamespacedLeaseAsync(lease, key.Namespace, cancellationToken: c)
                    : api.CoordinationV1.ReplaceNamespacedLeaseAsync(
                        lease, key.Name, key.Namespace, cancellationToken: c),
                within, cancel);
            return Stored(Whole(answer), lease);
        }
        catch (KubeException e)
            when (WriteFailure.ToResult(e.Failure) is StepResult.ConflictResult or StepResult.GoneResult)
        {
            return null;
        }
    }

    /// <summary>
    /// A moment as metav1.MicroTime. The library writes whole seconds without a fraction, which the API server refuses:
    /// they become a microsecond more.
    /// </summary>
    public static DateTime Micro(DateTimeOffset at)
    {
        var micros = at.UtcTicks / TimeSpan.TicksPerMicrosecond;
        return new DateTime(
            (micros % 1_000_000 == 0 ? micros + 1 : micros) * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);
    }

    /// <summary>When the API server made it.</summary>
    public static DateTimeOffset Created(V1Lease whole) =>
        new(DateTime.SpecifyKind(whole.Metadata.CreationTimestamp!.Value, DateTimeKind.Utc));

    private static V1Lease Whole(V1Lease answer) =>
        answer is
        {
            Kind: V1Lease.KubeKind, Metadata: { ResourceVersion.Length: > 0, CreationTimestamp: not null },
        }
            ? answer with { Spec = answer.Spec ?? new V1LeaseSpec() }
            : throw new KubeException($"the API server answered with '{answer.Kind}' instead of a Lease");

    // Leadership rests on this answer alone. A write always moves the version, for it carries a new time.
    private static V1Lease Stored(V1Lease answer, V1Lease sent) =>
        (answer.Spec.HolderIdentity ?? "") == (sent.Spec.HolderIdentity ?? "")
        && answer.Spec.LeaseTransitions == sent.Spec.LeaseTransitions
        && answer.Metadata.ResourceVersion != sent.Metadata.ResourceVersion
            ? answer
            : throw new KubeException("the API server answered with another lease than the one that was written");
}
