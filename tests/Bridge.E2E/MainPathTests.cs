using Bridge.E2E.World;

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
}
