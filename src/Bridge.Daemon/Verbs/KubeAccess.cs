using System.CommandLine;
using Bridge.Kube.Client;

namespace Bridge.Daemon.Verbs;

/// <summary>
/// The options by which every verb finds its Kubernetes: as kubectl does, by --kubeconfig, else KUBECONFIG, else the
/// home folder's kubeconfig, else the service account of the pod.
/// </summary>
public sealed class KubeAccess
{
    public Option<string?> Kubeconfig { get; } = new("--kubeconfig")
    {
        Description = "Kubeconfig file. Without it those of KUBECONFIG are used, else ~/.kube/config, else the service "
            + "account of the pod that Bridge runs in.",
        HelpName = "PATH",
    };

    public Option<string?> Context { get; } = new("--context")
    {
        Description = "Context of the kubeconfig; its current one by default.",
        HelpName = "NAME",
    };

    public Option<string> Namespace { get; } = new("--namespace", "-n")
    {
        Description = "Namespace of the SlurmCluster, its pools, policies and slurmd pods.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "slurm",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(Kubeconfig);
        command.Options.Add(Context);
        command.Options.Add(Namespace);
    }

    /// <exception cref="KubeConfigException">Neither a usable kubeconfig nor a service account; the message says what
    /// is missing.</exception>
    public KubeEndpoint Endpoint(ParseResult parsed, TimeProvider time) =>
        Endpoint(parsed.GetValue(Kubeconfig), parsed.GetValue(Context), time);

    /// <inheritdoc cref="Endpoint(ParseResult, TimeProvider)"/>
    public static KubeEndpoint Endpoint(string? kubeconfig, string? context, TimeProvider time)
    {
        var files = kubeconfig is { } path
            ? [path]
            : KubeConfigFile.Ambient(
                Environment.GetEnvironmentVariable("KUBECONFIG"), Environment.GetEnvironmentVariable("HOME"));
        if (files.Length > 0)
            return KubeConfigFile.Read(files, context, CredentialPlugins.Runner(time), time);
        if (context is not null)
            throw new KubeConfigException($"there is no kubeconfig that could have the context '{context}'");
        return InCluster.Read(
            Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"),
            Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"),
            InCluster.DefaultFolder,
            time);
    }
}
