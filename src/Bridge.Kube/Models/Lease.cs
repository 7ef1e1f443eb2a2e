using System.Text.Json.Serialization;

namespace Bridge.Kube.Models;

/// <summary>
/// coordination.k8s.io/v1 Lease: the one kind that is read, changed and sent back whole, so its record is complete
/// (metadata beyond <see cref="Meta"/> is the server's own).
/// </summary>
public sealed record Lease : IKubeObject
{
    public string ApiVersion { get; init => field = value ?? ""; } = "coordination.k8s.io/v1";
    public string Kind { get; init => field = value ?? ""; } = "Lease";
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public LeaseSpec Spec { get; init => field = value ?? new(); } = new();
}

public sealed record LeaseSpec
{
    /// <summary>Null or empty: nobody holds it.</summary>
    public string? HolderIdentity { get; init; }

    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often the lease has gone to a holder: the part of the fencing token that only grows.</summary>
    public int? LeaseTransitions { get; init; }

    public string? Strategy { get; init; }
    public string? PreferredHolder { get; init; }
}
