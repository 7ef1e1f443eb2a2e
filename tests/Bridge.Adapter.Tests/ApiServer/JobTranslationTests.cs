using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class JobTranslationTests
{
    [Fact]
    public void Arrays_and_heterogeneous_jobs_get_names_that_Kubernetes_allows()
    {
        var plain = Samples.Running(4711);
        var task = plain with { Id = new JobId(4720), ArrayJobId = new JobId(4711), ArrayTaskId = 3 };
        var array = plain with { ArrayJobId = new JobId(4711), ArrayTasks = "4-9%2" };
        var leader = plain with { HetJobId = new JobId(4711), HetOffset = 0 };
        var component = plain with { Id = new JobId(4712), HetJobId = new JobId(4711), HetOffset = 1 };

        Assert.Equal(
            ["lab-4711 4711", "lab-4711-3 4711_3", "lab-4711 4711", "lab-4711 4711+0", "lab-4711-plus-1 4711+1"],
            ((SlurmJob[])[plain, task, array, leader, component])
                .Select(j => $"{JobTranslation.NameOf("lab", j)} {JobTranslation.SlurmIdOf(j)}"));
    }

    [Fact]
    public void Identity_is_cluster_id_and_submission()
    {
        var job = Samples.Running(1);
        var uid = JobTranslation.UidOf("lab", job);

        Assert.Equal(uid, JobTranslation.UidOf("lab", job with { State = "COMPLETED", Reason = "" }));
        Assert.NotEqual(uid, JobTranslation.UidOf("other", job));
        Assert.NotEqual(uid, JobTranslation.UidOf("lab", job with { SubmitTime = Samples.Start.AddSeconds(1) }));
        Assert.Equal('8', Guid.Parse(uid).ToString()[14]);
    }

    [Fact]
    public void A_hostlist_that_cannot_be_read_hides_the_names_and_never_the_job()
    {
        var job = Translate(Samples.Running(1) with { Nodes = "n[1-" });
        Assert.Equal("n[1-", job.Status.NodeList);
        Assert.Null(job.Status.Nodes);
        Assert.Null(job.Status.Gpus);
    }

    [Fact]
    public void Large_jobs_name_their_nodes_as_a_hostlist_and_are_found_by_each()
    {
        var job = Stored(Samples.Running(1) with { Nodes = "n[001-100]", NodeCount = 100, GresDetail = [] });
        var field = SlurmJobKind.Resource.Fields.Single(f => f.Path == "status.node");
        Assert.Null(JobTranslation.Translate(job).Status.Nodes);
        Assert.True(field.Has(job, "n099"));
        Assert.False(field.Has(job, "n99"));
    }

    [Fact]
    public void Names_that_labels_do_not_allow_are_left_out_of_the_labels_and_stay_in_the_fields()
    {
        var job = Translate(
            Samples.Running(1) with { User = "jane doe", Partition = new string('p', 64), Account = "" });
        Assert.Equal(["slurmbridge.io/cluster", "slurmbridge.io/state"], job.Metadata.Labels!.Keys.Order());
        Assert.Equal("jane doe", job.Spec.User);
        Assert.Null(job.Spec.Account);
    }

    [Fact]
    public void Gpus_without_one_text_per_node_are_not_guessed()
    {
        Assert.Null(Translate(Samples.Running(1) with { GresDetail = ["gpu:h100:8"] }).Status.Gpus);
        var untyped = Translate(Samples.Running(1) with { GresDetail = ["gpu:4", "gpu:4"] }).Status.Gpus!;
        Assert.All(untyped, g => Assert.Equal((null, 4, null), (g.Type, g.Count, g.Indices)));
    }

    [Fact]
    public void Keys_sort_as_people_count_and_their_order_is_total()
    {
        string[] sorted = ["01", "1", "9", "10", "10-2", "10-10", "10-plus-1", "a", "a1", "a02", "a2", "a10", "b"];
        var keys = sorted.Select(n => new StoreKey("ns", n)).ToArray();

        Assert.Equal(sorted, keys.Reverse().Order().Select(k => k.Name));
        for (var i = 0; i < keys.Length; i++)
        {
            for (var j = 0; j < keys.Length; j++)
                Assert.Equal(Math.Sign(keys[i].CompareTo(keys[j])), -Math.Sign(keys[j].CompareTo(keys[i])));
        }
    }

    [Fact]
    public void Every_property_of_a_job_counts_when_two_readings_are_compared()
    {
        var job = Samples.Running(1);
        Assert.True(job.SameAs(Samples.Running(1)));
        SlurmJob[] others =
        [
            job with { State = "FAILED" }, job with { Flags = ["COMPLETING"] }, job with { Comment = "x" },
            job with { GresDetail = ["gpu:h100:4(IDX:0-3)", "gpu:h100:4(IDX:0-3)"] }, job with { ExitCode = 1 },
            job with { EndTime = Samples.Start }, job with { TimeLimitMinutes = null }, job with { RestartCount = 1 },
        ];
        Assert.All(others, o => Assert.False(job.SameAs(o)));
    }

    private static SlurmJobObject Translate(SlurmJob job) => JobTranslation.Translate(Stored(job));

    private static StoredObject<ServedJob> Stored(SlurmJob job) =>
        new(new StoreKey("ns", JobTranslation.NameOf("lab", job)), new ServedJob("lab", job), 1);
}
