using System.CommandLine;
using Bridge.Kube.Client;
using Bridge.Lab.Nodes;
using Microsoft.Extensions.Logging;

namespace Bridge.Lab.Verbs;

/// <summary>
/// What the verbs of <c>bridge-lab</c> share, and <c>run</c>: the rest of a one-machine Kubernetes.
/// Exit codes: 0 done, 1 refused or not reachable, 2 usage.
/// </summary>
internal static class LabCommand
{
    /// <summary>
    /// Where the API server is. There is no default, and KUBECONFIG is not read: fake nodes belong in no cluster by
    /// accident.
    /// </summary>
    internal static Option<string> Kubeconfig() => new("--kubeconfig")
    {
        Description = "kubeconfig of the cluster; KUBECONFIG is not read, so that no cluster gets fake nodes by "
            + "accident",
        Required = true,
    };

    /// <summary>
    /// Does something with the cluster; what a person can put right becomes one line and exit code 1.
    /// </summary>
    internal static async Task<int> WithClientAsync(string kubeconfig, Func<KubeClient, Task<int>> act)
    {
        try
        {
            var endpoint = KubeConfigFile.Read(kubeconfig, null, TimeProvider.System);
            using var client = new KubeClient(endpoint, new KubeLimits(), TimeProvider.System);
            return await act(client);
        }
        catch (Exception e) when (e is KubeConfigException or KubeException or IOException)
        {
            await Console.Error.WriteLineAsync($"bridge-lab: {e.Message}");
            return 1;
        }
    }

    public static Command Run()
    {
        var kubeconfig = Kubeconfig();
        var env = new Option<string>("--env")
            { Description = "the lab's env file, LAB/env (docs/lab.md)", Required = true };
        var noScheduler = new Option<bool>("--no-scheduler")
            { Description = "for a cluster that has a scheduler of its own" };
        var command = new Command("run", "Is kubelet and scheduler of the nodes that the lab made, until TERM.")
        {
            kubeconfig, env, noScheduler,
        };
        command.SetAction((parsed, cancel) => WithClientAsync(parsed.GetValue(kubeconfig)!, async client =>
        {
            var lab = LabEnvironment.Read(parsed.GetValue(env)!);
            if (lab.LabDirectory.Length == 0 || lab.PodCommand.Length == 0)
                throw new IOException($"{parsed.GetValue(env)} names no LAB_DIR and POD_COMMAND: bring up Slurm first "
                    + "(scripts/slurm-up)");
            var options = new NodeRuntimeOptions
            {
                LabDirectory = lab.LabDirectory,
                PodProgram = lab.PodCommand,
                KubeletCertificate = lab["KUBELET_CERT"],
                KubeletKey = lab["KUBELET_KEY"],
            };
            using var logs = LoggerFactory.Create(builder => builder.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
            }));
            await LabRunner.RunAsync(client, options, !parsed.GetValue(noScheduler), logs, cancel);
            return 0;
        }));
        return command;
    }
}
