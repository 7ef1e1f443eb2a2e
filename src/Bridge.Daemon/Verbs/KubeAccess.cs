using System.CommandLine;
using Bridge.Kube.Client;

namespace Bridge.Daemon.Verbs;

/// <summary>
/// The options by which every verb finds its Kubernetes. The ambient KUBECONFIG is never read: a cluster is named, or
/// it is our own.
/// </summary>
public sealed class KubeAccess
{
    public Option<string?> Kubeconfig { get; } = new("--kubeconfig")
    {
        Description = "Kubeconfig file. Without it Bridge uses the service account of the pod that it runs in.",
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
        parsed.GetValue(Kubeconfig) is { } path
            ? KubeConfigFile.Read(path, parsed.GetValue(Context), time)
            : InCluster.Read(
                Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"),
                Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"),
                InCluster.DefaultFolder,
                time);
}
