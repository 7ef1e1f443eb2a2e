using Bridge.E2E.World;
using Bridge.Lab.Faults;

namespace Bridge.E2E;

/// <summary>
/// Settings that cannot work, neighbours that are not there at start, and what watching an idle fleet costs.
/// </summary>
public sealed class BadInputTests(E2ELab lab) : LabTest(lab)
{
    /// <summary>Deadline: 30 s to say so, 40 s to recover.</summary>
    [Fact]
    public async Task A_wrong_token_key_is_said_in_status_and_put_right_without_a_restart()
    {
        var calm = await Calm.BeginAsync(Lab);
        var wrong = Path.Combine(Lab.Folder, "wrong.key");
        await File.WriteAllBytesAsync(wrong, new byte[32], TestContext.Current.CancellationToken);
        await Lab.ApplyAsync(Manifests.Cluster(Lab, Lab.RestUrl, wrong));
        await Lab.ClusterSaysAsync("False", "token", Seconds(30));
        await Lab.ApplyAsync(Manifests.Cluster(Lab, Lab.RestUrl, Lab["JWT_KEY_FILE"]));
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(40));
        await calm.HeldAsync();
    }

    /// <summary>Deadline: 30 s to say so, 40 s to recover.</summary>
    [Fact]
    public async Task A_slurmrestd_that_cannot_be_reached_is_said_in_status_and_waited_for()
    {
        var calm = await Calm.BeginAsync(Lab);
        await Lab.ApplyAsync(Manifests.Cluster(Lab, "http://127.0.0.1:9", Lab["JWT_KEY_FILE"]));
        await Lab.ClusterSaysAsync("False", "127.0.0.1:9", Seconds(30));
        await Lab.ApplyAsync(Manifests.Cluster(Lab, Lab.RestUrl, Lab["JWT_KEY_FILE"]));
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(40));
        await calm.HeldAsync();
    }

    /// <summary>Deadline: 20 s to be left, 40 s to be served again.</summary>
    [Fact]
    public async Task A_cluster_that_is_removed_by_force_ends_nothing_and_is_served_again_when_it_is_back()
    {
        const string pool = "/apis/slurmbridge.io/v1alpha1/namespaces/slurm/nodepools/h100";
        var calm = await Calm.BeginAsync(Lab);
        await Lab.RemoveClusterByForceAsync();
        await Eventually.SoAsync("the pool says that it has no cluster", Seconds(20), async () =>
            (await Lab.ConditionAsync(pool, "Ready")).Message.Contains("it has none yet", StringComparison.Ordinal)
                ? "" : Lab.Bridge.Tail());
        await Lab.ApplyAsync(Manifests.Cluster(Lab, Lab.RestUrl, Lab["JWT_KEY_FILE"]));
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(40));
        await Eventually.SoAsync("the pool is served", Seconds(20), async () =>
            (await Lab.ConditionAsync(pool, "Ready")).Status == "True" ? "" : Lab.Bridge.Tail());
        await calm.JobHeldAsync();
    }

    /// <summary>Deadline: 20 s to say so, 20 s to go.</summary>
    [Fact]
    public async Task A_policy_that_names_no_cluster_says_so_and_can_be_deleted()
    {
        const string stray = "/apis/slurmbridge.io/v1alpha1/namespaces/slurm/partitionpolicies/stray";
        await Lab.ApplyAsync(
            """
            apiVersion: slurmbridge.io/v1alpha1
            kind: PartitionPolicy
            metadata: {name: stray, namespace: slurm, finalizers: [slurmbridge.io/partition]}
            spec: {cluster: lba, pools: [h100]}
            """);
        await Eventually.SoAsync("the policy says that there is no such cluster", Seconds(20), async () =>
            await Lab.ConditionAsync(stray, "Ready") is ("False", var says)
                && says.Contains("no such SlurmCluster; it has lab", StringComparison.Ordinal)
                    ? "" : Lab.Bridge.Tail());
        await Lab.KubectlAsync("-n", "slurm", "delete", "--timeout=20s", "partitionpolicy", "stray");
        Assert.Contains("gpu", (await Lab.NodeAsync("gpu-1")).Partitions);
    }

    /// <summary>Deadline: 20 s to say so, 40 s to lead.</summary>
    [Fact]
    public async Task An_API_server_that_cannot_be_reached_at_start_is_said_in_the_log_and_waited_for()
    {
        var calm = await Calm.BeginAsync(Lab);
        await Lab.Bridge.StopAsync(Seconds(20));
        Lab.KubeProxy.Script.Add(new FaultRule { Fault = new Fault.Reset() });
        var bridge = Lab.StartBridge("early");
        await Eventually.SoAsync("the log says that the API server cannot be reached", Seconds(20),
            () => bridge.Log.Contains("got no answer about the lease", StringComparison.Ordinal));
        Assert.True(bridge.Running);
        Lab.KubeProxy.Script.Clear();
        await Eventually.SoAsync("Bridge leads", Seconds(40), () => bridge.Leads);
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(40));
        await calm.HeldAsync();
    }

    /// <summary>Deadline: 20 s to say so, 40 s for the partition to go after its job.</summary>
    [Fact]
    public async Task A_policy_that_is_deleted_under_running_jobs_keeps_its_partition_and_says_so()
    {
        var job = await Lab.RunJobAsync("gpu-1");
        await Lab.KubectlAsync("-n", "slurm", "delete", "partitionpolicy", "gpu", "--wait=false");
        await Eventually.SoAsync("the policy says that jobs keep it", Seconds(20), async () =>
            await Lab.ConditionAsync("/apis/slurmbridge.io/v1alpha1/namespaces/slurm/partitionpolicies/gpu",
                "Ready") is var ready
                && ready.Message.Contains("stays until its 1 running or pending jobs", StringComparison.Ordinal) ? ""
                    : $"it says {ready}");
        await job.StillRunsAsync();
        Assert.Contains("gpu", (await Lab.NodeAsync("gpu-1")).Partitions);
        await job.CompletesAsync();
        await Lab.NodeIsAsync("gpu-1", "idle and in no partition gpu", Seconds(40), row => row.Idle
            && !row.Partitions.Contains("gpu"));
        await Lab.KubectlAsync("-n", "slurm", "wait", "--for=delete", "--timeout=20s", "partitionpolicy/gpu");
    }

    /// <summary>Ten ticks of one second to see that it is idle, then twenty that are held. Deadline: 60 s.</summary>
    [Fact]
    public async Task An_idle_tick_costs_at_most_three_requests_to_slurmrestd_and_none_to_the_API_server()
    {
        const string bell = "/diag";
        // The steps before this test may still echo.
        await Eventually.SoAsync("ten ticks in a row are idle", Seconds(60), () => SpentAsync(10));
        Assert.Equal("", await SpentAsync(20));

        async Task<string> SpentAsync(int ticks)
        {
            Lab.KubeProxy.Script.Forget();
            Lab.SlurmProxy.Script.Forget();
            await Eventually.SoAsync($"{ticks} ticks have passed", Seconds(3 * ticks), () => Ticks() >= ticks);
            var slurm = Lab.SlurmProxy.Script.Seen;
            // A watch is renewed every five to ten minutes, however many ticks that is.
            var kube = Lab.KubeProxy.Script.Seen.Where(s => !s.Key.Contains("/leases", StringComparison.Ordinal)
                && !s.Key.StartsWith("WATCH ", StringComparison.Ordinal)).ToList();
            return slurm.Values.Sum() <= 3 * Ticks() + 2 && kube.Count == 0
                ? ""
                : $"{Ticks()} ticks asked slurmrestd {string.Join(" ", slurm)} "
                    + $"and the API server {string.Join(" ", kube)}";
        }

        int Ticks() => Lab.SlurmProxy.Script.Seen.Where(s => s.Key.Contains(bell, StringComparison.Ordinal)).Sum(s =>
            s.Value);
    }
}
