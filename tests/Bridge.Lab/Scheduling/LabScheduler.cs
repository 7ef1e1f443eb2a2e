using System.Threading.Channels;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Watch;
using Bridge.Lab.Models;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Bridge.Lab.Scheduling;

/// <summary>
/// Runs scheduler and housekeeping on one cluster. Only for clusters that have neither: the lab's API server alone.
/// </summary>
public sealed class LabScheduler
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly Informer<NodeObject> nodes;
    private readonly Informer<LabPod> pods;
    private readonly Informer<LabClaim> claims;
    private readonly Informer<V1ResourceSlice> slices;
    private readonly Informer<LabDeviceClass> classes;
    private readonly SchedulerWriter writer;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public LabScheduler(KubeClient client, TimeProvider time, Random random, ILogger<LabScheduler> log)
    {
        this.time = time;
        this.log = log;
        writer = new SchedulerWriter(new LabWriter(client), time);
        nodes = Watch(client, LabKinds.Nodes, random);
        pods = Watch(client, LabKinds.Pods, random);
        claims = Watch(client, LabKinds.Claims, random);
        slices = Watch(client, KubeKinds.ResourceSlices, random);
        classes = Watch(client, LabKinds.DeviceClasses, random);
    }

    public async Task RunAsync(CancellationToken stop)
    {
        Task[] informers =
            [nodes.RunAsync(stop), pods.RunAsync(stop), claims.RunAsync(stop), slices.RunAsync(stop),
                classes.RunAsync(stop)];
        try
        {
            while (true)
            {
                await bell.Reader.ReadAsync(stop);
                while (Synced() && !await RoundAsync(stop))
                    await Task.Delay(RetryPause, time, stop);
            }
        }
        finally
        {
            await Task.WhenAll(informers);
        }
    }

    /// <summary>Whether every decision was carried out, or will be by the next change.</summary>
    private async Task<bool> RoundAsync(CancellationToken cancel)
    {
        var view = View();
        if (!writer.Settled(view))
            return true;
        var clean = true;
        foreach (var decision in Housekeeping.Decide(view).AddRange(Scheduler.Decide(view)))
        {
            var result = await writer.DoAsync(decision, cancel);
            Tell(decision, result);
            clean &= result is StepResult.DoneResult or StepResult.GoneResult or StepResult.ConflictResult;
        }
        return clean;
    }

    private SchedulerView View() => new()
    {
        Nodes = nodes.Snapshot,
        Pods = pods.Snapshot,
        Claims = claims.Snapshot,
        Slices = slices.Snapshot,
        Classes = classes.Snapshot,
    };

    private bool Synced() =>
        nodes.State.Synced && pods.State.Synced && claims.State.Synced && slices.State.Synced && classes.State.Synced;

    private void Tell(Decision decision, StepResult result)
    {
        var what = decision switch
        {
            BindPod bind => $"bind {bind.Pod.Metadata.Key()} to {bind.Node}",
            HoldPod hold => $"hold {hold.Pod.Metadata.Key()}: {hold.Message}",
            ReleaseClaim release => $"release claim {release.Claim.Metadata.Key()}",
            CollectClaim collect => $"collect claim {collect.Claim.Metadata.Key()}",
            CollectPod collect => $"collect pod {collect.Pod.Metadata.Key()} of a node that is gone",
            _ => "",
        };
        if (result is StepResult.DoneResult)
            log.Decided(what);
        else
            log.DecisionFailed(what, result.ToString());
    }

    private Informer<T> Watch<T>(KubeClient client, KubeKind<T> kind, Random random)
        where T : class
    {
        var informer = new Informer<T>(client, kind, WatchScope.All, time, new Random(random.Next()), log);
        informer.Changed += _ => bell.Writer.TryWrite(true);
        return informer;
    }
}
