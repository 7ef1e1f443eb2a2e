using System.Collections.Immutable;
using System.Net;

namespace Bridge.Daemon.Run;

/// <summary>Who decides what a caller of the job API may see.</summary>
public enum ApiAuthorization
{
    /// <summary>Kubernetes, by SubjectAccessReview.</summary>
    Review,

    /// <summary>Nobody: for a lab whose API server has no authorization.</summary>
    AlwaysAllow,
}

/// <summary>Where the aggregated job API listens, and whose word it takes about users.</summary>
public sealed record ApiOptions
{
    public required IPEndPoint Listen { get; init; }
    public required string CertificatePath { get; init; }
    public required string KeyPath { get; init; }

    /// <summary>PEM of the front-proxy authority; null reads kube-system/extension-apiserver-authentication.</summary>
    public string? RequestHeaderCaPath { get; init; }

    /// <summary>Common names that may name users, of the authority in the file; empty allows each.</summary>
    public ImmutableArray<string> RequestHeaderNames { get; init; } = [];

    public ApiAuthorization Authorization { get; init; }
}

/// <summary>What `bridge run` was asked to do.</summary>
public sealed record RunOptions
{
    public required string Namespace { get; init; }

    /// <summary>Unique per process.</summary>
    public required string Identity { get; init; }

    /// <summary>Command prefix that runs squeue and scontrol; empty where Slurm's client is not at hand.</summary>
    public ImmutableArray<string> SlurmClient { get; init; } = [];

    /// <summary>Null: the job API is not served.</summary>
    public ApiOptions? Api { get; init; }

    /// <summary>Unix socket on which PrologSlurmctld and EpilogSlurmctld ring; null for none.</summary>
    public string? HookSocket { get; init; }

    /// <summary>Npgsql connection string; null keeps no ledger.</summary>
    public string? Ledger { get; init; }
}
