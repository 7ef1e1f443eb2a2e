namespace Bridge.Daemon.Settings;

/// <summary>All that `bridge run` can be told, by flag, environment or file.</summary>
public static class RunSettings
{
    public static readonly Setting Kubeconfig = new("kubeconfig", "PATH", "Kubeconfig file.");
    public static readonly Setting Context = new("context", "NAME", "Context of the kubeconfig.");

    public static readonly Setting Namespace = new(
        "namespace", "NAME", "Namespace of the SlurmCluster, its pools, policies and slurmd pods.");

    public static readonly Setting SlurmClient = new("slurmClient", "[NAME=]COMMAND",
        "Command prefix that runs Slurm's own client (squeue, scontrol), words separated by spaces. With it a busy "
        + "cluster is read many times cheaper than over REST. A SlurmCluster chooses one by its NAME "
        + "(spec.slurmClient); those that choose none get the one without a name.") { Many = true };

    public static readonly Setting SlurmrestdSockets = new("slurmrestdSockets", "DIR",
        "Folder with unix sockets of slurmrestd: a SlurmCluster's spec.restUrl may name those below it as unix:/PATH, "
        + "and no others.") { Many = true };

    public static readonly Setting SlurmUser = new("slurmUser", "NAME",
        "SlurmUser of the clusters, slurm by default: no token is made for it, as none is for root.") { Many = true };

    /// <summary>What SlurmClusters may ask of a process that reads them.</summary>
    public static readonly IReadOnlyList<Setting> Slurm = [SlurmClient, SlurmrestdSockets, SlurmUser];

    public static readonly Setting Identity = new(
        "identity", "NAME", "Name of this process in the lease; host name and process id by default.");

    public static readonly Setting ApiListen = new("api.listen", "IP:PORT",
        "Address of the aggregated job API, such as 0.0.0.0:8443. Without it jobs are not served to kubectl.");

    public static readonly Setting ApiCert = new("api.cert", "PATH",
        "PEM file with the serving certificate of the job API; read again when it changes.");

    public static readonly Setting ApiKey = new("api.key", "PATH", "PEM file with the key of --api-cert.");

    public static readonly Setting ApiRequestHeaderCa = new("api.requestheaderCa", "PATH",
        "PEM file with the authority of the API server's front-proxy certificate. Without it the one in "
        + "kube-system/extension-apiserver-authentication is used.");

    public static readonly Setting ApiRequestHeaderNames = new("api.requestheaderAllowedNames", "NAME",
        "Common names of that authority's certificates that may name users, as kube-apiserver's "
        + "--requestheader-allowed-names; with --api-requestheader-ca, and any name without it.") { Many = true };

    public static readonly Setting HookSocket = new("hook.socket", "PATH",
        "Unix socket on which Slurm's prolog and epilog hooks tell of jobs that start and end. Its mode is 660, its "
        + "group that of its folder where that is set-group-ID: SlurmUser's.");

    public static readonly Setting HookListen = new("hook.listen", "IP:PORT",
        "Address on which the same hooks are heard from other machines, over HTTP with a token.");

    public static readonly Setting HookTokenFile = new("hook.tokenFile", "PATH",
        "File with the token that hooks show on --hook-listen; read again when it changes.");

    public static readonly Setting MetricsListen = new("metrics.listen", "IP:PORT",
        "Address of /metrics (Prometheus), /healthz, /livez and /readyz, over HTTP.");

    public static readonly Setting Ledger = new("ledger", "CONNECTION",
        "Npgsql connection string of the ledger; without it none is kept.") { Secret = true };

    public static readonly Setting RetentionActions = new("retention.actions", "DAYS",
        "How long the ledger keeps what Bridge did, 90 days by default; 0 keeps it for ever.");

    public static readonly Setting RetentionJobs = new("retention.jobs", "DAYS",
        "How long the ledger keeps a job after its end, 0 by default: for ever.");

    /// <summary>In the order of the help.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        Kubeconfig, Context, Namespace, .. Slurm, Identity, ApiListen, ApiCert, ApiKey, ApiRequestHeaderCa,
        ApiRequestHeaderNames, HookSocket, HookListen, HookTokenFile, MetricsListen, Ledger,
        RetentionActions, RetentionJobs,
    ];
}
