using System.Collections.Immutable;
using System.Text;
using Bridge.Control.Ports;
using Bridge.Core.Names;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>Slurm's client beside slurmrestd: which of the two is believed, and what is asked of whom.</summary>
public sealed class TextClientTests : IAsyncLifetime
{
    private FakeCluster cluster = null!;
    private string name = "cslurm";
    private string jobs = "";
    private string problem = "";
    private int reads;

    public async ValueTask InitializeAsync() => cluster = await FakeCluster.StartAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task A_client_of_another_cluster_is_not_believed_and_the_view_says_so()
    {
        name = "other";
        jobs = Job(4711, "RUNNING");
        var view = await cluster.ReadAsync(cluster.Port(Client));
        Assert.Equal("cslurm", view.ClusterName);
        Assert.Contains("'other'", view.TextClientProblem, StringComparison.Ordinal);
        Assert.DoesNotContain(new JobId(4711), view.JobsById);
        Assert.Contains(new JobId(18), view.JobsById);
        Assert.DoesNotContain(new NodeName("strange"), view.NodesByName);
        Assert.Equal(0, reads);
        Assert.True(view is { Nodes.Current: true, Jobs.Current: true });
    }

    [Fact]
    public async Task Two_thousand_tasks_that_end_are_read_without_one_request_each()
    {
        var ids = Enumerable.Range(1000, 2000).ToList();
        jobs = string.Concat(ids.Select(id => Job(id, "RUNNING")));
        var port = cluster.Port(Client);
        await cluster.ReadAsync(port);
        var before = cluster.Rest.Asked.Count;
        jobs = string.Concat(ids.Select(id => Job(id, "COMPLETED")));
        foreach (var id in ids)
            port.Notify(new JobId((uint)id));
        var view = await cluster.ReadAsync(port, TimeSpan.FromSeconds(2));
        Assert.Equal(2000, view.JobsById.Values.Count(j => j is { State: "COMPLETED", ExitCode: 0, Gpus: 2 }));
        Assert.InRange(cluster.Rest.Asked.Count - before, 1, 3);
    }

    [Fact]
    public async Task Hooks_without_a_bell_cost_no_read_of_the_jobs_beyond_that_of_every_two_seconds()
    {
        jobs = Job(24, "RUNNING");
        var port = cluster.Port(Client);
        await cluster.ReadAsync(port);
        var (before, asked) = (reads, cluster.Rest.Asked.Count);
        for (var i = 0; i < 8; i++)
        {
            port.Notify(new JobId(1_000_000 + (uint)i));
            await cluster.ReadAsync(port, TimeSpan.FromSeconds(0.25));
        }
        Assert.Equal(1, reads - before);
        Assert.DoesNotContain(cluster.Rest.Asked.Skip(asked), a => a.Contains("/job/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_that_a_hook_named_is_read_by_itself_while_the_client_fails()
    {
        problem = "scontrol ended with 1: Socket timed out";
        var port = cluster.Port(Client);
        await cluster.ReadAsync(port);
        var asked = cluster.Rest.Asked.Count;
        port.Notify(new JobId(20));
        await cluster.ReadAsync(port, TimeSpan.FromSeconds(0.25));
        Assert.Contains("GET slurm/v0.0.45/job/20", cluster.Rest.Asked.Skip(asked));
    }

    [Fact]
    public async Task What_rings_no_bell_shows_on_the_next_tick_and_nothing_changed_is_the_same_view()
    {
        jobs = Job(24, "RUNNING");
        var port = cluster.Port(Client);
        await cluster.ReadAsync(port);
        await cluster.ReadAsync(port, TimeSpan.FromSeconds(2));
        var view = port.View;
        Assert.Same(view, await cluster.ReadAsync(port, TimeSpan.FromSeconds(2)));
        jobs = Job(24, "SUSPENDED");
        var suspended = await cluster.ReadAsync(port, TimeSpan.FromSeconds(2));
        Assert.Equal("SUSPENDED", suspended.JobsById[new JobId(24)].State);
        Assert.DoesNotContain(cluster.Rest.Asked, a => a.Contains("/job/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_text_that_breaks_off_is_not_the_end_of_the_jobs()
    {
        jobs = Job(24, "RUNNING") + Job(25, "RUNNING");
        cluster.Tell(("24", "RUNNING"), ("25", "RUNNING"));
        var port = cluster.Port(Client);
        await cluster.ReadAsync(port);
        problem = "scontrol ended with 1: Socket timed out";
        jobs = Job(24, "RUNNING");
        Assert.Equal(2, (await cluster.ReadAsync(port, TimeSpan.FromSeconds(2))).JobsById.Count);
    }

    private Task<TextAnswer> Client(
        ImmutableArray<string> command, Action<ReadOnlySpan<byte>> read, TimeSpan deadline, CancellationToken cancel)
    {
        if (command.Contains("config"))
        {
            read(Encoding.UTF8.GetBytes($"Configuration data\nClusterName             = {name}\n"));
            return Answer("");
        }
        if (command.Contains("node"))
        {
            reads++;
            read("NodeName=strange CPUTot=4 State=IDLE \n"u8);
            return Answer("");
        }
        reads++;
        if (command.Contains("%A"))
            foreach (var line in jobs.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                read(Encoding.UTF8.GetBytes(line.Split(' ')[0]["JobId=".Length..] + "\n"));
        else
            read(Encoding.UTF8.GetBytes(jobs));
        return Answer(command.Contains("%A") ? "" : problem);
    }

    private static Task<TextAnswer> Answer(string problem) =>
        Task.FromResult(new TextAnswer(0, problem));

    private static string Job(int id, string state) => Encoding.Latin1
        .GetString(Recording.Bytes("text", "jobs-26.05.txt"))
        .Split('\n').First(l => l.StartsWith("JobId=19 ", StringComparison.Ordinal))
        .Replace("JobId=19 ", $"JobId={id} ", StringComparison.Ordinal)
        .Replace("JobState=RUNNING", $"JobState={state}", StringComparison.Ordinal) + "\n";
}
