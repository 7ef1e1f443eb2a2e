using Bridge.E2E.World;
using Bridge.Lab.Faults;

namespace Bridge.E2E;

/// <summary>
/// The API server on bad days: no second pod, nothing drained, and what was asked is done in the end.
/// </summary>
public sealed class KubeFaultTests(E2ELab lab) : LabTest(lab)
{
    private const string NotTheLease = "^(?!.*/leases).*$";

    private const string Watches = "watch=";
    private const string PodsAndClaims = "/namespaces/slurm/(pods|resourceclaims)";

    private static readonly Dictionary<string, FaultRule> Faults = new()
    {
        ["answers watches with 410"] = Rule(Fault.Gone, Watches, 20),
        ["ends watches with a 410 event"] = Rule(Fault.GoneEvent, Watches, 20),
        ["answers writes with 409"] = Rule(Fault.Conflict, PodsAndClaims, 3) with { Method = "POST" },
        ["asks to wait with 429"] = Rule(Fault.TooMany(1), NotTheLease, 10),
        ["answers 500"] = Rule(Fault.ServerError(500), NotTheLease, 20),
        ["answers 503"] = Rule(Fault.ServerError(503), NotTheLease, 20),
        ["loses the answers to writes"] = Rule(new Fault.LoseAnswer(), PodsAndClaims, 3) with { Method = "POST" },
        ["is slow"] = Rule(new Fault.Delay(TimeSpan.FromSeconds(2)), NotTheLease, 30),
        ["cuts watches after a second"] = Rule(new Fault.CutAfter(TimeSpan.FromSeconds(1)), Watches, 30),
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
        await Lab.NodeIsAsync("extra-1", "idle in partition gpu", Seconds(90), row => row.Idle
            && row.Partitions.Contains("gpu"));
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
        await Lab.RestartApiServerAsync();
        await calm.HeldAsync();
        await Lab.KubectlAsync("cordon", "gpu-2");
        await Lab.NodeIsAsync("gpu-2", "drained by Bridge", Seconds(60), row => row.DrainedByBridge);
    }

    private static FaultRule Rule(Fault fault, string path, int count) =>
        new() { Fault = fault, Path = path, Count = count };
}
