using System.Globalization;
using System.Net;
using Bridge.Core.Names;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class ListTests
{
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    private const string Metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    [Fact]
    public async Task A_job_is_shown_in_the_namespace_of_its_account_with_all_that_Slurm_says()
    {
        await using var api = await StartAsync();
        var (code, job) = await api.GetAsync($"{JobApi.Root}/namespaces/team-vision/slurmjobs/lab-4711");

        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Equal("SlurmJob", job.At("kind"));
        Assert.Equal("jobs.slurmbridge.io/v1alpha1", job.At("apiVersion"));
        Assert.Equal("2026-03-04T05:06:07Z", job.At("metadata/creationTimestamp"));
        var labels = job.GetProperty("metadata").GetProperty("labels");
        Assert.Equal("alice", labels.GetProperty("slurmbridge.io/user").GetString());
        Assert.Equal("90", job.At("spec/timeLimitMinutes"));
        Assert.Equal("n[1-2]", job.At("status/nodeList"));
        Assert.Equal(["n1", "n2"], job.GetProperty("status").Texts("nodes"));
        Assert.Equal("n2", job.At("status/gpus/1/node"));
        Assert.Equal("h100", job.At("status/gpus/1/type"));
        Assert.Equal(["4", "5", "6", "7"], job.GetProperty("status").GetProperty("gpus")[1].Texts("indices"));
    }

    [Fact]
    public async Task Lists_come_in_the_order_of_job_ids_by_namespace_or_over_all()
    {
        await using var api = await StartAsync();
        var (_, all) = await api.GetAsync(JobApi.Jobs);
        var (_, speech) = await api.GetAsync($"{JobApi.Root}/namespaces/team-speech/slurmjobs");
        var (_, none) = await api.GetAsync($"{JobApi.Root}/namespaces/team/slurmjobs");

        Assert.Equal("SlurmJobList", all.At("kind"));
        Assert.Equal(["lab-7", "lab-9", "lab-100", "lab-4711"], all.Names());
        Assert.Equal(["lab-9", "lab-100"], speech.Names());
        Assert.Empty(none.Names());
        Assert.Equal(all.At("metadata/resourceVersion"), none.At("metadata/resourceVersion"));
    }

    [Fact]
    public async Task Pages_show_one_snapshot_though_jobs_come_and_go_between_them()
    {
        await using var api = await StartAsync();
        var (_, first) = await api.GetAsync(JobApi.Jobs + "?limit=2");
        api.Store.Update([Samples.Running(1), Samples.Running(5000)], Samples.Namespaces);
        var (_, second) = await api.GetAsync($"{JobApi.Jobs}?limit=2&continue={first.At("metadata/continue")}");

        Assert.Equal(["lab-7", "lab-9"], first.Names());
        Assert.Equal("2", first.At("metadata/remainingItemCount"));
        Assert.Equal(["lab-100", "lab-4711"], second.Names());
        Assert.False(second.GetProperty("metadata").TryGetProperty("continue", out _));
        Assert.Equal(first.At("metadata/resourceVersion"), second.At("metadata/resourceVersion"));
    }

    [Fact]
    public async Task A_page_of_a_lapsed_snapshot_is_gone_and_says_how_to_go_on()
    {
        var time = new ManualTime(Samples.Start);
        await using var api = await StartAsync(new JobApi.Setup { Time = time });
        var (_, first) = await api.GetAsync(JobApi.Jobs + "?limit=2");
        api.Store.Update([Samples.Running(1), Samples.Running(5000)], Samples.Namespaces);
        time.Advance(TimeSpan.FromMinutes(6));
        var (code, gone) = await api.GetAsync($"{JobApi.Jobs}?limit=2&continue={first.At("metadata/continue")}");
        var (_, rest) = await api.GetAsync($"{JobApi.Jobs}?limit=2&continue={gone.At("metadata/continue")}");

        Assert.Equal(HttpStatusCode.Gone, code);
        Assert.Equal("Expired", gone.At("reason"));
        Assert.Equal(["lab-1", "lab-5000"], rest.Names());
    }

    [Fact]
    public async Task Tables_have_the_columns_of_squeue_and_rows_with_metadata()
    {
        var time = new ManualTime(Samples.Start.AddMinutes(75));
        await using var api = await StartAsync(new JobApi.Setup { Time = time });
        var (_, table) = await api.GetAsync($"{JobApi.Root}/namespaces/team-vision/slurmjobs", Table);
        var (_, one) = await api.GetAsync($"{JobApi.Root}/namespaces/team-vision/slurmjobs/lab-4711", Table);

        Assert.Equal("Table", table.At("kind"));
        var shown = table.GetProperty("columnDefinitions").EnumerateArray()
            .Where(c => c.At("priority") == "0").Select(c => c.At("name"));
        Assert.Equal(
            ["Name", "JobID", "User", "Account", "Partition", "State", "Nodes", "GPUs", "Elapsed", "Reason"], shown);
        var cells = table.GetProperty("rows")[0].Texts("cells").Take(9);
        Assert.Equal(["lab-4711", "4711", "alice", "vision", "gpu", "RUNNING", "2", "8", "1:14:50"], cells);
        Assert.Equal("PartialObjectMetadata", table.At("rows/0/object/kind"));
        Assert.Equal("lab-4711", one.At("rows/0/object/metadata/name"));
    }

    /// <summary>As squeue counts it (TimeUsed).</summary>
    [Fact]
    public async Task The_time_that_a_job_has_run_stands_still_while_it_is_suspended()
    {
        var time = new ManualTime(Samples.Start.AddMinutes(75));
        await using var api = await JobApi.StartAsync(new JobApi.Setup { Time = time });
        var suspended = Samples.Running(1) with
        {
            State = "SUSPENDED", SuspendTime = Samples.Start.AddMinutes(30), SecondsBeforeSuspend = 1_790,
        };
        var resumed = suspended with { Id = new JobId(2), State = "RUNNING", SuspendTime = Samples.Start.AddHours(1) };
        var again = resumed with { Id = new JobId(3), StartTime = Samples.Start.AddMinutes(65) }; // of an earlier run
        api.Store.Update([suspended, resumed, again], Samples.Namespaces);
        Assert.Equal(["29:50", "44:50", "10:00"], await ElapsedAsync());

        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(["29:50", "54:50", "20:00"], await ElapsedAsync());

        async Task<IEnumerable<string>> ElapsedAsync()
        {
            var (_, table) = await api.GetAsync(JobApi.Jobs, Table);
            return table.GetProperty("rows").EnumerateArray().Select(row => row.Texts("cells").ElementAt(8));
        }
    }

    [Fact]
    public async Task Metadata_alone_is_served_to_who_asks_for_it()
    {
        await using var api = await StartAsync();
        var (_, list) = await api.GetAsync(JobApi.Jobs, Metadata);

        Assert.Equal("PartialObjectMetadataList", list.At("kind"));
        Assert.False(list.GetProperty("items")[0].TryGetProperty("spec", out _));
        Assert.Equal(["lab-7", "lab-9", "lab-100", "lab-4711"], list.Names());
    }

    [Theory]
    [InlineData("fieldSelector=status.state=RUNNING", "7 4711")]
    [InlineData("fieldSelector=status.state!=RUNNING", "9 100")]
    [InlineData("fieldSelector=spec.user==bob,metadata.namespace=team-speech", "9 100")]
    [InlineData("fieldSelector=status.node=n2", "4711")]
    [InlineData("fieldSelector=status.node!=n2", "7 9 100")]
    [InlineData("fieldSelector=metadata.name=lab-9", "9")]
    [InlineData("fieldSelector=spec.qos=", "9 100")]
    [InlineData("labelSelector=slurmbridge.io/user=alice", "7 4711")]
    [InlineData("labelSelector=slurmbridge.io/partition in (debug, other)", "9 100")]
    [InlineData("labelSelector=slurmbridge.io/account notin (vision),slurmbridge.io/cluster", "7 9 100")]
    [InlineData("labelSelector=!slurmbridge.io/state", "")]
    [InlineData("labelSelector=slurmbridge.io/state!=PENDING&fieldSelector=spec.account=vision", "4711")]
    public async Task Selectors_choose(string query, string names)
    {
        await using var api = await StartAsync();
        var (_, list) = await api.GetAsync($"{JobApi.Jobs}?{query}");
        Assert.Equal(names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => $"lab-{n}"), list.Names());
    }

    [Theory]
    [InlineData("fieldSelector=status.colour=red", "not supported: status.colour; supported are metadata.name")]
    [InlineData("fieldSelector=spec.user~bob", "write FIELD=VALUE")]
    [InlineData("labelSelector=a in b", "at character 6 there should be '(' and a list of values")]
    [InlineData("labelSelector=a b", "one of =, ==, !=, in, notin")]
    [InlineData("limit=many", "limit: 'many' is not a whole number")]
    [InlineData("continue=!", "continue: is not a token of this server")]
    [InlineData("resourceVersion=x", "resourceVersion: 'x' is none")]
    [InlineData("resourceVersionMatch=Newest", "'Newest' is neither Exact nor NotOlderThan")]
    [InlineData("resourceVersionMatch=Exact", "is forbidden unless resourceVersion is given")]
    [InlineData("sendInitialEvents=true", "is for watches")]
    [InlineData("watch=true&sendInitialEvents=true", "must be NotOlderThan where sendInitialEvents is given")]
    [InlineData("watch=perhaps", "watch: 'perhaps' is neither true nor false")]
    public async Task Bad_queries_are_refused_with_what_would_be_right(string query, string part)
    {
        await using var api = await StartAsync();
        var (code, status) = await api.GetAsync($"{JobApi.Jobs}?{query}");

        Assert.Equal(HttpStatusCode.BadRequest, code);
        Assert.Equal("Status", status.At("kind"));
        Assert.Equal("BadRequest", status.At("reason"));
        Assert.Contains(part, status.At("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_at_once()
    {
        await using var api = await StartAsync();
        var (_, status) = await api.GetAsync(JobApi.Jobs + "?limit=-1&fieldSelector=x=y&includeObject=All");
        Assert.Equal(
            ["fieldSelector", "limit", "includeObject"],
            status.GetProperty("details").GetProperty("causes").EnumerateArray().Select(c => c.At("field")));
    }

    [Fact]
    public async Task What_is_not_there_is_404_and_what_is_not_served_is_406()
    {
        await using var api = await StartAsync();
        var (missing, job) = await api.GetAsync($"{JobApi.Root}/namespaces/team-vision/slurmjobs/lab-1");
        var (lost, path) = await api.GetAsync(JobApi.Root + "/nothing");
        var (unacceptable, form) = await api.GetAsync(JobApi.Jobs, "application/vnd.kubernetes.protobuf");

        Assert.Equal(HttpStatusCode.NotFound, missing);
        Assert.Equal("slurmjobs.jobs.slurmbridge.io \"lab-1\" not found", job.At("message"));
        Assert.Equal("slurmjobs", job.At("details/kind"));
        Assert.Equal(HttpStatusCode.NotFound, lost);
        Assert.Equal("Status", path.At("kind"));
        Assert.Equal(HttpStatusCode.NotAcceptable, unacceptable);
        Assert.Equal("NotAcceptable", form.At("reason"));
    }

    [Theory]
    [InlineData("DELETE", "/namespaces/team-vision/slurmjobs/lab-4711", "delete is not supported")]
    [InlineData("PATCH", "/namespaces/team-vision/slurmjobs/lab-4711", "patch is not supported")]
    [InlineData("POST", "/namespaces/team-vision/slurmjobs", "use sbatch, scancel and scontrol")]
    [InlineData("DELETE", "/slurmjobs", "deletecollection is not supported")]
    public async Task Writes_are_refused_honestly(string method, string path, string part)
    {
        await using var api = await StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), JobApi.Root + path);
        var (code, status) = await api.SendAsync(request);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, code);
        Assert.Equal("MethodNotAllowed", status.At("reason"));
        Assert.Contains(part, status.At("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_the_first_snapshot_jobs_are_unknown_and_not_an_empty_list()
    {
        await using var api = await JobApi.StartAsync();
        var (code, status) = await api.GetAsync(JobApi.Jobs);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, code);
        Assert.Equal("ServiceUnavailable", status.At("reason"));
        Assert.Contains("SlurmCluster lab has not been read yet", status.At("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_Slurm_does_not_answer_the_last_jobs_are_shown_with_a_warning()
    {
        await using var api = await StartAsync();
        api.Store.Unreachable(Samples.Start, "slurmrestd: \"connection refused\"");
        using var response = await api.Client.GetAsync(JobApi.Jobs, JobApi.Cancel);
        var warning = Assert.Single(response.Headers.GetValues("Warning"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(
            "since 2026-03-04 05:06:07 UTC (slurmrestd: connection refused)", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_a_version_that_was_not_kept_is_gone()
    {
        await using var api = await StartAsync();
        var (_, now) = await api.GetAsync(JobApi.Jobs);
        var version = ulong.Parse(now.At("metadata/resourceVersion"), CultureInfo.InvariantCulture);
        var otherLife = version - (60UL << 32);

        Assert.Equal(HttpStatusCode.OK, await CodeAsync($"{version}"));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync($"{version - 1}"));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync($"{version}&resourceVersionMatch=Exact"));
        Assert.Equal(HttpStatusCode.Gone, await CodeAsync($"{version - 1}&resourceVersionMatch=Exact"));
        Assert.Equal(HttpStatusCode.Gone, await CodeAsync($"{otherLife}&resourceVersionMatch=NotOlderThan"));

        async Task<HttpStatusCode> CodeAsync(string version) =>
            (await api.GetAsync($"{JobApi.Jobs}?resourceVersion={version}")).Code;
    }

    private static async Task<JobApi> StartAsync(JobApi.Setup? setup = null)
    {
        var api = await JobApi.StartAsync(setup);
        api.Store.Update(
            [
                Samples.Running(4711),
                Samples.Pending(100),
                Samples.Pending(9),
                Samples.Running(7, account: "robots") with { Nodes = "n9", GresDetail = [] },
            ],
            Samples.Namespaces);
        return api;
    }
}
