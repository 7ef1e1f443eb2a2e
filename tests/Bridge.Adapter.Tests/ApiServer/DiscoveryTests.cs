using System.Net;
using System.Text.Json;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class DiscoveryTests
{
    [Fact]
    public async Task The_group_is_listed_with_its_version_and_its_resource()
    {
        await using var api = await JobApi.StartAsync();
        var (_, groups) = await api.GetAsync("/apis");
        var (_, group) = await api.GetAsync("/apis/jobs.slurmbridge.io");
        var (_, list) = await api.GetAsync(JobApi.Root);

        Assert.Equal("jobs.slurmbridge.io", groups.At("groups/0/name"));
        Assert.Equal("APIGroup", group.At("kind"));
        Assert.Equal("jobs.slurmbridge.io/v1alpha1", group.At("preferredVersion/groupVersion"));
        Assert.Equal("APIResourceList", list.At("kind"));
        var resource = list.GetProperty("resources")[0];
        Assert.Equal("slurmjobs", resource.At("name"));
        Assert.Equal("slurmjob", resource.At("singularName"));
        Assert.Equal("SlurmJob", resource.At("kind"));
        Assert.True(resource.GetProperty("namespaced").GetBoolean());
        Assert.Equal(["get", "list", "watch"], resource.Texts("verbs"));
        Assert.Equal(["sj"], resource.Texts("shortNames"));
        Assert.Equal(["slurm"], resource.Texts("categories"));
    }

    [Fact]
    public async Task Aggregated_discovery_is_answered_to_who_asks_for_it()
    {
        await using var api = await JobApi.StartAsync();
        const string kubectl = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
            + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        using var request = new HttpRequestMessage(HttpMethod.Get, "/apis");
        request.Headers.TryAddWithoutValidation("Accept", kubectl);
        using var response = await api.Client.SendAsync(request, JobApi.Cancel);
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync(JobApi.Cancel));

        var type = response.Content.Headers.ContentType!.ToString();
        Assert.Contains("as=APIGroupDiscoveryList", type, StringComparison.Ordinal);
        Assert.Equal("APIGroupDiscoveryList", body.At("kind"));
        Assert.Equal("slurmjobs", body.At("items/0/versions/0/resources/0/resource"));
        Assert.Equal("SlurmJob", body.At("items/0/versions/0/resources/0/responseKind/kind"));
        Assert.Equal("Namespaced", body.At("items/0/versions/0/resources/0/scope"));
    }

    [Fact]
    public async Task OpenApi_names_the_kind_and_describes_every_field_that_a_job_has()
    {
        await using var api = await JobApi.StartAsync();
        api.Store.Update([Samples.Running(1) with { Comment = "c", ArrayTasks = "1-2", ExitCode = 1, ExitSignal = 9,
            RestartCount = 1, EndTime = Samples.Start, Flags = ["COMPLETING"], Reason = "x" }], Samples.Namespaces);
        var (_, index) = await api.GetAsync("/openapi/v3");
        var url = index.GetProperty("paths").GetProperty("apis/jobs.slurmbridge.io/v1alpha1").At("serverRelativeURL");
        var (_, document) = await api.GetAsync(url);
        var (_, job) = await api.GetAsync(JobApi.Root + "/namespaces/team-vision/slurmjobs/lab-1");

        var schemas = document.GetProperty("components").GetProperty("schemas");
        const string prefix = "io.slurmbridge.jobs.v1alpha1.";
        Assert.Equal("SlurmJob", schemas.GetProperty(prefix + "SlurmJob").At("x-kubernetes-group-version-kind/0/kind"));
        Assert.Empty(Undescribed(job.GetProperty("spec"), schemas.GetProperty(prefix + "SlurmJobSpec")));
        Assert.Empty(Undescribed(job.GetProperty("status"), schemas.GetProperty(prefix + "SlurmJobStatus")));
        var gpus = job.GetProperty("status").GetProperty("gpus")[0];
        Assert.Empty(Undescribed(gpus, schemas.GetProperty(prefix + "GpuAllocation")));
        Assert.Equal(
            schemas.GetProperty(prefix + "SlurmJobSpec").GetProperty("properties").EnumerateObject().Count(),
            job.GetProperty("spec").EnumerateObject().Count());
        Assert.Equal(
            schemas.GetProperty(prefix + "SlurmJobStatus").GetProperty("properties").EnumerateObject().Count(),
            job.GetProperty("status").EnumerateObject().Count());
    }

    [Theory]
    [InlineData("/openapi/v3" + JobApi.Root, "components/schemas")]
    [InlineData("/openapi/v2", "definitions")]
    public async Task Every_reference_in_OpenApi_leads_somewhere(string path, string at)
    {
        await using var api = await JobApi.StartAsync();
        var (_, document) = await api.GetAsync(path);
        var schemas = at.Split('/').Aggregate(document, (node, part) => node.GetProperty(part));
        var references = References(document).ToList();

        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.True(
            schemas.TryGetProperty(r.Replace($"#/{at}/", "", StringComparison.Ordinal), out _), r));
    }

    [Fact]
    public async Task OpenApi_v2_says_what_v3_says_in_its_own_shapes()
    {
        await using var api = await JobApi.StartAsync();
        var (_, three) = await api.GetAsync("/openapi/v3" + JobApi.Root);
        var (_, two) = await api.GetAsync("/openapi/v2");

        Assert.Equal("2.0", two.At("swagger"));
        Assert.Equal(
            three.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(s => s.Name),
            two.GetProperty("definitions").EnumerateObject().Select(s => s.Name));
        var jobs = two.GetProperty("paths").GetProperty(JobApi.Root + "/slurmjobs");
        Assert.Equal("listSlurmJobForAllNamespaces", jobs.At("get/operationId"));
        Assert.Equal(
            "#/definitions/io.slurmbridge.jobs.v1alpha1.SlurmJobList", jobs.At("get/responses/200/schema/$ref"));
        Assert.Equal("string", jobs.At("parameters/0/type"));
        Assert.Equal(
            "#/definitions/io.slurmbridge.jobs.v1alpha1.SlurmJobSpec",
            two.GetProperty("definitions").GetProperty("io.slurmbridge.jobs.v1alpha1.SlurmJob")
                .At("properties/spec/$ref"));
    }

    [Fact]
    public async Task Readiness_waits_for_the_first_snapshot_and_health_needs_no_certificate()
    {
        await using var api = await JobApi.StartAsync();
        using var stranger = api.ClientWith(null);

        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/healthz", JobApi.Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/livez", JobApi.Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await stranger.GetAsync("/readyz", JobApi.Cancel)).StatusCode);
        api.Store.Update([], Samples.Namespaces);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/readyz", JobApi.Cancel)).StatusCode);
    }

    private static IEnumerable<string> Undescribed(JsonElement value, JsonElement schema) =>
        value.EnumerateObject().Select(p => p.Name)
            .Where(n => !schema.GetProperty("properties").TryGetProperty(n, out _));

    private static IEnumerable<string> References(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Object => node.EnumerateObject().SelectMany(p =>
            p.Name == "$ref" ? [p.Value.GetString()!] : References(p.Value)),
        JsonValueKind.Array => node.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
