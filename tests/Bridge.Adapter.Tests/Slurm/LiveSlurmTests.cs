using System.Collections.Immutable;
using System.Diagnostics;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.SlurmText;
using Bridge.Core.View;
using Bridge.Slurm;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>The port against a real slurmctld, slurmdbd, slurmrestd and two slurmds.</summary>
public sealed class LiveSlurmTests(SlurmLab lab) : IClassFixture<SlurmLab>, IAsyncLifetime
{
    private static readonly ObjectRef About = new("NodePool", "default", "test");
    private static readonly NodeName[] Both = [new("s1"), new("s2")];

    // As if a record of the text client ended in it and another began.
    private const string OddName = "line\nbreak\u001e\n99999\u001fRUNNING";

    private static readonly Lock PodsGate = new();
    private static bool PodsStarted;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.False(lab.Missing.Length > 0, lab.Missing);
        lock (PodsGate)
        {
            if (!PodsStarted)
                for (var i = 1; i <= 2; i++)
                    lab.StartPod("s" + i, 10 + i);
            PodsStarted = true;
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Registered_slurmds_are_seen_with_what_they_registered(bool client)
    {
        using var port = lab.Port(client);
        var view = await Ready(port);
        var node = view.NodesByName[Both[0]];
        Assert.Equal((4, 2000L, "gpu:h100:4"), (node.Cpus, node.MemoryMiB, node.Gres));
        Assert.Equal(["lab", "k8s/pool-lab"], node.Features);
        Assert.Equal(node.Features, node.ActiveFeatures);
        Assert.Contains("all", node.Partitions);
        Assert.Equal("10.231.1.11", node.Address);
        var (parser, capabilities) = Expected(view.Version);
        Assert.Equal(parser, view.DataParser);
        Assert.Equal(capabilities, view.Capabilities);
        Assert.True(view.PartitionsByName.ContainsKey(new PartitionName("all")));
    }

    [Fact]
    public async Task An_idle_tick_is_at_most_three_requests()
    {
        using var port = lab.Port();
        await Ready(port);
        // A slurmd's own report may fall into one tick, not into each of five.
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = port.Requests;
            await port.ReadAsync(Cancel);
            least = Math.Min(least, port.Requests - before);
        }
        Assert.InRange(least, 1, 3);
    }

    [Fact]
    public async Task A_drain_is_written_and_lifted_and_a_foreign_one_is_left_alone()
    {
        using var port = lab.Port();
        await Ready(port);
        ImmutableArray<NodeName> both = [.. Both];
        Assert.Equal(StepResult.Done,
            await port.DrainAsync(new DrainNodes(About, "", both, "bridge: cordon by test"), Cancel));
        var view = await Until(port, v => both.All(n => v.NodesByName[n].DrainedByBridge), "both nodes drain");
        Assert.Equal("bridge: cordon by test", view.NodesByName[both[0]].Reason);
        var other = await port.ResumeAsync(new ResumeNodes(About, "", both, "bridge: another"), Cancel);
        Assert.IsType<StepResult.ConflictResult>(other);
        Assert.Equal(StepResult.Done,
            await port.ResumeAsync(new ResumeNodes(About, "", both, "bridge: cordon by test"), Cancel));
        await Until(port, v =>
            both.All(n => !v.NodesByName[n].Drains && v.NodesByName[n].Reason.Length == 0), "both nodes are back");

        await lab.RunAsync("root", "scontrol", "update", "node=s1", "state=drain", "reason=disk of alice");
        var drain = await port.DrainAsync(new DrainNodes(About, "", both, "bridge: cordon"), Cancel);
        Assert.Equal("s1 is drained already: disk of alice", Assert.IsType<StepResult.ConflictResult>(drain).Reason);
        var resume = await port.ResumeAsync(new ResumeNodes(About, "", [Both[0]], "bridge: cordon"), Cancel);
        Assert.Equal("s1 is drained for another reason: disk of alice", Assert.IsType<StepResult.ConflictResult>(resume)
            .Reason);
        await Until(port, v => v.NodesByName[Both[0]] is { Drains: true, Reason: "disk of alice" }
            && !v.NodesByName[Both[1]].Drains, "only s1 is drained");
        await lab.RunAsync("root", "scontrol", "update", "node=s1", "state=undrain");
        await lab.RunAsync("root", "scontrol", "update", "node=s1", "state=fail", "reason=bad DIMM");
        drain = await port.DrainAsync(new DrainNodes(About, "", both, "bridge: cordon"), Cancel);
        Assert.Equal("s1 is failing already: bad DIMM", Assert.IsType<StepResult.ConflictResult>(drain).Reason);
        await lab.RunAsync("root", "scontrol", "update", "node=s1", "state=resume");
    }

