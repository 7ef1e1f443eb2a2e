using Bridge.E2E.World;
using Bridge.Lab.Faults;

namespace Bridge.E2E;

/// <summary>Two Bridges at once.</summary>
public sealed class TwoBridgesTests(E2ELab lab) : LabTest(lab)
{
    /// <summary>Deadline: 20 s for the second to take over after a kill -9.</summary>
    [Fact]
    public async Task Exactly_one_of_two_acts_and_the_other_takes_over_within_twenty_seconds_of_a_kill()
    {
        var first = Lab.Bridge;
        var second = await SecondAsync();
        var before = first.Steps.Count;
        await Lab.KubectlAsync("cordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "drained by Bridge", Seconds(20), row => row.DrainedByBridge);
        await Eventually.SoAsync("the first says that it did one step", Seconds(10),
            () => first.Steps.Count == before + 1);
        Assert.StartsWith("DrainNodes: drain gpu-2", first.Steps[before]);
        Assert.Empty(second.Steps);

        var calm = await Calm.BeginAsync(Lab);
        await first.Kill9Async();
        await Eventually.SoAsync("the second leads", Seconds(20), () => second.Leads);
        await Lab.KubectlAsync("uncordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "idle", Seconds(20), row => row.Idle);
        await Eventually.SoAsync("the second says that it did one step", Seconds(10), () => second.Steps.Count == 1);
        Assert.StartsWith("ResumeNodes: ", second.Steps[0]);
        await calm.JobHeldAsync();
    }

    /// <summary>Deadline: 10 s: an orderly stop gives the lease back.</summary>
    [Fact]
    public async Task An_orderly_stop_hands_over_at_once()
    {
        var first = Lab.Bridge;
        var second = await SecondAsync();
        var calm = await Calm.BeginAsync(Lab);
        Assert.Equal(0, await first.StopAsync(Seconds(20)));
        await Eventually.SoAsync("the second leads", Seconds(10), () => second.Leads);
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(20));
        await calm.HeldAsync();
    }

    /// <summary>A leader is stopped as by a debugger or a frozen machine, and goes on when another leads.</summary>
    [Fact]
    public async Task A_leader_that_was_frozen_until_another_leads_does_nothing_more()
    {
        var first = Lab.Bridge;
        var second = await SecondAsync();
        var calm = await Calm.BeginAsync(Lab);
        var before = first.Steps.Count;
        await first.SignalAsync("STOP");
        await Eventually.SoAsync("the second leads", Seconds(30), () => second.Leads);
        await Lab.KubectlAsync("cordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "drained by Bridge", Seconds(20), row => row.DrainedByBridge);
        await first.SignalAsync("CONT");
        await Eventually.SoAsync("the first knows that its lease is lost", Seconds(20), () => Lost(first));
        await Lab.KubectlAsync("uncordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "idle", Seconds(20), row => row.Idle);
        await Eventually.SoAsync("the second says that it did two steps", Seconds(10), () => second.Steps.Count == 2);
        Assert.Equal(before, first.Steps.Count);
        await calm.JobHeldAsync();
    }

    /// <summary>
    /// The leader reaches Slurm, but not the API server: it must not put right in Slurm what is another's to put right.
    /// </summary>
    [Fact]
    public async Task A_leader_that_is_cut_off_from_the_API_server_leaves_Slurm_to_the_other()
    {
        var first = Lab.Bridge;
        var second = await SecondAsync(direct: true);
        var calm = await Calm.BeginAsync(Lab);
        Lab.KubeProxy.Script.Add(new FaultRule { Fault = new Fault.Reset() });
        Lab.KubeProxy.Cut();
        await Eventually.SoAsync("the second leads", Seconds(30), () => second.Leads);
        await Eventually.SoAsync("the first knows that it does not lead", Seconds(10), () => Lost(first));
        var before = first.Steps.Count;
        (await Lab.SlurmAsync("scontrol", "update", "partitionname=gpu", "maxtime=7")).Ok();
        await Eventually.SoAsync("partition gpu is as its policy says", Seconds(20), async () =>
            (await Lab.SlurmAsync("sinfo", "-h", "-p", "gpu", "-o", "%l")).Ok() is "1-00:00:00" ? "" : second.Tail());
        // A step is in the log a moment after it is in Slurm.
        await Eventually.SoAsync("the second says that it did one step", Seconds(10), () => second.Steps.Count == 1);
        Assert.Equal(before, first.Steps.Count);
        Lab.Heal();
        await calm.JobHeldAsync();
    }

    private async Task<BridgeProcess> SecondAsync(bool direct = false)
    {
        var second = Lab.StartBridge("second", direct);
        await Eventually.SoAsync("the second waits", Seconds(20), () => second.Log.Contains(" waits",
            StringComparison.Ordinal));
        return second;
    }

    private static bool Lost(BridgeProcess bridge) =>
        bridge.Log.Contains(" lost the lease ", StringComparison.Ordinal);
}
