using Bridge.E2E.World;
using Bridge.Lab.Faults;

namespace Bridge.E2E;

/// <summary>The API server on bad days: no second pod, nothing drained, and what was asked is done in the end.</summary>
public sealed class KubeFaultTests(E2ELab lab) : LabTest(lab)
{
    private const string NotTheLease = "^(?!.*/leases).*$";

    private static readonly Dictionary<string, FaultRule> Faults = new()
    {
        ["answers watches with 410"] = new FaultRule { Fault = Fault.Gone, Path = "watch=", Count = 20 },
        ["ends watches with a 410 event"] = new FaultRule { Fault = Fault.GoneEvent, Path = "watch=", Count = 20 },
        ["answers writes with 409"] = new FaultRule { Fault = Fault.Conflict, Path = "/namespaces/slurm/(pods|resourceclaims)", Method = "POST", Count = 3 },
        ["asks to wait with 429"] = new FaultRule { Fault = Fault.TooMany(1), Path = NotTheLease, Count = 10 },
        ["answers 500"] = new FaultRule { Fault = Fault.ServerError(500), Path = NotTheLease, Count = 20 },
        ["answers 503"] = new FaultRule { Fault = Fault.ServerError(503), Path = NotTheLease, Count = 20 },
        ["loses the answers to writes"] = new FaultRule { Fault = new Fault.LoseAnswer(), Path = "/namespaces/slurm/(pods|resourceclaims)", Method = "POST", Count = 3 },
        ["is slow"] = new FaultRule { Fault = new Fault.Delay(TimeSpan.FromSeconds(2)), Path = NotTheLease, Count = 30 },
        ["cuts watches after a second"] = new FaultRule { Fault = new Fault.CutAfter(TimeSpan.FromSeconds(1)), Path = "watch=", Count = 30 },
    };

    public static TheoryData<string> Kinds => [.. Faults.Keys];

    /// <summary>Deadline: 90 s for a node to come all the same, 90 s to go.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_node_comes_and_goes_and_a_job_runs_on_under_an_API_server_that(string kind)
    {
        var job = await Lab.RunJobAsync("gpu-1");
        var pods = await Lab.PodsAsync();
        Lab.KubeProxy.Script.Add(Faults[kind]);
        Lab.KubeProxy.Cut("watch=");

        await Lab.AddNodeAsync("extra-1");
        await Lab.NodeIsAsync("extra-1", "idle in partition gpu", Seconds(90), row => row.Idle && row.Partitions.Contains("gpu"));
        Assert.Single(await Lab.PodsAsync(), p => p.Name == "slurmd-extra-1");
        Lab.KubeProxy.Cut("watch=");
        await Lab.RemoveNodeAsync("extra-1");
        await Lab.NodeIsGoneAsync("extra-1", Seconds(90));

        Assert.Equal(pods, await Lab.PodsAsync());
        Assert.True((await Lab.NodeAsync("gpu-2")).Idle);
        await job.StillRunsAsync();
        await job.CompletesAsync();
    }

    /// <summary>Deadline: 60 s until Bridge acts again.</summary>
    [Fact]
    public async Task A_restart_of_the_API_server_changes_nothing_and_Bridge_goes_on()
    {
        var calm = await Calm.BeginAsync(Lab);
        (await Lab.ScriptAsync("apiserver", "kill")).Ok();
        (await Lab.ScriptAsync("apiserver", "start")).Ok();
        await calm.HeldAsync();
        await Lab.KubectlAsync("cordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "drained by Bridge", Seconds(60), row => row.DrainedByBridge);
    }
}
