using Bridge.E2E.World;

namespace Bridge.E2E;

/// <summary>Cordons, drains by others, ailing GPUs, nodes that go while jobs run.</summary>
public sealed class NodeTests(E2ELab lab) : LabTest(lab)
{
    /// <summary>Deadline: 20 s each way.</summary>
    [Fact]
    public async Task A_cordon_drains_for_a_reason_of_Bridge_and_an_uncordon_resumes()
    {
        await Lab.KubectlAsync("cordon", "gpu-1");
        await Lab.NodeIsAsync("gpu-1", "drained by Bridge", Seconds(20),
            row => row.DrainedByBridge && row.Reason.Contains("cordon", StringComparison.Ordinal));
        Assert.True((await Lab.NodeAsync("gpu-2")).Idle);

        await Lab.KubectlAsync("uncordon", "gpu-1");
        await Lab.NodeIsAsync("gpu-1", "idle", Seconds(20), row => row.Idle);
    }

    /// <summary>Deadline: 20 s for each step.</summary>
    [Fact]
    public async Task A_drain_that_somebody_else_made_shows_on_the_node_and_survives_a_cordon_and_an_uncordon()
    {
        (await Lab.SlurmAsync("scontrol", "update", "nodename=gpu-1", "state=drain", "reason=fan is loud")).Ok();
        await ConditionIsAsync("True", "fan is loud");

        await Lab.KubectlAsync("cordon", "gpu-1");
        await Lab.KubectlAsync("cordon", "gpu-2");
        // gpu-2 tells when Bridge has looked at both.
        await Lab.NodeIsAsync("gpu-2", "drained by Bridge", Seconds(20), row => row.DrainedByBridge);
        await Lab.KubectlAsync("uncordon", "gpu-1");
        await Lab.KubectlAsync("uncordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "idle", Seconds(20), row => row.Idle);
        var row = await Lab.NodeAsync("gpu-1");
        Assert.Equal(("drained", "fan is loud"), (row.State, row.Reason));

        (await Lab.SlurmAsync("scontrol", "update", "nodename=gpu-1", "state=resume")).Ok();
        await ConditionIsAsync("False", "");
    }

    /// <summary>Deadline: 30 s for the drain, 90 s for each new registration.</summary>
    [Fact]
    public async Task A_tainted_GPU_drains_a_busy_node_whose_job_ends_in_peace_and_the_node_returns_with_seven()
    {
        var job = await Lab.RunJobAsync("gpu-1", gpus: 8);
        await Lab.LabVerbAsync("taint-gpu", "gpu-1", "gpu-3");
        await Lab.NodeIsAsync("gpu-1", "drained by Bridge for its lost GPU", Seconds(30),
            row => row.DrainedByBridge && row.Reason.Contains("gpu-lost", StringComparison.Ordinal));
        await job.StillRunsAsync();
        await job.CompletesAsync();
        await Lab.NodeIsAsync("gpu-1", "idle with seven GPUs", Seconds(90), row => row.Idle && row.HasGpus(7));

        await Lab.LabVerbAsync("untaint-gpu", "gpu-1", "gpu-3");
        await Lab.NodeIsAsync("gpu-1", "idle with eight GPUs", Seconds(90), row => row.Idle && row.HasGpus(8));
    }

    /// <summary>Deadline: 30 s for the drain, 60 s for the rest after the job.</summary>
    [Fact]
    public async Task A_node_that_leaves_its_pool_while_a_job_runs_is_drained_and_taken_apart_only_after_the_job()
    {
        await Lab.AddNodeAsync("extra-1");
        await Lab.NodeIsAsync("extra-1", "idle in partition gpu", Seconds(60), row => row.Idle
            && row.Partitions.Contains("gpu"));
        var job = await Lab.RunJobAsync("extra-1");
        var pod = (await Lab.PodsAsync()).Single(p => p.Name == "slurmd-extra-1");

        await Lab.KubectlAsync("label", "node", "extra-1", "lab.slurmbridge.io/pool-");
        await Lab.NodeIsAsync("extra-1", "drained by Bridge", Seconds(30), row => row.DrainedByBridge);
        await job.StillRunsAsync();
        Assert.Contains(await Lab.PodsAsync(), p => p.Uid == pod.Uid && !p.Deleting);

        await job.CompletesAsync();
        await Lab.NodeIsGoneAsync("extra-1", Seconds(60));
    }

    /// <summary>
    /// Whoever deletes a Node ends its pods: Kubernetes collects them. Bridge must not be the one, and must bring the
    /// rest to its end once Slurm has given the job up (SlurmdTimeout is 30 s). Deadline: 120 s.
    /// </summary>
    [Fact]
    public async Task A_deleted_node_is_drained_and_forgotten_once_Slurm_has_given_up_its_job()
    {
        await Lab.AddNodeAsync("extra-1");
        await Lab.NodeIsAsync("extra-1", "idle in partition gpu", Seconds(60), row => row.Idle
            && row.Partitions.Contains("gpu"));
        await Lab.RunJobAsync("extra-1");
        var before = Lab.Steps().Count;

        await Lab.RemoveNodeAsync("extra-1");
        await Lab.NodeIsGoneAsync("extra-1", Seconds(120));
        var steps = Lab.Steps().Skip(before).ToList();
        Assert.StartsWith("DrainNodes: drain extra-1", steps[0]);
        Assert.DoesNotContain(steps, s => s.StartsWith("DeletePod", StringComparison.Ordinal));
        foreach (var node in E2ELab.BaseNodes)
            Assert.True((await Lab.NodeAsync(node)).Idle);
    }

    /// <summary>
    /// Node lifecycle, or this test in its place, marks node and pod of a kubelet that went silent. That costs no job:
    /// whether the node is dead is Slurm's to say. Deadline: 20 s each way.
    /// </summary>
    [Fact]
    public async Task A_silent_kubelet_costs_no_job_and_no_pod_and_all_is_well_when_it_speaks_again()
    {
        var calm = await Calm.BeginAsync(Lab);
        await Lab.SignalKubeletAsync("STOP");
        try
        {
            await MarkAsync("node", "gpu-1", "Unknown");
            await MarkAsync("pod", "slurmd-gpu-1", "False");
            await PodsReadyAsync(1);
        }
        finally
        {
            await Lab.SignalKubeletAsync("CONT");
        }
        await PodsReadyAsync(2);
        await Eventually.SoAsync("gpu-1 is Ready", Seconds(20), async () =>
            (await Lab.ConditionAsync("/api/v1/nodes/gpu-1", "Ready")) is var ready && ready.Status == "True" ? ""
                : $"it is {ready}");
        await calm.HeldAsync();
    }

    private Task<string> MarkAsync(string kind, string name, string ready) => Lab.KubectlAsync(
        "-n", "slurm", "patch", kind, name, "--subresource=status", "-p",
        $$"""{"status": {"conditions": [{"type": "Ready", "status": "{{ready}}"}] } }""");

    private Task PodsReadyAsync(int count) => Eventually.SoAsync($"the pool counts {count} ready pods", Seconds(20),
        async () =>
        {
            var pool = await Lab.GetAsync("/apis/slurmbridge.io/v1alpha1/namespaces/slurm/nodepools/h100");
            return (int?)pool["status"]?["counts"]?["pods"] == count ? "" : pool["status"]?.ToJsonString() ?? "nothing";
        });

    private Task ConditionIsAsync(string status, string message) =>
        Eventually.SoAsync($"node condition SlurmDrained is {status}", Seconds(20), async () =>
            await Lab.ConditionAsync("/api/v1/nodes/gpu-1", "SlurmDrained") is var found && found.Status == status
                && found.Message.Contains(message, StringComparison.Ordinal) ? ""
                    : $"it is {found}\n{Lab.Bridge.Tail()}");
}
