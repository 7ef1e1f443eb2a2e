using System.Globalization;
using System.Net;
using System.Text.Json;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class WatchTests
{
    [Fact]
    public async Task A_watch_from_a_list_tells_what_changed_since_and_nothing_else()
    {
        await using var api = await JobApi.StartAsync();
        api.Store.Update([Samples.Running(1), Samples.Pending(2)], Samples.Namespaces);
        var (_, list) = await api.GetAsync(JobApi.Jobs);
        var job = Samples.Pending(2);

        Assert.Equal(0, api.Store.Update([Samples.Running(1), Samples.Pending(2)], Samples.Namespaces));
        job = job with { State = "RUNNING" };
        Assert.Equal(2, api.Store.Update([Samples.Running(1), job, Samples.Pending(3)], Samples.Namespaces));
        Assert.Equal(1, api.Store.Update([job, Samples.Pending(3)], Samples.Namespaces));
        var told = await TakeAsync(api.WatchAsync($"resourceVersion={list.At("metadata/resourceVersion")}"), 3);

        Assert.Equal(["MODIFIED lab-2", "ADDED lab-3", "DELETED lab-1"], told.Select(JsonPath.Told));
        Assert.Equal("RUNNING", told[0].At("object/status/state"));
        var versions = told.Select(t => t.At("object/metadata/resourceVersion"))
            .Select(v => ulong.Parse(v, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(versions.Order(), versions);
        Assert.Equal(3, versions.Distinct().Count());
    }

    [Fact]
    public async Task A_live_watch_hears_of_a_change_that_comes_later()
    {
        await using var api = await JobApi.StartAsync();
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        await using var events = api.WatchAsync("").GetAsyncEnumerator(JobApi.Cancel);

        Assert.True(await events.MoveNextAsync());
        Assert.Equal("ADDED lab-1", events.Current.Told());
        api.Store.Update([Samples.Running(1), Samples.Running(2)], Samples.Namespaces);
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("ADDED lab-2", events.Current.Told());
    }

    [Fact]
    public async Task A_streaming_list_ends_with_its_bookmark()
    {
        await using var api = await JobApi.StartAsync();
        api.Store.Update([Samples.Running(1), Samples.Pending(2)], Samples.Namespaces);
        var told = await TakeAsync(
            api.WatchAsync("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"), 3);

        Assert.Equal(["ADDED lab-2", "ADDED lab-1", "BOOKMARK"], told.Select(JsonPath.Told));
        var meta = told[2].GetProperty("object").GetProperty("metadata");
        Assert.Equal("true", meta.GetProperty("annotations").GetProperty("k8s.io/initial-events-end").GetString());
        Assert.Equal("SlurmJob", told[2].At("object/kind"));
    }

    [Fact]
    public async Task A_quiet_watch_gets_a_bookmark_each_minute_and_ends_at_its_timeout()
    {
        var time = new ManualTime(Samples.Start);
        await using var api = await JobApi.StartAsync(new JobApi.Setup { Time = time });
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        const string query = "allowWatchBookmarks=true&timeoutSeconds=90";
        await using var events = api.WatchAsync(query).GetAsyncEnumerator(JobApi.Cancel);

        Assert.True(await events.MoveNextAsync());
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("BOOKMARK", events.Current.Told());
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("BOOKMARK", events.Current.Told());
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task What_a_selector_lets_in_and_out_looks_like_coming_and_going()
    {
        await using var api = await JobApi.StartAsync();
        var job = Samples.Pending(2);
        api.Store.Update([job], Samples.Namespaces);
        var (_, list) = await api.GetAsync(JobApi.Jobs);
        api.Store.Update([job with { Reason = "Resources" }], Samples.Namespaces);
        api.Store.Update([job with { State = "RUNNING" }], Samples.Namespaces);
        api.Store.Update([job with { State = "RUNNING", Comment = "x" }], Samples.Namespaces);
        api.Store.Update([job with { State = "COMPLETED" }], Samples.Namespaces);
        var query = $"fieldSelector=status.state=RUNNING&resourceVersion={list.At("metadata/resourceVersion")}";
        var told = await TakeAsync(api.WatchAsync(query), 3);

        Assert.Equal(["ADDED lab-2", "MODIFIED lab-2", "DELETED lab-2"], told.Select(JsonPath.Told));
        Assert.Equal("RUNNING", told[2].At("object/status/state"));
    }

    [Fact]
    public async Task A_namespace_is_watched_alone_and_a_job_that_moves_leaves_it()
    {
        await using var api = await JobApi.StartAsync();
        api.Store.Update([Samples.Running(1), Samples.Pending(2)], Samples.Namespaces);
        var (_, list) = await api.GetAsync(JobApi.Jobs);
        var unlabelled = Samples.Namespaces with { ByAccount = new Dictionary<string, string>() };
        api.Store.Update([Samples.Running(1), Samples.Pending(2)], unlabelled);
        var query = $"resourceVersion={list.At("metadata/resourceVersion")}";
        const string path = JobApi.Root + "/namespaces/team-vision/slurmjobs";
        var told = await TakeAsync(api.WatchAsync(query, path: path), 1);

        Assert.Equal("DELETED lab-1", told[0].Told());
    }

    [Fact]
    public async Task A_requeued_job_is_a_new_object_under_its_old_name()
    {
        await using var api = await JobApi.StartAsync();
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        var (_, list) = await api.GetAsync(JobApi.Jobs);
        var requeued = Samples.Running(1) with { SubmitTime = Samples.Start.AddHours(1), State = "PENDING" };
        api.Store.Update([requeued], Samples.Namespaces);
        var told = await TakeAsync(api.WatchAsync($"resourceVersion={list.At("metadata/resourceVersion")}"), 2);

        Assert.Equal(["DELETED lab-1", "ADDED lab-1"], told.Select(JsonPath.Told));
        Assert.NotEqual(told[0].At("object/metadata/uid"), told[1].At("object/metadata/uid"));
    }

    [Fact]
    public async Task Table_watches_send_a_row_an_event()
    {
        await using var api = await JobApi.StartAsync();
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        var told = await TakeAsync(api.WatchAsync("", "application/json;as=Table;v=v1;g=meta.k8s.io"), 1);

        Assert.Equal("ADDED", told[0].At("type"));
        Assert.Equal("Table", told[0].At("object/kind"));
        Assert.Equal("lab-1", told[0].At("object/rows/0/cells/0"));
    }

    [Fact]
    public async Task A_version_of_another_life_or_too_far_back_is_gone()
    {
        await using var api = await JobApi.StartAsync(new JobApi.Setup { EventsKept = 4 });
        for (var i = 0; i < 6; i++)
            api.Store.Update([Samples.Running(1) with { Comment = $"{i}" }], Samples.Namespaces);
        var (_, list) = await api.GetAsync(JobApi.Jobs);
        var now = ulong.Parse(list.At("metadata/resourceVersion"), CultureInfo.InvariantCulture);

        foreach (var gone in (ulong[])[now - 5, now + 1, now - (1UL << 32), now + (1UL << 32), 1])
        {
            var (code, status) = await api.GetAsync($"{JobApi.Jobs}?watch=true&resourceVersion={gone}");
            Assert.Equal(HttpStatusCode.Gone, code);
            Assert.Equal("Expired", status.At("reason"));
        }
        var told = await TakeAsync(api.WatchAsync($"resourceVersion={now - 4}"), 4);
        Assert.Equal("2 3 4 5", string.Join(' ', told.Select(t => t.At("object/spec/comment"))));
    }

    [Fact]
    public async Task A_watch_that_does_not_read_is_cut_and_holds_up_nobody()
    {
        await using var api = await JobApi.StartAsync(new JobApi.Setup { EventsKept = 64 });
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        await using var events = api.WatchAsync("").GetAsyncEnumerator(JobApi.Cancel);
        Assert.True(await events.MoveNextAsync());

        // Far more than HTTP/2's window and the server's buffer hold, while the client does not read.
        var filler = new string('x', 10_000);
        for (var i = 0; i < 2_000; i++)
            api.Store.Update([Samples.Running(1) with { Comment = filler + i }], Samples.Namespaces);
        JsonElement last = default;
        while (await events.MoveNextAsync())
            last = events.Current;

        Assert.Equal("ERROR", last.At("type"));
        Assert.Equal("410", last.At("object/code"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watch_that_stands_still_is_ended_and_the_others_on_its_connection_go_on()
    {
        var time = new ManualTime(Samples.Start);
        using var logs = new SeenLogs();
        await using var api = await JobApi.StartAsync(new JobApi.Setup { Time = time, Logs = logs });
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        await using var still = api.WatchAsync("timeoutSeconds=2147483647").GetAsyncEnumerator(JobApi.Cancel);
        Assert.True(await still.MoveNextAsync());
        var second = api.WatchAsync("timeoutSeconds=2147483647&fieldSelector=metadata.name=lab-2");
        await using var lively = second.GetAsyncEnumerator(JobApi.Cancel);
        var next = lively.MoveNextAsync().AsTask();

        var filler = new string('x', 20_000);
        for (var i = 0; i < 200; i++)
            api.Store.Update([Samples.Running(1) with { Comment = filler + i }], Samples.Namespaces);
        // Both watches have a timer for their next bookmark; the third is that of a write which waits for its reader.
        while (!logs.Seen("was not read for a minute"))
        {
            if (time.Pending(TimeSpan.FromMinutes(1)) == 3)
                time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }
        api.Store.Update([Samples.Running(1), Samples.Running(2)], Samples.Namespaces);

        Assert.True(await next);
        Assert.Equal("ADDED lab-2", lively.Current.Told());
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (await still.MoveNextAsync())
            {
            }
        });
    }

    [Fact]
    public async Task Stopping_the_server_ends_its_watches_and_it_can_be_started_again()
    {
        await using var api = await JobApi.StartAsync();
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        await using var events = api.WatchAsync("").GetAsyncEnumerator(JobApi.Cancel);
        Assert.True(await events.MoveNextAsync());
        await api.Host.StopAsync(JobApi.Cancel);

        Assert.False(await events.MoveNextAsync());
        Assert.StartsWith("https://127.0.0.1:", await api.Host.StartAsync(JobApi.Cancel), StringComparison.Ordinal);
    }

    private static async Task<List<JsonElement>> TakeAsync(IAsyncEnumerable<JsonElement> events, int count)
    {
        var taken = new List<JsonElement>();
        await foreach (var one in events.WithCancellation(JobApi.Cancel))
        {
            taken.Add(one);
            if (taken.Count == count)
                break;
        }
        return taken;
    }
}
