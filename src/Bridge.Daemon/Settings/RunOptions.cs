using System.Collections.Immutable;
using System.Net;
using Bridge.Ledger;
using Bridge.Slurm;

namespace Bridge.Daemon.Settings;

/// <summary>What `bridge run` was asked to do: checked, and as it stays.</summary>
public sealed record RunOptions
{
    public required string Namespace { get; init; }

    /// <summary>Unique per process.</summary>
    public required string Identity { get; init; }

    /// <summary>Null: that of the ambient cluster.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Null: the kubeconfig's current one.</summary>
    public string? Context { get; init; }

    /// <summary>What SlurmClusters may ask of this process.</summary>
    public SlurmLimits Slurm { get; init; } = new();

    /// <summary>Null: the job API is not served.</summary>
    public ApiOptions? Api { get; init; }

    /// <summary>Null: Slurm's hooks are not heard.</summary>
    public HookOptions? Hook { get; init; }

    /// <summary>Where /metrics, /healthz, /livez and /readyz are; null for nowhere.</summary>
    public IPEndPoint? MetricsListen { get; init; }

    /// <summary>Npgsql connection string; null keeps no ledger.</summary>
    public string? Ledger { get; init; }

    /// <summary>How long the ledger keeps what it has.</summary>
    public LedgerRetention Retention { get; init; } = new(null, null);
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
}

/// <summary>Where Slurm's hooks are heard: on a socket, on an address with a token, or on both.</summary>
public sealed record HookOptions
{
    /// <summary>Unix socket; null for none.</summary>
    public string? Socket { get; init; }

    /// <summary>Null for none.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>With <see cref="Listen"/>, never without.</summary>
    public string? TokenFile { get; init; }

    /// <summary>On how many addresses: one at least.</summary>
    internal int Count => (Socket is null ? 0 : 1) + (Listen is null ? 0 : 1);
}
