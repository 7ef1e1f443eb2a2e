using System.Diagnostics;
using Bridge.E2E.World;
using Bridge.Kube.Client;

namespace Bridge.E2E;

/// <summary>Every replica reads and serves; only the leader acts.</summary>
public sealed class ReplicaTests(E2ELab lab) : LabTest(lab)
{
    private const string Group = "/apis/jobs.slurmbridge.io/v1alpha1";

    /// <summary>Deadline: 2 s for each answer, a refused connection and another try included.</summary>
    [Fact]
    public async Task Jobs_are_shown_within_two_seconds_whichever_replica_is_killed()
    {
        var job = await Lab.RunJobAsync("gpu-1");
        await Lab.KubectlShowsAsync(job.Id, "RUNNING");
        var leader = Lab.Bridge;
        var standby = Lab.StartBridge("standby");
        await ReadyAsync(leader);
        await ReadyAsync(standby);
        await leader.Kill9Async();
        await AnsweredAsync(job.Id);

        // The one that is left takes over; then the newer one, which does not lead, is killed.
        var third = Lab.StartBridge("third");
        await ReadyAsync(third);
        await Eventually.SoAsync("the second leads", Seconds(20), () => standby.Leads);
        Assert.False(third.Leads);
        await third.Kill9Async();
        await AnsweredAsync(job.Id);
        await job.StillRunsAsync();
        await job.CompletesAsync();
    }

    /// <summary>Deadline: 20 s. A standby has read what a leader has, and says so.</summary>
    [Fact]
    public async Task A_standby_is_ready_and_says_of_each_part_how_it_stands()
    {
        var standby = Lab.StartBridge("standby");
        await ReadyAsync(standby);
        var text = (await standby.ReadyzAsync()).Text;
        string[] parts = ["kubernetes", "slurm/lab", "leader: stands by", "hooks", "ledger", "job-api-trust"];
        foreach (var part in parts)
            Assert.Contains($"[+]{part}", text, StringComparison.Ordinal);
        Assert.Empty(standby.Steps);
    }

    private async Task AnsweredAsync(string job)
    {
        var clock = Stopwatch.StartNew();
        var last = "";
        while (clock.Elapsed < Seconds(2))
        {
            try
            {
                await Lab.GetAsync(Group);
                var list = (await Lab.GetAsync($"{Group}/slurmjobs")).ToJsonString();
                Assert.True(clock.Elapsed < Seconds(2), $"the answer took {clock.Elapsed.TotalSeconds:0.0} s");
                Assert.Contains($"\"name\":\"lab-{job}\"", list, StringComparison.Ordinal);
                return;
            }
            catch (KubeException refused)
            {
                last = refused.Message;
            }
        }
        Assert.Fail($"no answer within 2 s: {last}");
    }

    private static Task ReadyAsync(BridgeProcess bridge) =>
        Eventually.SoAsync($"{bridge.Name} is ready", Seconds(20), async () =>
            await bridge.ReadyzAsync() is var ready && ready.Ready ? "" : $"{ready.Text}\n{bridge.Tail()}");
}
