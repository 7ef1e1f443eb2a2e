using Bridge.E2E.World;

namespace Bridge.E2E;

/// <summary>
/// A SlurmCluster that is deleted: its jobs end in peace, what Bridge made goes, and nothing waits for ever.
/// </summary>
public sealed class DeletionTests(E2ELab lab) : LabTest(lab)
{
    private const string Pool = "/apis/slurmbridge.io/v1alpha1/namespaces/slurm/nodepools/h100";
    private const string Abandon = "slurmbridge.io/abandon=true";

    /// <summary>Deadline: 30 s for the drain, 60 s for an idle node, 120 s for the rest after the job.</summary>
    [Fact]
    public async Task A_deleted_cluster_lets_its_job_end_and_takes_its_pods_claims_nodes_and_partition_with_it()
    {
        var job = await Lab.RunJobAsync("gpu-1");
        var pod = (await Lab.PodsAsync()).Single(p => p.Name == "slurmd-gpu-1");
        await DeleteAsync("slurmcluster/lab");
        await Lab.NodeIsAsync("gpu-1", "drained by Bridge", Seconds(30), row => row.DrainedByBridge
            && row.Reason.Contains("SlurmCluster lab is being deleted", StringComparison.Ordinal));
        await Lab.ClusterSaysAsync("False", $"waits for 1 job to end: {job.Id} on gpu-1", Seconds(20));
        await Lab.NodeIsGoneAsync("gpu-2", Seconds(60));
        await job.StillRunsAsync();
        Assert.Contains(await Lab.PodsAsync(), p => p.Uid == pod.Uid && !p.Deleting);

        job.LetEnd();
        await Eventually.SoAsync($"job {job.Id} is COMPLETED", Seconds(60), async () =>
            await job.StateAsync() is var state && state == "COMPLETED" ? "" : $"it is {state}");
        await Lab.NodeIsGoneAsync("gpu-1", Seconds(60));
        await IsGoneAsync("slurmcluster/lab", 60);
        Assert.Equal("", (await Lab.SlurmAsync("sinfo", "-h", "-a", "-p", "gpu", "-o", "%P")).Output.Trim());
        Assert.Equal("", await Lab.KubectlAsync("-n", "slurm", "get", "partitionpolicy", "gpu", "-o",
            "jsonpath={.metadata.finalizers}"));
    }

    /// <summary>
    /// As in a namespace that goes: everything is deleted while Slurm is silent. Deadline: 40 s until status says so,
    /// 60 s until all is gone after the annotation.
    /// </summary>
    [Fact]
    public async Task A_deleted_cluster_whose_Slurm_is_silent_keeps_its_pods_until_an_administrator_abandons_it()
    {
        var pods = await Lab.PodsAsync();
        (await Lab.ScriptAsync("slurmrestd", "kill")).Ok();
        await DeleteAsync("slurmcluster/lab", "partitionpolicy/gpu");
        await Lab.ClusterSaysAsync("False", $"kubectl -n slurm annotate slurmcluster lab {Abandon}", Seconds(40));
        Assert.Equal(pods, await Lab.PodsAsync());

        await Lab.KubectlAsync("-n", "slurm", "annotate", "slurmcluster", "lab", Abandon);
        await IsGoneAsync("slurmcluster/lab", 60);
        await IsGoneAsync("partitionpolicy/gpu", 20);
        await NothingIsLeftAsync();
        Assert.Contains("is abandoned", await EventsAsync("SlurmCluster"), StringComparison.Ordinal);
        // What Bridge could not reach is an administrator's to take away.
        (await Lab.SlurmAsync("scontrol", "delete", "partitionname=gpu")).Ok();
    }

    /// <summary>Deadline: 30 s until the pool says so, 60 s until its pods are gone.</summary>
    [Fact]
    public async Task A_pool_whose_cluster_was_removed_by_force_keeps_its_pods_until_it_is_abandoned()
    {
        var pods = await Lab.PodsAsync();
        await Lab.RemoveClusterByForceAsync();
        await Eventually.SoAsync("the pool says what is left, and the way out", Seconds(30), async () =>
            await Lab.ConditionAsync(Pool, "Ready") is ("False", var says)
                && says.Contains("2 slurmd pods", StringComparison.Ordinal)
                && says.Contains($"kubectl -n slurm annotate nodepool h100 {Abandon}", StringComparison.Ordinal)
                    ? "" : Lab.Bridge.Tail());
        Assert.Equal(pods, await Lab.PodsAsync());

        await Lab.KubectlAsync("-n", "slurm", "annotate", "nodepool", "h100", Abandon);
        try
        {
            await NothingIsLeftAsync();
            Assert.Contains("is abandoned", await EventsAsync("NodePool"), StringComparison.Ordinal);
        }
        finally
        {
            await Lab.KubectlAsync("-n", "slurm", "annotate", "nodepool", "h100", "slurmbridge.io/abandon-");
        }
    }

    private Task<string> DeleteAsync(params string[] objects) =>
        Lab.KubectlAsync(["-n", "slurm", "delete", "--wait=false", .. objects]);

    private Task<string> IsGoneAsync(string named, int seconds) =>
        Lab.KubectlAsync("-n", "slurm", "wait", "--for=delete", $"--timeout={seconds}s", named);

    private Task NothingIsLeftAsync() => Eventually.SoAsync("no pod and no claim is left", Seconds(60), async () =>
        await Lab.PodsAsync() is [] && await Lab.ClaimsAsync() is [] ? "" : await Lab.StandingAsync());

    private Task<string> EventsAsync(string kind) => Lab.KubectlAsync("-n", "slurm", "get", "events",
        "--field-selector", $"involvedObject.kind={kind}", "-o", "jsonpath={.items[*].message}");
}
