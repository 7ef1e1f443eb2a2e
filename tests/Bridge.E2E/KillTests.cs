using Bridge.E2E.World;
using Bridge.Lab.Faults;

namespace Bridge.E2E;

/// <summary>kill -9 of Bridge between any two steps.</summary>
public sealed class KillTests(E2ELab lab) : LabTest(lab)
{
    private const string Writes = "POST|PUT|PATCH|DELETE";
    private const int MostKills = 30;

    // Leases, events, statuses and access reviews are no steps of a node's life.
    private const string Steps = "^(?!.*(/leases|/events|/status|accessreviews)).*$";

    /// <summary>
    /// Bridge is killed at every write of a node's coming and going, once before the server saw it and once after the
    /// server did it; the next Bridge goes on from what it finds. Deadline: 30 kills, then 90 s.
    /// </summary>
    [Fact]
    public async Task Killed_at_every_write_Bridge_brings_a_node_up_and_down_by_one_pod_and_loses_no_job()
    {
        var job = await Lab.RunJobAsync("gpu-1");
        var pods = await Lab.PodsAsync();

        var up = await KillUntilAsync(() => Lab.AddNodeAsync("extra-1"), async () =>
            await Lab.NodeAsync("extra-1") is { Idle: true } row && row.HasGpus(8) && row.Partitions.Contains("gpu"));
        await Lab.NodeIsAsync("extra-1", "idle in partition gpu", Seconds(90), row => row.Idle
            && row.Partitions.Contains("gpu"));
        Assert.Single(await Lab.PodsAsync(), p => p.Name == "slurmd-extra-1");
        Assert.Single(await Lab.ClaimsAsync(), c => c.StartsWith("slurmd-extra-1-", StringComparison.Ordinal));

        var down = await KillUntilAsync(
            () => Lab.KubectlAsync("label", "node", "extra-1", "lab.slurmbridge.io/pool-"),
            async () => (await Lab.NodeAsync("extra-1")).State == ""
                && !(await Lab.ClaimsAsync()).Any(c => c.StartsWith("slurmd-extra-1-", StringComparison.Ordinal)));
        await Lab.NodeIsGoneAsync("extra-1", Seconds(90));
        await Console.Error.WriteLineAsync(
            $"Bridge was killed {up} times while a node came and {down} times while it went");
        Assert.True(up >= 4 && down >= 4, $"only {up} and {down} kills: the rules no longer match Bridge's writes");

        Assert.Equal(pods, await Lab.PodsAsync());
        await job.StillRunsAsync();
        await job.CompletesAsync();
    }

    /// <summary>Kills at one write after the other until all is done. Returns how often.</summary>
    /// <param name="begin">What gives Bridge something to do: armed before, so that no write is missed.</param>
    /// <param name="done">Whether all is done.</param>
    private async Task<int> KillUntilAsync(Func<Task> begin, Func<Task<bool>> done)
    {
        for (var kills = 0; kills < MostKills; kills++)
        {
            var met = Arm(after: kills % 2 == 1);
            await (kills == 0 ? begin() : Lab.RestartBridgeAsync());
            var finished = false;
            await Eventually.SoAsync("a write is met or all is done", Seconds(60), async () =>
                met() || (finished = await done()) ? "" : await Lab.StandingAsync());
            if (finished && !met())
            {
                Lab.Heal();
                return kills;
            }
            await Lab.Bridge.Kill9Async();
            Lab.Heal();
        }
        await Lab.RestartBridgeAsync();
        return MostKills;
    }

    /// <summary>
    /// Holds the next write to either server, before it is passed on or after it was answered. Returns whether one is
    /// held.
    /// </summary>
    private Func<bool> Arm(bool after)
    {
        var rule = new FaultRule
        {
            Fault = after ? new Fault.KeepAnswer() : new Fault.Hang(), Method = Writes, Path = Steps, Count = 1,
        };
        FaultProxy[] proxies = [Lab.KubeProxy, Lab.SlurmProxy];
        var kept = proxies.Sum(p => p.Kept);
        foreach (var proxy in proxies)
            proxy.Script.Add(rule);
        return () => after ? proxies.Sum(p => p.Kept) > kept : proxies.Any(p => p.Script.Hits(rule) > 0);
    }
}
