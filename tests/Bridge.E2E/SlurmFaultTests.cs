using Bridge.E2E.World;
using Bridge.Lab.Faults;

namespace Bridge.E2E;

/// <summary>
/// slurmrestd and slurmctld on bad days. Unknown is never absent: nothing is drained, deleted or restarted.
/// </summary>
public sealed class SlurmFaultTests(E2ELab lab) : LabTest(lab)
{
    private static readonly Dictionary<string, Fault> Faults = new()
    {
        ["answers 200 with errors"] = new Fault.Answer(
            200, """{"errors":[{"error_number":1007,"error":"Protocol authentication error"}],"nodes":[]}"""),
        ["answers 500"] = new Fault.Answer(500, """{"errors":[{"error":"internal","error_number":-1}]}"""),
        ["answers a page of text"] = new Fault.Answer(200, "<html>proxy</html>", "text/html"),
        ["cuts its answers short"] = new Fault.Truncate(40),
        ["answers null"] = new Fault.Answer(200, "null"),
        ["breaks connections"] = new Fault.Reset(),
    };

    public static TheoryData<string> Kinds => [.. Faults.Keys];

    /// <summary>Deadline: 30 s until status says so, 40 s until it recovers.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_slurmrestd_that(string kind)
    {
        var calm = await Calm.BeginAsync(Lab);
        Lab.SlurmProxy.Script.Add(new FaultRule { Fault = Faults[kind] });
        await Lab.ClusterSaysAsync("False", "cannot be read: ", Seconds(30));
        Lab.SlurmProxy.Script.Clear();
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(40));
        await calm.HeldAsync();
    }

    /// <summary>Deadline: 40 s until status says so (a request may take ten), 40 s until it recovers.</summary>
    [Theory]
    [InlineData("hang", "continue")]
    [InlineData("kill", "start")]
    public async Task A_slurmrestd_that_is_silent_or_gone_changes_nothing_and_is_waited_for(string harm, string heal)
    {
        var calm = await Calm.BeginAsync(Lab);
        (await Lab.ScriptAsync("slurmrestd", harm)).Ok();
        await Lab.ClusterSaysAsync("False", "cannot be read: ", Seconds(40));
        (await Lab.ScriptAsync("slurmrestd", heal)).Ok();
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(40));
        await calm.HeldAsync();
    }

    /// <summary>Deadline: 40 s until all is well again.</summary>
    [Fact]
    public async Task A_restart_of_slurmctld_with_dynamic_nodes_loses_no_job_drains_no_node_and_restarts_no_pod()
    {
        var calm = await Calm.BeginAsync(Lab);
        (await Lab.ScriptAsync("slurmctld", "restart")).Ok();
        await Lab.NodeIsAsync("gpu-2", "idle with eight GPUs in partition gpu", Seconds(40),
            row => row.Idle && row.HasGpus(8) && row.Partitions.Contains("gpu"));
        await Lab.NodeIsAsync("gpu-1", "still at its job", Seconds(40), row => row.State == "mixed");
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(40));
        await calm.HeldAsync();
    }

    /// <summary>Deadline: 40 s until status says so, 60 s until it recovers.</summary>
    [Fact]
    public async Task A_slurmctld_that_is_gone_changes_nothing_and_is_waited_for()
    {
        var calm = await Calm.BeginAsync(Lab);
        // Stopped, not killed: a killed slurmctld forgets a job that started since it last wrote its state, some
        // seconds ago, and that is not what is tried here.
        (await Lab.ScriptAsync("slurmctld", "stop")).Ok();
        await Lab.ClusterSaysAsync("False", "cannot be read: ", Seconds(40));
        (await Lab.ScriptAsync("slurmctld", "start")).Ok();
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(60));
        await Lab.NodeIsAsync("gpu-2", "idle in partition gpu", Seconds(40), row => row.Idle
            && row.Partitions.Contains("gpu"));
        await calm.HeldAsync();
    }
}
