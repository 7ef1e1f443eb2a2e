using System.CommandLine;
using Bridge.Core.Planning;
using Bridge.Core.Policy;
using Bridge.Core.View;
using Bridge.Daemon.Run;
using Bridge.Daemon.Settings;
using Bridge.Daemon.Verbs;
using Bridge.Kube.Client;
using Bridge.Kube.Fleet;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Plans;

/// <summary>
/// The verb `bridge plan`: looks at both planes once, prints what the daemon would do and why, and changes nothing.
/// </summary>
public static class PlanCommand
{
    private static readonly Option<int> Within = new("--timeout")
    {
        Description = "Seconds to wait until both planes have been read.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 30,
    };

    public static Command Create(TimeProvider time)
    {
        var kube = new KubeAccess();
        var command = new Command(
            "plan", "Prints what the daemon would do now, and why. Changes nothing; a running daemon is not asked.");
        kube.AddTo(command);
        SettingFlags.AddTo(command, RunSettings.Slurm);
        command.Options.Add(Within);
        command.SetAction(async (parsed, cancel) =>
        {
            var given = SettingFlags.Given(parsed, RunSettings.Slurm);
            var limits = SlurmLimitsReader.Read(given);
            if (given.Problems.Count > 0)
                return Usage.Fail(given.Problems);
            KubeEndpoint endpoint;
            try
            {
                endpoint = kube.Endpoint(parsed, time);
            }
            catch (KubeConfigException wrong)
            {
                return Usage.Fail([wrong.Message]);
            }
            using var logs = LoggerFactory.Create(
                logging => ConsoleLog.Configure(logging.SetMinimumLevel(LogLevel.Warning)));
            using var client = new KubeClient(endpoint, new KubeLimits(), time);
            using var deadline = new CancellationTokenSource(
                TimeSpan.FromSeconds(Math.Max(1, parsed.GetValue(Within))), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
            var fleet = new KubeFleet(client, parsed.GetValue(kube.Namespace)!, time, new Random(),
                logs.CreateLogger<KubeFleet>());
            var connector = new SlurmConnector(client, limits, leads: () => false, time, logs);
            return await PrintAsync(fleet, connector, time, either.Token);
        });
        return command;
    }

    private static async Task<int> PrintAsync(
        KubeFleet fleet, SlurmConnector connector, TimeProvider time, CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var informers = fleet.RunAsync(end.Token);
        try
        {
            if (!await SyncedAsync(fleet, cancel))
                return Fail($"Kubernetes could not be read: {Reason(fleet.View.Source)}");
            var unserved = UnservedPlanner.Plan(fleet.View, time.GetUtcNow());
            if (!unserved.IsEmpty)
                PlanPrinter.Print("without a cluster", new Plan(unserved, null), Console.Out);
            if (fleet.View.Clusters.IsEmpty)
                return Fail("there is no SlurmCluster in this namespace; make one, or name another with --namespace");
            var code = ExitCodes.Ok;
            foreach (var cluster in fleet.View.Clusters)
            {
                code = Math.Max(code, await PrintAsync(cluster, fleet.View, connector, time, cancel));
            }
            return code;
        }
        finally
        {
            await end.CancelAsync();
            await informers.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private static async Task<int> PrintAsync(
        SlurmCluster cluster, KubeView kube, SlurmConnector connector, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            using var slurm = connector.Open(cluster.Ref.Namespace, cluster.Spec);
            var view = new ClusterView(cluster, kube, await slurm.ReadAsync(cancel));
            return Print(view, ClusterPlanner.Plan(view, new PlanMemory(), time.GetUtcNow()));
        }
        catch (OperationCanceledException)
        {
            return Fail($"SlurmCluster {cluster.Ref.Name} could not be read: slurmrestd did not answer in time");
        }
    }

    private static int Print(ClusterView view, Plan plan)
    {
        var name = view.Cluster.Ref.Name;
        PlanPrinter.Print(name, plan, Console.Out);
        var (nodes, partitions) = (view.Slurm.Nodes, view.Slurm.Partitions);
        return nodes.Current && partitions.Current
            ? ExitCodes.Ok
            : Fail($"SlurmCluster {name} could not be read: {Reason(nodes.Current ? partitions : nodes)}");
    }

    private static async Task<bool> SyncedAsync(KubeFleet fleet, CancellationToken cancel)
    {
        var changed = new SemaphoreSlim(0);
        fleet.Changed += () => changed.Release();
        try
        {
            while (!fleet.View.Source.Synced)
                await changed.WaitAsync(Timeout.Infinite, cancel);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static string Reason(SourceState source) => source.Error.Length > 0 ? source.Error : "no answer in time";

    private static int Fail(string sentence)
    {
        Console.Error.WriteLine($"bridge: {sentence}");
        return ExitCodes.Failed;
    }
}
