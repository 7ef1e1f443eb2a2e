using Bridge.Core.Names;
using Bridge.Core.Planning;

namespace Bridge.Core.Tests.Planning;

/// <summary>What `bridge plan` says of jobs.</summary>
public sealed class PlanJobsTests
{
    private static readonly string[] TwoNodes =
    [
        "pool main", "node gpu-1 cordoned", "node gpu-2", "pod gpu-1", "pod gpu-2", "claim gpu-1 in-use",
        "claim gpu-2 in-use", "slurm gpu-1 state=Allocated", "slurm gpu-2 state=Allocated",
    ];

    private static List<string> OfSteps(params string[] jobs)
    {
        var view = CaseView.Parse([.. TwoNodes, .. jobs]);
        var named = new PlanJobs(view.Slurm);
        var plan = ClusterPlanner.Plan(view, CaseView.Remember(view), CaseView.Now);
        return [.. plan.Steps.Select(named.Of).Where(s => s.Length > 0)];
    }

    private static List<string> Waits(params string[] lines)
    {
        var view = CaseView.Parse(lines);
        return [.. new PlanJobs(view.Slurm).Waits(view, new PlanMemory(), CaseView.Now)];
    }

    [Fact]
    public void A_drain_names_the_jobs_of_its_nodes_and_no_others() => Assert.Equal(
        ["waits for job 123 (alice, train) on node gpu-1, job 125 (bob, eval) on node gpu-1"],
        OfSteps(
            "job 123 nodes=gpu-[1-2] user=alice called=train", "job 124 nodes=gpu-2 user=alice called=train",
            "job 125 nodes=gpu-1 user=bob called=eval", "job 126 nodes=gpu-1 state=COMPLETED user=bob called=over",
            "job 127 state=PENDING user=bob called=later"));

    [Fact]
    public void A_hundred_jobs_are_a_few_and_a_number() => Assert.Equal(
        "waits for job 1 on node gpu-1, job 2 on node gpu-1, job 3 on node gpu-1, job 4 on node gpu-1, "
            + "job 5 on node gpu-1 and 95 more",
        Assert.Single(OfSteps([.. Enumerable.Range(1, 100).Select(i => $"job {i} nodes=gpu-1")])));

    [Fact]
    public void A_name_that_would_move_the_cursor_does_not() => Assert.Equal(
        "waits for job 9 (alice, ?[2Jgone) on node gpu-1",
        Assert.Single(OfSteps("job 9 nodes=gpu-1 user=alice called=\"\u001b[2Jgone\"")));

    [Fact]
    public void The_end_of_a_slurmd_that_may_work_names_what_ends()
    {
        var view = CaseView.Parse(["pool main", "job 7 nodes=gpu-1 user=alice called=train"]);
        var end = new DeletePod(new ObjectRef("Node", "", "gpu-1"), "", new NodeName("gpu-1"), "slurm", "p", "u");
        var jobs = new PlanJobs(view.Slurm);
        Assert.Equal("ends job 7 (alice, train) on node gpu-1", jobs.Of(end with { EndsWork = true }));
        Assert.Equal("", jobs.Of(end));
    }

    [Fact]
    public void A_drained_node_that_is_at_work_still_says_what_it_waits_for() => Assert.Equal(
        ["node gpu-1, which is kept from work ('bridge: cordon'), waits for job 7 (alice, train) on node gpu-1"],
        Waits(
            "pool main", "node gpu-1 cordoned", "pod gpu-1", "claim gpu-1 in-use",
            "slurm gpu-1 state=Allocated+Drain reason=\"bridge: cordon\"",
            "job 7 nodes=gpu-1 user=alice called=train"));

    [Fact]
    public void A_deleted_policy_says_which_jobs_keep_its_partition() => Assert.Equal(
        ["partition train, whose policy was deleted, waits for job 7 (alice, a), job 8 (bob, b), which is pending"],
        Waits(
            "pool main", "node gpu-1", "pod gpu-1", "claim gpu-1 in-use", "slurm gpu-1 state=Allocated",
            "policy train pools=main claimed deleting", "partition train nodes=gpu-1",
            "job 7 nodes=gpu-1 partition=train user=alice called=a",
            "job 8 state=PENDING partition=debug,train user=bob called=b"));

    [Fact]
    public void A_node_that_stays_in_a_partition_says_for_which_jobs() => Assert.Equal(
        ["partition train keeps node gpu-2 until these have ended: job 7 (alice, a) on node gpu-2"],
        Waits(
            "pool main", "pool other", "node gpu-1", "node gpu-2 pool=other", "pod gpu-1", "pod gpu-2",
            "claim gpu-1 in-use", "claim gpu-2 in-use", "slurm gpu-1", "slurm gpu-2 state=Allocated",
            "policy train pools=main claimed", "partition train nodes=gpu-[1-2]",
            "job 7 nodes=gpu-2 partition=train user=alice called=a"));
}
