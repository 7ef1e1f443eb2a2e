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
public sealed class PlanCommand(KubeFleet fleet, SlurmConnector connector, TimeSpan within, TimeProvider time)
{
    private static readonly Option<int> Within = new("--timeout")
    {
        Description = "Seconds to wait until Kubernetes, and then each Slurm with all its jobs, has been read.",
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
            var within = TimeSpan.FromSeconds(Math.Max(1, parsed.GetValue(Within)));
            var fleet = new KubeFleet(client, parsed.GetValue(kube.Namespace)!, time, new Random(),
                logs.CreateLogger<KubeFleet>());
            var connector = new SlurmConnector(client, limits, leads: () => false, time, logs);
            return await new PlanCommand(fleet, connector, within, time).PrintAsync(cancel);
        });
        return command;
    }

    private async Task<int> PrintAsync(CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var informers = fleet.RunAsync(end.Token);
        try
        {
            if (!await WithinAsync(SyncedAsync, cancel))
                return Fail($"Kubernetes could not be read: {Reason(fleet.View.Source)}");
            var unserved = UnservedPlanner.Plan(fleet.View, time.GetUtcNow());
            if (!unserved.IsEmpty)
                PlanPrinter.Print("without a cluster", new Plan(unserved, null), new PlanJobs(new SlurmView()),
                    Console.Out);
            if (fleet.View.Clusters.IsEmpty)
                return Fail("there is no SlurmCluster in this namespace; make one, or name another with --namespace");
            var code = ExitCodes.Ok;
            foreach (var cluster in fleet.View.Clusters)
                code = Math.Max(code, await PrintAsync(cluster, fleet.View, cancel));
            return code;
        }
        finally
        {
            await end.CancelAsync();
            await informers.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private async Task<int> PrintAsync(SlurmCluster cluster, KubeView kube, CancellationToken cancel)
    {
        try
        {
            using var slurm = connector.Open(cluster.Ref.Namespace, cluster.Spec);
            var view = await WithinAsync(c => PlanReading.ReadAsync(slurm, time, c), cancel);
            return Print(new ClusterView(cluster, kube, view));
        }
        catch (OperationCanceledException)
        {
            return Fail($"SlurmCluster {cluster.Ref.Name} could not be read: slurmrestd did not answer in time");
        }
    }

    private int Print(ClusterView view)
    {
        var (name, slurm, now) = (view.Cluster.Ref.Name, view.Slurm, time.GetUtcNow());
        var jobs = new PlanJobs(slurm);
        PlanPrinter.Print(name, ClusterPlanner.Plan(view, new PlanMemory(), now), jobs, Console.Out);
        if (!slurm.Nodes.Current || !slurm.Partitions.Current)
            return Fail($"SlurmCluster {name} could not be read: "
                + Reason(slurm.Nodes.Current ? slurm.Partitions : slurm.Nodes));
        PlanPrinter.Print(name, jobs.Waits(view, new PlanMemory(), now), Console.Out);
        return slurm.Jobs.Current ? ExitCodes.Ok
            : Fail($"the jobs of SlurmCluster {name} were not all read within {within.TotalSeconds:0} s, so the plan "
                + $"may wait for others than it names ({Reason(slurm.Jobs)}); --timeout SECONDS waits longer");
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        return await read(either.Token);
    }

    private async Task<bool> SyncedAsync(CancellationToken cancel)
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
