using Bridge.E2E.World;
using Bridge.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.E2E;

/// <summary>From a Kubernetes node to a finished job.</summary>
public sealed class MainPathTests(E2ELab lab) : LabTest(lab)
{
    /// <summary>Deadline: 60 s for the job, 30 s for kubectl to show it.</summary>
    [Fact]
    public async Task An_unchanged_batch_script_runs_on_the_GPUs_of_two_nodes_and_both_sides_show_it_completed()
    {
        await File.WriteAllTextAsync(Path.Combine(Lab["WORK_DIR"], "train.sh"),
            """
            #!/bin/bash
            #SBATCH -N2 --gres=gpu:h100:4
            #SBATCH --job-name=train --output=train.out
            srun bash -c 'echo "$(id -u) $CUDA_VISIBLE_DEVICES"'

            """, TestContext.Current.CancellationToken);
        var job = (await Lab.AliceAsync("sbatch", "--parsable", "-p", "gpu", "train.sh")).Ok();

        await Eventually.SoAsync($"job {job} is COMPLETED in sacct", Seconds(60), async () =>
            (await Lab.SlurmAsync("sacct", "-X", "-n", "-P", "-j", job, "-o",
                "State,ExitCode,Account,User")).Output is var shown
                && shown.Trim() == "COMPLETED|0:0|team-a|alice" ? ""
                    : $"sacct says '{shown}'\n{await Lab.StandingAsync()}");
        var output = await File.ReadAllLinesAsync(Path.Combine(Lab["WORK_DIR"], "train.out"),
            TestContext.Current.CancellationToken);
        Assert.Equal(["2001 0,1,2,3", "2001 0,1,2,3"], output);
        await Lab.KubectlShowsAsync(job, "COMPLETED");
    }

    /// <summary>Deadline: 20 s for each drain and resume, 20 s for the journal.</summary>
    [Fact]
    public async Task The_journal_has_what_was_done_before_and_after_a_restart_under_the_same_name()
    {
        await using var ledger = new LedgerStore(new LedgerOptions { ConnectionString = Lab["POSTGRES"], Writer = "" },
            TimeProvider.System, NullLogger<LedgerStore>.Instance);
        var begin = TimeProvider.System.GetUtcNow();
        await CordonAndUncordonAsync();
        await JournalHasAsync(1);
        await Lab.RestartBridgeAsync();
        await CordonAndUncordonAsync();
        await JournalHasAsync(2);

        Task JournalHasAsync(int times) =>
            Eventually.SoAsync($"the journal has {times} drains and resumes of gpu-1", Seconds(20), async () =>
            {
                var actions = await ledger.ReadActionsAsync("lab", "", 100, TestContext.Current.CancellationToken);
                var kinds = actions.Where(a => a.At >= begin && a.Result == "Done").Select(a => a.Kind).ToList();
                return (kinds.Count(k => k == "DrainNodes"), kinds.Count(k => k == "ResumeNodes")) == (times, times)
                    ? "" : $"it has {string.Join(", ", kinds)}\n{Lab.Bridge.Tail()}";
            });
    }

    /// <summary>Deadline: 60 s to come, 60 s to go.</summary>
    [Fact]
    public async Task A_new_node_comes_by_one_pod_and_one_claim_and_goes_without_a_trace()
    {
        await Lab.AddNodeAsync("extra-1");
        await Lab.NodeIsAsync("extra-1", "idle with eight GPUs in partition gpu", Seconds(60),
            row => row.Idle && row.HasGpus(8) && row.Partitions.Contains("gpu"));
        Assert.Single(await Lab.PodsAsync(), p => p.Name == "slurmd-extra-1");
        Assert.Single(await Lab.ClaimsAsync(), c => c.StartsWith("slurmd-extra-1-", StringComparison.Ordinal));

        await Lab.RemoveNodeAsync("extra-1");
        await Lab.NodeIsGoneAsync("extra-1", Seconds(60));
    }
    private async Task CordonAndUncordonAsync()
    {
        await Lab.KubectlAsync("cordon", "gpu-1");
        await Lab.NodeIsAsync("gpu-1", "drained by Bridge", Seconds(20), row => row.DrainedByBridge);
        await Lab.KubectlAsync("uncordon", "gpu-1");
        await Lab.NodeIsAsync("gpu-1", "idle", Seconds(20), row => row.Idle);
    }
}
