using Bridge.E2E.World;

namespace Bridge.E2E;

/// <summary>Two Bridges at once.</summary>
public sealed class TwoBridgesTests(E2ELab lab) : LabTest(lab)
{
    /// <summary>Deadline: 20 s for the second to take over after a kill -9.</summary>
    [Fact]
    public async Task Exactly_one_of_two_acts_and_the_other_takes_over_within_twenty_seconds_of_a_kill()
    {
        var first = Lab.Bridge;
        var second = Lab.StartBridge("second");
        await Eventually.SoAsync("the second waits", Seconds(20), () => second.Log.Contains(" waits",
            StringComparison.Ordinal));
        var before = first.Steps.Count;
        await Lab.KubectlAsync("cordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "drained by Bridge", Seconds(20), row => row.DrainedByBridge);
        Assert.Single(first.Steps.Skip(before), s => s.StartsWith("DrainNodes: drain gpu-2", StringComparison.Ordinal));
        Assert.Empty(second.Steps);

        var calm = await Calm.BeginAsync(Lab);
        await first.Kill9Async();
        await Eventually.SoAsync("the second leads", Seconds(20), () => second.Leads);
        await Lab.KubectlAsync("uncordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "idle", Seconds(20), row => row.Idle);
        Assert.All(second.Steps, s => Assert.StartsWith("ResumeNodes: ", s));
        await calm.JobHeldAsync();
    }

    /// <summary>Deadline: 10 s: an orderly stop gives the lease back.</summary>
    [Fact]
    public async Task An_orderly_stop_hands_over_at_once()
    {
        var first = Lab.Bridge;
        var second = Lab.StartBridge("second");
        await Eventually.SoAsync("the second waits", Seconds(20), () => second.Log.Contains(" waits",
            StringComparison.Ordinal));
        var calm = await Calm.BeginAsync(Lab);
        Assert.Equal(0, await first.StopAsync(Seconds(20)));
        await Eventually.SoAsync("the second leads", Seconds(10), () => second.Leads);
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(20));
        await calm.HeldAsync();
    }
}
