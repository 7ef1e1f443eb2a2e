namespace Bridge.Lab.Nodes;

/// <summary>Where and how the lab's node runtime runs pods.</summary>
public sealed record NodeRuntimeOptions
{
    /// <summary>The lab's folder; pods live in its pods/NAMESPACE_NAME.</summary>
    public required string LabDirectory { get; init; }

    /// <summary>Program that runs one pod in the foreground: LABDIR PODDIR NAME IP -- COMMAND… (scripts/pod).</summary>
    public required string PodProgram { get; init; }

    /// <summary>The lab has no images: what a container runs that names no command.</summary>
    public string Entrypoint { get; init; } = "slurmd";

    /// <summary>PEM files of the kubelet's server certificate, for kubectl logs; empty to serve no logs.</summary>
    public string KubeletCertificate { get; init; } = "";

    public string KubeletKey { get; init; } = "";

    /// <summary>How often node leases are renewed (kubelet: 10 s of a lease of 40 s).</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Pause before the second start of a container that ended; doubles up to <see cref="RestartCap"/>.
    /// </summary>
    public TimeSpan RestartFirst { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan RestartCap { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Pause before something that is missing (a Secret, an allocation, the API server) is looked for again.
    /// </summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);
}