    [Fact]
    public async Task A_node_that_Slurm_itself_set_DOWN_is_brought_back_and_one_of_an_administrator_is_not()
    {
        using var port = lab.Port();
        await Ready(port);
        const string Reason = "bridge: rollout : Not responding";
        var resume = new ResumeNodes(About, "", [Both[0]], Reason) { Down = true };
        await lab.RunAsync("root", "scontrol", "update", "node=s1", "state=drain", $"reason={Reason}");
        await lab.RunAsync("root", "scontrol", "update", "node=s1", "state=down", $"reason={Reason}");
        await Until(port, v => v.NodesByName[Both[0]] is { DownBySlurm: true, Answers: true }, "s1 is down");
        Assert.Equal(StepResult.Done, await port.ResumeAsync(resume, Cancel));
        await Until(port, v => v.NodesByName[Both[0]] is { Held: false, Responding: true, Reason: "" }, "s1 is back");

        await lab.RunAsync("root", "scontrol", "update", "node=s1", "state=down", "reason=power supply");
        var refused = await port.ResumeAsync(resume, Cancel);
        Assert.Equal("s1 is down for another reason: power supply", refused.Reason);
        await lab.RunAsync("root", "scontrol", "update", "node=s1", "state=resume");
    }

    [Fact]
    public async Task Tags_are_written_and_features_of_others_stay()
    {
        using var port = lab.Port();
        await Ready(port);
        const string Pod = """{"pod":"a b"}""";
        // Since the plan was made.
        await lab.RunAsync("root", "scontrol", "update", "node=s2", "AvailableFeatures=lab,k8s/pool-lab,admin",
            "ActiveFeatures=lab,k8s/pool-lab,admin");
        Assert.Equal(StepResult.Done,
            await TagAsync(port, new(Both[1], "", Pod, 21, ["lab", "k8s/pool-lab", "k8s/zone=a"])));
        await Until(
            port, v => v.NodesByName[Both[1]] is { Weight: 21, Extra: Pod } n
                && n.Features.SequenceEqual(["lab", "admin", "k8s/pool-lab", "k8s/zone=a"])
                && n.ActiveFeatures.SequenceEqual(n.Features), "tags");
        Assert.Equal(StepResult.Done,
            await TagAsync(port, new(Both[1], Pod, null, null, ["k8s/pool-lab"])));
        await Until(port, v => v.NodesByName[Both[1]] is { Weight: 21 } n
            && n.Features.SequenceEqual(["lab", "admin", "k8s/pool-lab"]), "fewer features");
        await lab.RunAsync("root", "scontrol", "update", "node=s2", "AvailableFeatures=lab,k8s/pool-lab",
            "ActiveFeatures=lab,k8s/pool-lab");
        Assert.Equal(StepResult.Gone, await TagAsync(port, new(new("nosuch"), "", "x", null, null)));
        var bad = await TagAsync(port, new(Both[1], Pod, null, null, ["a b"]));
        Assert.StartsWith("features: 'a b'", Assert.IsType<StepResult.RejectedResult>(bad).Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partition_is_made_changed_only_where_it_differs_and_deleted()
    {
        using var port = lab.Port();
        await Ready(port);
        var name = new PartitionName("gang-a");
        var wanted = new SlurmPartition
        {
            Name = name, Nodes = "s[1-2]", MaxTimeMinutes = 60, DefaultTimeMinutes = 10, MaxNodes = 2, PriorityTier = 7,
            AllowAccounts = ["team-a", "team-b"], Qos = "normal", BillingWeights = "CPU=1.0,GRES/gpu=10.0",
                PreemptMode = ["REQUEUE"],
        };
        var put = await PutAsync(port, wanted);
        if ((Expected(port.View.Version).Capabilities & SlurmCapabilities.WritePartitions) == 0)
        {
            Assert.Contains("cannot write partitions over REST", Assert.IsType<StepResult.RejectedResult>(put).Reason,
                StringComparison.Ordinal);
            return;
        }
        Assert.Equal(StepResult.Done, put);
        var made = (await Until(port, v => v.PartitionsByName.ContainsKey(name), "the partition is there"))
            .PartitionsByName[name];
        AssertSame(wanted, made);
        var requests = port.Requests;
        Assert.Equal(StepResult.Done, await PutAsync(port, wanted));
        Assert.Equal(requests + 1, port.Requests); // looked, nothing to write

        var less =
            wanted with { Nodes = "s1", MaxTimeMinutes = null, MaxNodes = null, AllowAccounts = [],
            DenyAccounts = ["team-b"], Qos = "", State = "DRAIN" };
        Assert.Equal(StepResult.Done, await PutAsync(port, less));
        AssertSame(less, (await Until(port, v => v.PartitionsByName[name].State == "DRAIN", "it drains"))
            .PartitionsByName[name]);
        var stuck = await PutAsync(port, less with { DefaultTimeMinutes = null });
        Assert.StartsWith("defaultTimeMinutes is 10 in Slurm", Assert.IsType<StepResult.RejectedResult>(stuck).Reason,
            StringComparison.Ordinal);
        var unknown = await PutAsync(port, less with { Nodes = "s1,nosuch" });
        Assert.IsType<StepResult.ConflictResult>(unknown);

        Assert.Equal(StepResult.Done, await port.DeletePartitionAsync(new DeletePartition(About, "", name), Cancel));
        Assert.Equal(StepResult.Gone, await port.DeletePartitionAsync(new DeletePartition(About, "", name), Cancel));
        await Until(port, v => !v.PartitionsByName.ContainsKey(name), "it is gone");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Jobs_of_every_kind_are_followed_to_their_end(bool client)
    {
        using var port = lab.Port(client);
        await Ready(port);
        var gpu = await SubmitAsync("-N2", "--gres=gpu:h100:2", "-J", "two words", "--comment=a=b c", "--wrap=sleep 9");
        var fail = await SubmitAsync("--wrap=exit 7");
        var array = await SubmitAsync("-a", "0-3%2", "--wrap=true");
        var held = await SubmitAsync("-H", "-a", "0-1000", "-J", OddName, "--wrap=true");
        var running =
            (await Until(port, v =>
            v.JobsById.GetValueOrDefault(gpu) is { State: "RUNNING", GresDetail.Length: 2 }, "the GPU job runs"))
            .JobsById[gpu];
        Assert.Equal(("two words", "alice", "team-a", 4), (running.Name, running.User, running.Account, running.Gpus));
        Assert.Equal(Both, Hostlist.Expand(running.Nodes).Order());
        Assert.Equal("gpu:h100:2(IDX:0-1)", running.GresDetail[0]);
        Assert.Equal("a=b c", running.Comment);
        Assert.NotNull(running.StartTime);
        Assert.Null(running.EndTime);
        var pending =
            (await Until(port, v =>
            v.JobsById.GetValueOrDefault(held) is { Name.Length: > 0 }, "the held array is known")).JobsById[held];
        Assert.Equal(("PENDING", "JobHeldUser", "0-1000"), (pending.State, pending.Reason, pending.ArrayTasks));
        Assert.Equal(OddName, pending.Name);
        Assert.DoesNotContain(new JobId(99_999), port.View.JobsById);
        var view = await Until(
            port,
            v => v.JobsById.GetValueOrDefault(gpu) is { Finished: true, EndTime: not null }
                && v.JobsById.GetValueOrDefault(fail) is { Finished: true, ExitCode: not null }
                && v.JobsById.Values.Count(j => j.ArrayJobId == array && j.State == "COMPLETED") == 4,
            "all ended");
        Assert.Equal(("FAILED", 7), (view.JobsById[fail].State, view.JobsById[fail].ExitCode));
        Assert.Equal("COMPLETED", view.JobsById[gpu].State);
        Assert.Equal("gpu:h100:2(IDX:0-1)", view.JobsById[gpu].GresDetail[0]);
        await lab.RunAsync("alice", "scancel", "-u", "alice");
        await Until(port, v => v.JobsById[held].State == "CANCELLED", "the held array is cancelled");
    }

    [Fact]
    public async Task A_node_with_a_job_is_not_deleted_and_an_absent_one_is_gone()
    {
        using var port = lab.Port();
        await Ready(port);
        var job = await SubmitAsync("-w", "s2", "--wrap=sleep 60");
        await Until(port, v => v.JobsById.GetValueOrDefault(job)?.State == "RUNNING", "the job runs");
        var busy = await port.DeleteNodesAsync(new DeleteSlurmNodes(About, "", [Both[1]]), Cancel);
        Assert.Equal("s2 still has a job", Assert.IsType<StepResult.ConflictResult>(busy).Reason);
        Assert.Equal(StepResult.Gone,
            await port.DeleteNodesAsync(new DeleteSlurmNodes(About, "", [new NodeName("nosuch")]), Cancel));
        await lab.RunAsync("root", "scontrol", "create", "NodeName=x[1-3]", "NodeAddr=127.0.0.1", "CPUs=1",
            "State=EXTERNAL", "Feature=k8s/pool-lab");
        await lab.RunAsync("root", "scontrol", "create", "NodeName=y1", "NodeAddr=127.0.0.1", "CPUs=1",
            "State=EXTERNAL");
        ImmutableArray<NodeName> made = [new("x1"), new("x2"), new("x3")];
        await Until(port, v => made.All(v.NodesByName.ContainsKey), "three nodes without slurmd");
        await lab.RunAsync("root", "scontrol", "create", "reservation", "ReservationName=r1", "Nodes=x2",
            "StartTime=now", "Duration=10", "User=root", "Flags=MAINT");
        var reserved = await port.DeleteNodesAsync(new DeleteSlurmNodes(About, "", made), Cancel);
        Assert.Equal("x2 is in a reservation", Assert.IsType<StepResult.ConflictResult>(reserved).Reason);
        await lab.RunAsync("root", "scontrol", "delete", "ReservationName=r1");
        Assert.Equal(StepResult.Done, await port.DeleteNodesAsync(new DeleteSlurmNodes(About, "", made), Cancel));
        var foreign = await port.DeleteNodesAsync(new DeleteSlurmNodes(About, "", [new NodeName("y1")]), Cancel);
        Assert.StartsWith("y1 is not Bridge's", Assert.IsType<StepResult.ConflictResult>(foreign).Reason,
            StringComparison.Ordinal);
        await lab.RunAsync("root", "scontrol", "delete", "NodeName=y1");
        await Until(port, v => !made.Any(v.NodesByName.ContainsKey), "they are gone");
        await lab.RunAsync("root", "scancel", job.ToString());
    }

    [Fact]
    public async Task A_restart_of_slurmctld_empties_nothing_and_a_dead_one_is_named()
    {
        using var port = lab.Port();
        var before = await Ready(port);
        await lab.DaemonAsync("slurmctld", "stop");
        var watch = Stopwatch.StartNew();
        var dead = await port.ReadAsync(Cancel);
        Assert.Contains("slurmctld", dead.Nodes.Error, StringComparison.Ordinal);
        Assert.True(dead.Nodes.Synced && !dead.Nodes.Current && !dead.Jobs.Current && !dead.Partitions.Current);
        Assert.Equal(before.NodesByName.Count, dead.NodesByName.Count);
        watch.Restart();
        await port.ReadAsync(Cancel);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(9),
            $"the second tick on a dead slurmctld took {watch.Elapsed}");
        var write = await port.DrainAsync(new DrainNodes(About, "", [Both[0]], "bridge: never"), Cancel);
        Assert.IsType<StepResult.UnavailableResult>(write);
        await lab.DaemonAsync("slurmctld", "start");
        var after =
            await Until(port, v =>
            v is { Nodes.Current: true, Jobs.Current: true, Partitions.Current: true }, "Slurm is back");
        Assert.Equal(before.NodesByName.Count, after.NodesByName.Count);
        Assert.DoesNotContain(after.NodesByName.Values, n => n.Drains);
    }

    [Fact]
    public async Task A_hung_slurmrestd_costs_one_deadline_and_keeps_the_view()
    {
        using var port = lab.Port();
        var before = await Ready(port);
        await lab.DaemonAsync("slurmrestd", "hang");
        SlurmView hung;
        try
        {
            hung = await port.ReadAsync(Cancel);
        }
        finally
        {
            await lab.DaemonAsync("slurmrestd", "continue");
        }
        Assert.Contains("did not answer within", hung.Nodes.Error, StringComparison.Ordinal);
        Assert.Equal(before.NodesByName.Count, hung.NodesByName.Count);
        await Until(port, v => v.Nodes.Current && v.Jobs.Current, "slurmrestd answers again");
    }

    [Fact]
    public async Task A_user_without_rights_reads_and_is_told_why_it_may_not_write()
    {
        using var port = lab.Port(change: o => o with { User = "alice" });
        await Until(port, v => v.Nodes.Current, "alice reads");
        var refused = await TagAsync(port, new(Both[0], "", "x", null, null));
        Assert.Contains("2010", Assert.IsType<StepResult.RejectedResult>(refused).Reason, StringComparison.Ordinal);
    }

    private static Task<StepResult> PutAsync(SlurmPort port, SlurmPartition wanted)
    {
        var seen = port.View.PartitionsByName.GetValueOrDefault(wanted.Name);
        return port.PutPartitionAsync(new PutPartition(About, "", wanted) { Seen = seen }, Cancel);
    }

    private static Task<StepResult> TagAsync(SlurmPort port, NodeTag tag) =>
        port.TagAsync(new TagNodes(About, "", [tag]), Cancel);

    /// <summary>What each release that the tests are run with serves; the lab's own is the newest.</summary>
    private static (string DataParser, SlurmCapabilities Capabilities) Expected(string release)
    {
        const SlurmCapabilities Older = SlurmCapabilities.CreateNodes | SlurmCapabilities.WriteReservations
            | SlurmCapabilities.Resources;
        if (release.StartsWith("25.11", StringComparison.Ordinal))
            return ("v0.0.44", Older);
        Assert.StartsWith("26.05", release, StringComparison.Ordinal);
        return ("v0.0.45", Older | SlurmCapabilities.WritePartitions | SlurmCapabilities.Requeue);
    }

    private static void AssertSame(SlurmPartition wanted, SlurmPartition found)
    {
        Assert.Equal(wanted.AllowAccounts, found.AllowAccounts);
        Assert.Equal(wanted.DenyAccounts, found.DenyAccounts);
        Assert.Equal(wanted.PreemptMode, found.PreemptMode);
        Assert.Equal(wanted with { AllowAccounts = [], DenyAccounts = [], AllowQos = [], PreemptMode = [] },
            found with { AllowAccounts = [], DenyAccounts = [], AllowQos = [], PreemptMode = [] });
    }

    private async Task<JobId> SubmitAsync(params string[] arguments)
    {
        string[] command = ["sbatch", "--parsable", "--mem=50", "-t", "5", "-o", "/dev/null", .. arguments];
        return new JobId(uint.Parse((await lab.RunAsync("alice", command)).Trim(),
            System.Globalization.CultureInfo.InvariantCulture));
    }

    private static Task<SlurmView> Ready(SlurmPort port) => Until(
        port,
        v => v is { Nodes.Current: true, Partitions.Current: true, Jobs.Current: true }
            && Both.All(n => v.NodesByName.GetValueOrDefault(n) is { Responding: true, State: var state }
                && (state & SlurmNodeState.InvalidReg) == 0),
        "both slurmds are registered");

    private static async Task<SlurmView> Until(SlurmPort port, Func<SlurmView, bool> seen, string what)
    {
        var watch = Stopwatch.StartNew();
        var view = await port.ReadAsync(Cancel);
        while (!seen(view))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(45),
                $"waited 45 s until {what}; nodes: {view.Nodes}, jobs: {view.Jobs}; "
                + string.Join("; ", view.NodesByName.Values.Select(n => $"{n.Name} {n.State} '{n.Reason}'"))
                + " | " + string.Join("; ",
                    view.JobsById.Values.Select(j => $"{j.Id} {j.State} {j.Reason} {j.Nodes} {j.ExitCode}")));
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            await pause.WaitForNextTickAsync(Cancel);
            view = await port.ReadAsync(Cancel);
        }
        return view;
    }
}
