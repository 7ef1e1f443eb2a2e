using System.Text.Json.Nodes;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using k8s;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>What the schemas of Bridge's resources refuse, in the words of the API server.</summary>
[Collection(LabKubeTests.Name)]
public sealed class CrdRulesTests(LabKube lab)
{
    private const string Cluster = """{"restUrl":"https://slurm:6820","confServer":"slurmctld:6817","tokenKeyRef":{"name":"s","key":"k"}}""";
    private const string Pool = """{"cluster":"lab","nodeSelector":{"matchLabels":{"gpu":"yes"}},"slurmd":{"image":"slurmd:26.05"}}""";
    private const string Partition = """{"cluster":"lab","pools":["gpu"]}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("restUrl", "\"ftp://slurm\"", "it must be https://HOST:PORT, http://HOST:PORT or unix:/PATH")]
    [InlineData("restUrl", "\"unix:/run/x y\"", "spec.restUrl")]
    [InlineData("restUrl", "\"unix:/run/slurm/../docker.sock\"", "without '..'")]
    [InlineData("restUrl", "\"https://slurm:70000\"", "spec.restUrl")]
    [InlineData("restUrl", "\"https://slurm..local\"", "spec.restUrl")]
    [InlineData("restUrl", "\"https://me:secret@slurm\"", "spec.restUrl")]
    [InlineData("restUrl", "\"http://slurm:6820\"", "spec.restUrl: Invalid value: over http:// an administrator")]
    [InlineData("restUrl", "\"http://127.0.0.1.example:6820\"", "say allowPlainHttp: true")]
    [InlineData("restUrl", "null", "spec.restUrl")]
    [InlineData("user", "\"root; rm\"", "spec.user")]
    [InlineData("user", "\"root\"", "a token of root or SlurmUser may act as anybody")]
    [InlineData("user", "\"slurm\"", "a token of root or SlurmUser may act as anybody")]
    [InlineData("confServer", "\"slurmctld --conf x\"", "spec.confServer")]
    [InlineData("confServer", "\"a\\nb\"", "spec.confServer")]
    [InlineData("tokenKeyRef", "null", "spec.tokenKeyRef")]
    [InlineData("tokenKeyRef", """{"name":"s"}""", "spec.tokenKeyRef.key")]
    [InlineData("caRef", """{"name":"c"}""", "spec.caRef.key")]
    [InlineData("caRef", """{"kind":"File","name":"c","key":"ca.crt"}""", "supported values")]
    [InlineData("slurmClient", "\"a b\"", "spec.slurmClient")]
    [InlineData("slurmClient", "\"/bin/sh\"", "spec.slurmClient")]
    [InlineData("readBudgetPercent", "0", "spec.readBudgetPercent")]
    [InlineData("pollSeconds", "\"often\"", "spec.pollSeconds")]
    [InlineData("accountNamespaces", """{"physics":"Team_P"}""", "spec.accountNamespaces.physics")]
    [InlineData("accountNamespaces", """{"physics":["a"]}""", "spec.accountNamespaces.physics")]
    [InlineData("accountNamespaces", """{"physics,math":"team-p"}""", "must be that of a Slurm account")]
    [InlineData("accountNamespaces", """{"":"team-p"}""", "must be that of a Slurm account")]
    public Task A_SlurmCluster_that_cannot_work_is_refused(string field, string value, string expected) =>
        RefusedAsync(KubeKinds.SlurmClusters.Resource, Cluster, field, value, expected);

    [Theory]
    [InlineData("nodeSelector", "{}", "an empty selector would select nothing")]
    [InlineData("nodeSelector", """{"matchExpressions":[{"key":"a","operator":"In"}]}""", "In and NotIn need values")]
    [InlineData("nodeSelector", """{"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]}""", "must have none")]
    [InlineData("slurmd", """{"image":"has space"}""", "spec.slurmd.image")]
    [InlineData("gpuOwnership", "\"claim\"", "supported values")]
    [InlineData("features", "[\"a,b\"]", "spec.features[0]")]
    [InlineData("features", "[\"a\\nPartitionName=x\"]", "spec.features[0]")]
    [InlineData("features", "[\"a b\"]", "spec.features[0]")]
    [InlineData("featureLabels", "[\"not a label\"]", "spec.featureLabels[0]")]
    [InlineData("maxUnavailable", "\"0\"", "spec.maxUnavailable")]
    [InlineData("maxUnavailable", "\"101%\"", "spec.maxUnavailable")]
    [InlineData("reserved", """{"cpus":-1}""", "spec.reserved.cpus")]
    public Task A_NodePool_that_cannot_work_is_refused(string field, string value, string expected) =>
        RefusedAsync(KubeKinds.NodePools.Resource, Pool, field, value, expected);

    [Theory]
    [InlineData("pools", "[]", "spec.pools")]
    [InlineData("partitionName", "\"a b\"", "spec.partitionName")]
    [InlineData("partitionName", "\"a\\nNodeName=x\"", "spec.partitionName")]
    [InlineData("partitionName", "\"Default\"", "reserves the partition name DEFAULT")]
    [InlineData("gpuModels", "[\"H100\"]", "spec.gpuModels[0]")]
    [InlineData("state", "\"UP\"", "supported values")]
    [InlineData("allowAccounts", "[\"a,b\"]", "spec.allowAccounts[0]")]
    [InlineData("qos", "\"a State=DOWN\"", "spec.qos")]
    [InlineData("billingWeights", "\"CPU=1 Nodes=ALL\"", "spec.billingWeights")]
    [InlineData("preemptMode", "\"requeue\"", "supported values")]
    [InlineData("priorityTier", "70000", "spec.priorityTier")]
    public Task A_PartitionPolicy_that_cannot_work_is_refused(string field, string value, string expected) =>
        RefusedAsync(KubeKinds.PartitionPolicies.Resource, Partition, field, value, expected);

    [Theory]
    [InlineData("""{"cluster":"lab","pools":["gpu"],"maxTimeMinutes":60,"defaultTimeMinutes":61}""", "must not exceed maxTimeMinutes")]
    [InlineData("""{"cluster":"lab","pools":["gpu"],"allowAccounts":["a"],"denyAccounts":["b"]}""", "give only one of them")]
    public async Task Fields_that_contradict_each_other_are_refused(string spec, string expected) =>
        Assert.Contains(
            expected, Reason(await CreateAsync(KubeKinds.PartitionPolicies.Resource, "p", spec)),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("with.dots", "set spec.partitionName")]
    [InlineData("default", "reserves the partition name DEFAULT")]
    public async Task A_policy_whose_own_name_is_no_partition_name_needs_one(string name, string expected)
    {
        Assert.Contains(
            expected, Reason(await CreateAsync(KubeKinds.PartitionPolicies.Resource, name, Partition)),
            StringComparison.Ordinal);
        var named = Partition.Replace(
            "{\"cluster\"", "{\"partitionName\":\"gpu\",\"cluster\"", StringComparison.Ordinal);
        Assert.Equal(StepResult.Done, await CreateAsync(KubeKinds.PartitionPolicies.Resource, name, named));
    }

    [Fact]
    public async Task What_Slurm_cannot_rename_cannot_be_changed()
    {
        Assert.False(lab.WhyNot.Length > 0, lab.WhyNot);
        using var client = lab.Client();
        var writer = new KubeWriter(client);
        var ns = await lab.NewNamespaceAsync();
        var key = new ObjectKey(ns, "gpu");
        await lab.MakeAsync(KubeKinds.PartitionPolicies.Resource, key, $$"""{ "spec": {{Partition}} }""");
        var target = new WriteTarget(KubeKinds.PartitionPolicies.Resource, key);
        var renamed = await writer.MergeAsync(
            target, new JsonObject { ["spec"] = new JsonObject { ["partitionName"] = "x" } }, "", Cancel);
        Assert.Contains("partitionName cannot be changed", Reason(renamed), StringComparison.Ordinal);
        var moved = await writer.MergeAsync(
            target, new JsonObject { ["spec"] = new JsonObject { ["cluster"] = "other" } }, "", Cancel);
        Assert.Contains("cluster cannot be changed", Reason(moved), StringComparison.Ordinal);
        var closed = await writer.MergeAsync(
            target, new JsonObject { ["spec"] = new JsonObject { ["state"] = "Drain" } }, "", Cancel);
        Assert.Equal(StepResult.Done, closed);
    }

    [Theory]
    [InlineData("""{"restUrl":"http://127.0.0.1:6820"}""", "")]
    [InlineData("""{"restUrl":"http://localhost"}""", "")]
    [InlineData("""{"restUrl":"http://[::1]:6820"}""", "")]
    [InlineData("""{"restUrl":"http://slurm:6820","allowPlainHttp":true}""", "")]
    [InlineData("""{"restUrl":"unix:/run/slurm/rest.sock"}""", "")]
    [InlineData("""{"restUrl":"https://[fd00::1]:6820"}""", "")]
    [InlineData("""{"restUrl":"http://127.0.0.1:6820","caRef":{"name":"c","key":"ca.crt"}}""", "with an https://")]
    public async Task An_address_is_taken_where_tokens_are_safe_on_the_way_or_were_said_not_to_be(
        string fields, string refusal)
    {
        var spec = (JsonObject)JsonNode.Parse(Cluster)!;
        foreach (var (name, value) in (JsonObject)JsonNode.Parse(fields)!)
            spec[name] = value!.DeepClone();
        var result = await CreateAsync(KubeKinds.SlurmClusters.Resource, "x", spec.ToJsonString());
        if (refusal.Length == 0)
            Assert.Equal(StepResult.Done, result);
        else
            Assert.Contains(refusal, Reason(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_field_at_once_is_accepted()
    {
        Assert.Equal(StepResult.Done, await CreateAsync(KubeKinds.SlurmClusters.Resource, "lab", """
            {"restUrl":"https://slurm.example:6820","user":"bridge","slurmClient":"lab","allowPlainHttp":false,
             "caRef":{"kind":"Secret","name":"ca","key":"ca.crt"},"tokenKeyRef":{"name":"jwt","key":"jwt.key"},
             "slurmKeyRef":{"name":"slurm","key":"slurm.key"},"confServer":"ctl0:6817,ctl1",
             "readBudgetPercent":10,"pollSeconds":5,"defaultJobNamespace":"jobs","accountNamespaces":{"physics":"team-p","Math_2.b":"team-m"}}
            """));
        Assert.Equal(StepResult.Done, await CreateAsync(KubeKinds.NodePools.Resource, "gpu", """
            {"cluster":"lab","nodeSelector":{"matchExpressions":[{"key":"a/b","operator":"NotIn","values":["c"]}]},
             "slurmd":{"image":"r.example:5000/slurmd@sha256:00","priorityClassName":"batch","terminationGracePeriodSeconds":0},
             "gpuOwnership":"Host","reserved":{"cpus":2,"memoryMiB":8192},"features":["fast","rack:7"],
             "featureLabels":["topology.kubernetes.io/zone"],"onGpuLoss":"Drain","maxUnavailable":"2","cordonOnSlurmDrain":true,
             "shared":true,"lendable":true}
            """));
        Assert.Equal(StepResult.Done, await CreateAsync(KubeKinds.PartitionPolicies.Resource, "gpu", """
            {"cluster":"lab","partitionName":"GPU_long","pools":["gpu"],"gpuModels":["h100","h100_1g.10gb"],"state":"Down","maxTimeMinutes":600,
             "defaultTimeMinutes":60,"maxNodes":8,"priorityTier":10,"allowAccounts":["physics"],"denyAccounts":[],"allowQos":["normal"],
             "qos":"part","billingWeights":"CPU=1.0,Mem=0.25G,GRES/gpu:h100=10","preemptMode":"REQUEUE","adopt":true}
            """));
    }

    private async Task RefusedAsync(KubeResource resource, string good, string field, string value, string expected)
    {
        var spec = (JsonObject)JsonNode.Parse(good)!;
        spec[field] = JsonNode.Parse(value);
        var why = Reason(await CreateAsync(resource, "x", spec.ToJsonString()));
        Assert.Contains(expected, why, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(StepResult.Done, await CreateAsync(resource, "x", good));
    }

    private async Task<StepResult> CreateAsync(KubeResource resource, string name, string spec)
    {
        Assert.False(lab.WhyNot.Length > 0, lab.WhyNot);
        using var client = lab.Client();
        var body = new JsonObject
            { ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = JsonNode.Parse(spec) };
        body["apiVersion"] = resource.ApiVersion;
        body["kind"] = resource.Kind;
        var inNamespace = await lab.NewNamespaceAsync();
        try
        {
            await client.CallAsync(
                (api, c) => api.CustomObjects.CreateNamespacedCustomObjectAsync(
                    body, resource.Group, resource.Version, inNamespace, resource.Plural, cancellationToken: c),
                Cancel);
            return StepResult.Done;
        }
        catch (KubeException e)
        {
            return WriteFailure.ToResult(e.Failure);
        }
    }

    private static string Reason(StepResult result) => Assert.IsType<StepResult.RejectedResult>(result).Reason;
}
