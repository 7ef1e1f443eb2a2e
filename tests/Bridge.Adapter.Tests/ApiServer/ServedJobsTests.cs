using System.Net;
using Bridge.ApiServer.Jobs;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class ServedJobsTests
{
    private readonly ServedJobs served = new(new ManualTime(Samples.Start), new Random(1));

    [Fact]
    public void Nothing_is_known_until_it_is_known_which_clusters_there_are_and_then_none_is_an_empty_list()
    {
        Assert.Contains("which SlurmClusters there are", served.Objects.Unknown, StringComparison.Ordinal);
        Follow();
        Assert.Equal("", served.Objects.Unknown);
        Assert.Empty(Names());
    }

    [Fact]
    public void What_is_waited_for_is_named_and_then_only_what_lacks()
    {
        Follow("a", "b");
        served.Find("b")!.Unreachable(Samples.Start, "connection refused");
        Assert.Equal(
            "SlurmCluster a has not been read yet; SlurmCluster b has not been read yet (connection refused)",
            served.Objects.Unknown);

        served.Find("a")!.Update([], Samples.Namespaces);
        Assert.Equal("", served.Objects.Unknown);
        Assert.Equal("SlurmCluster b has not been read yet (connection refused)", served.Objects.Warning);

        served.Find("b")!.Update([], Samples.Namespaces);
        Assert.Equal("", served.Objects.Warning);
    }

    [Fact]
    public void A_cluster_that_is_read_takes_no_warning_of_another_away()
    {
        Follow("a", "b");
        served.Find("a")!.Update([Samples.Running(1)], Samples.Namespaces);
        served.Find("a")!.Unreachable(Samples.Start, "no answer");
        served.Find("b")!.Update([Samples.Running(1)], Samples.Namespaces);
        Assert.Contains("jobs of SlurmCluster a are as of then", served.Objects.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_clusters_may_show_the_same_id_in_one_namespace()
    {
        Follow("a", "b");
        foreach (var cluster in (string[])["a", "b"])
            served.Find(cluster)!.Update([Samples.Running(7)], Samples.Namespaces);
        Assert.Equal(["a-7", "b-7"], Names());

        served.Find("a")!.Update([], Samples.Namespaces);
        Assert.Equal(["b-7"], Names());
    }

    [Fact]
    public void With_a_cluster_go_its_jobs_and_no_late_reading_brings_them_back()
    {
        Follow("a", "b");
        var gone = served.Find("a")!;
        gone.Update([Samples.Running(1)], Samples.Namespaces);
        served.Find("b")!.Update([Samples.Running(2)], Samples.Namespaces);
        Follow("b");
        Assert.Equal(["b-2"], Names());

        gone.Update([Samples.Running(1)], Samples.Namespaces);
        gone.Unreachable(Samples.Start, "too late");
        Assert.Equal(["b-2"], Names());
        Assert.Equal("", served.Objects.Warning);
    }

    [Fact]
    public async Task A_list_while_another_cluster_is_not_read_yet_carries_its_name_as_a_warning()
    {
        await using var api = await JobApi.StartAsync();
        api.Served.Follow(new HashSet<string> { "lab", "late" });
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        using var response = await api.Client.GetAsync(JobApi.Jobs, JobApi.Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("SlurmCluster late has not been read yet",
            Assert.Single(response.Headers.GetValues("Warning")), StringComparison.Ordinal);
    }

    private void Follow(params string[] names) => served.Follow(names.ToHashSet());

    private IEnumerable<string> Names() => served.Objects.Current.Objects.ToArray().Select(o => o.Key.Name);
}
