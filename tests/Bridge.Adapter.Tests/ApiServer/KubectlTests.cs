using System.Diagnostics;
using System.Text.Json;
using Bridge.Adapter.Tests.Kube;

namespace Bridge.Adapter.Tests.ApiServer;

[Collection(LabKubeTests.Name)]
public sealed class KubectlTests(KubectlLab lab) : IClassFixture<KubectlLab>
{
    [Fact]
    public async Task Api_resources_lists_slurmjobs_with_short_name_and_category()
    {
        var rows = await RowsAsync("api-resources", "--api-group=jobs.slurmbridge.io", "-o", "wide", "--no-headers");
        var row = Assert.Single(rows);
        Assert.Equal("slurmjobs sj jobs.slurmbridge.io/v1alpha1 true SlurmJob get,list,watch slurm", row);
    }

    [Fact]
    public async Task Get_prints_what_squeue_prints()
    {
        var rows = await RowsAsync("get", "slurmjobs", "-A");
        Assert.Equal("NAMESPACE NAME JOBID USER ACCOUNT PARTITION STATE NODES GPUS ELAPSED REASON", rows[0]);
        Assert.Equal("team-speech lab-4712 4712 bob speech debug PENDING 1 1 Priority", rows[1]);
        Assert.StartsWith("team-vision lab-4711 4711 alice vision gpu RUNNING 2 8 ", rows[2], StringComparison.Ordinal);
        var wide = await RowsAsync("get", "sj", "-n", "team-vision", "-o", "wide");
        Assert.EndsWith("CLUSTER JOB-NAME QOS TIME-LIMIT NODELIST EXIT SUBMITTED", wide[0], StringComparison.Ordinal);
        Assert.Contains("lab train normal 1:30:00 n[1-2]", wide[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Yaml_json_path_and_describe_work()
    {
        var yaml = await OutputAsync("get", "slurmjob/lab-4711", "-n", "team-vision", "-o", "yaml");
        Assert.Contains("kind: SlurmJob", yaml, StringComparison.Ordinal);
        Assert.Contains("nodeList: n[1-2]", yaml, StringComparison.Ordinal);
        var node = await OutputAsync(
            "get", "sj", "lab-4711", "-n", "team-vision", "-o", "jsonpath={.status.gpus[1].node}");
        Assert.Equal("n2", node);
        var described = await OutputAsync("describe", "sj", "lab-4711", "-n", "team-vision");
        Assert.Contains("Time Limit Minutes:  90", described, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--field-selector=status.node=n2", "slurmjob.jobs.slurmbridge.io/lab-4711")]
    [InlineData("--field-selector=status.state=PENDING,spec.user=bob", "slurmjob.jobs.slurmbridge.io/lab-4712")]
    [InlineData("--selector=slurmbridge.io/partition in (gpu,fast)", "slurmjob.jobs.slurmbridge.io/lab-4711")]
    [InlineData("--chunk-size=1", "slurmjob.jobs.slurmbridge.io/lab-4712 slurmjob.jobs.slurmbridge.io/lab-4711")]
    public async Task Get_selects_and_pages(string option, string names)
    {
        var rows = await RowsAsync("get", "sj", "-A", option, "-o", "name");
        Assert.Equal(names, string.Join(' ', rows));
    }

    [Fact]
    public async Task The_category_finds_them_too() =>
        Assert.Contains("4711", await OutputAsync("get", "slurm", "-A"), StringComparison.Ordinal);

    [Theory]
    [InlineData("slurmjobs", "A job of the Slurm cluster")]
    [InlineData("slurmjobs.spec", "timeLimitMinutes")]
    [InlineData("sj.status.gpus.indices", "Slurm's device indices on that node")]
    public async Task Explain_describes(string field, string part)
    {
        NeedsLab();
        await lab.UntilDescribedAsync();
        Assert.Contains(part, await OutputAsync("explain", field), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_reach_the_user_in_words()
    {
        var missing = await RunAsync("get", "sj", "lab-1", "-n", "team-vision");
        Assert.Equal(
            "Error from server (NotFound): slurmjobs.jobs.slurmbridge.io \"lab-1\" not found", missing.Error.Trim());
        var field = await RunAsync("get", "sj", "-A", "--field-selector=status.colour=red");
        Assert.Contains("field label not supported: status.colour; supported", field.Error, StringComparison.Ordinal);
        var deletion = await RunAsync("delete", "sj", "lab-4711", "-n", "team-vision");
        Assert.Contains("delete is not supported", deletion.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_shows_a_job_that_starts_and_one_that_comes()
    {
        NeedsLab();
        using var watch = lab.StartKubectl("get", "sj", "-n", "team-late", "-w", "--no-headers");
        try
        {
            var job = Samples.Pending(90);
            var namespaces = Samples.Namespaces with
            {
                ByAccount = new Dictionary<string, string>(Samples.Namespaces.ByAccount) { ["late"] = "team-late" },
            };
            var others = new[] { Samples.Running(4711), Samples.Pending(4712) };
            lab.Jobs.Update([.. others, job with { Account = "late" }], namespaces);
            Assert.Contains(" PENDING ", await LineAsync(watch), StringComparison.Ordinal);
            lab.Jobs.Update([.. others, job with { Account = "late", State = "RUNNING", Reason = "" }], namespaces);
            Assert.Contains(" RUNNING ", await LineAsync(watch), StringComparison.Ordinal);
            lab.Jobs.Update(others, namespaces);
        }
        finally
        {
            watch.Kill();
        }
    }

    [Fact]
    public async Task A_warning_reaches_the_user_while_Slurm_does_not_answer()
    {
        NeedsLab();
        lab.Jobs.Unreachable(Samples.Start, "slurmrestd does not answer");
        var got = await lab.KubectlAsync("get", "sj", "-n", "team-vision");
        lab.Jobs.Update([Samples.Running(4711), Samples.Pending(4712)], Samples.Namespaces);
        Assert.Contains("Warning: Slurm could not be read since 2026-03-04", got.Error, StringComparison.Ordinal);
        Assert.Contains("4711", got.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_went_away_and_came_back_is_used_again()
    {
        NeedsLab();
        await lab.StopServingAsync();
        var away = await lab.KubectlAsync("get", "--raw", JobApi.Jobs);
        await lab.ServeAgainAsync();
        var back = await lab.UntilAnsweredAsync("get", "--raw", JobApi.Jobs);

        Assert.NotEqual(0, away.Code);
        Assert.Equal("SlurmJobList", JsonElement.Parse(back.Output).At("kind"));
        // Who asked meanwhile lists it as stale, which kubectl leaves out, until it asks again.
        await lab.UntilListedAsync();
    }

    private void NeedsLab() => Assert.False(lab.WhyNot.Length > 0, lab.WhyNot);

    private async Task<ProcessOutcome> RunAsync(params string[] arguments)
    {
        NeedsLab();
        return await lab.KubectlAsync(arguments);
    }

    private async Task<string> OutputAsync(params string[] arguments)
    {
        var outcome = await RunAsync(arguments);
        Assert.True(outcome.Code == 0, outcome.Error);
        return outcome.Output;
    }

    private async Task<IReadOnlyList<string>> RowsAsync(params string[] arguments) =>
        [.. (await OutputAsync(arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    // kubectl lists, then watches: its line comes when the change has gone round; 20 s is for a machine that does ten
    // things.
    private static async Task<string> LineAsync(Process process)
    {
        var line = process.StandardOutput.ReadLineAsync(JobApi.Cancel).AsTask();
        return await line.WaitAsync(TimeSpan.FromSeconds(20), JobApi.Cancel)
            ?? "kubectl ended: " + await process.StandardError.ReadToEndAsync(JobApi.Cancel);
    }
}
