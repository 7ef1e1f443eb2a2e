using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bridge.Core.Model;
using Bridge.Kube.Fleet;
using Bridge.Kube.Models;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>What is read of the library's models, and what an object becomes that has none of it.</summary>
public sealed class KeptFieldsTests
{
    private const string Marks = """
        {"name":"p","namespace":"ns","uid":"u","resourceVersion":"7",
         "labels":{"slurmbridge.io/slurm-node":"n1"},"annotations":{"slurmbridge.io/kube-node":"gpu-1"}}
        """;

    [Fact]
    public void Every_field_in_the_table_exists_on_its_type()
    {
        foreach (var (type, fields) in KeptFields.Of)
        {
            var names = type.GetProperties()
                .Select(p => p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name).ToList();
            Assert.All(fields, field => Assert.Contains(field, names));
        }
    }

    [Fact]
    public void What_is_not_in_the_table_is_not_read()
    {
        var pod = JsonSerializer.Deserialize("""
            {"metadata":{"name":"p","managedFields":[{"manager":"kubectl"}]},
             "spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running","podIP":"1.2.3.4"}}
            """, KubeKinds.Pods.Item)!;
        Assert.Equal(("p", "n", "Running"), (pod.Metadata.Name, pod.Spec.NodeName, pod.Status.Phase));
        Assert.Null(pod.Metadata.ManagedFields);
        Assert.Null(pod.Spec.Containers);
        Assert.Null(pod.Status.PodIP);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"metadata":null,"spec":null,"status":null}""")]
    [InlineData("""{"metadata":{"name":"p"},"spec":{},"status":{}}""")]
    public void An_empty_object_of_each_kind_is_read_as_nothing_of_ours(string json)
    {
        Assert.Null(PodMapping.Map(JsonSerializer.Deserialize(json, KubeKinds.Pods.Item)!));
        Assert.Null(PodMapping.Map(JsonSerializer.Deserialize(json, KubeKinds.ResourceClaims.Item)!));
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"n"}}""")]
    [InlineData("""{"metadata":{"name":"n","labels":null},"spec":{"taints":null},"status":{"conditions":null}}""")]
    [InlineData("""{"metadata":{"name":"n"},"spec":{},"status":{"allocatable":{},"conditions":[{}]}}""")]
    public void An_empty_node_has_nothing_and_is_not_known_to_be_ready(string json)
    {
        var node = NodeMapping.Map(JsonSerializer.Deserialize(json, KubeKinds.Nodes.Item)!, null);
        Assert.Equal(("n", ConditionStatus.Unknown, false, 0L, 0L, 0), (node.Name, node.Ready, node.Cordoned,
            node.AllocatableMilliCpu, node.AllocatableMemoryBytes, node.AllocatableGpus));
        Assert.Same(node, NodeMapping.Map(JsonSerializer.Deserialize(json, KubeKinds.Nodes.Item)!, node));
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"s"}}""")]
    [InlineData("""{"metadata":{"name":"s"},"spec":{"pool":null,"devices":null}}""")]
    public void An_empty_slice_is_of_no_node_and_has_no_device(string json)
    {
        var slice = SliceMapping.Map(JsonSerializer.Deserialize(json, KubeKinds.ResourceSlices.Item)!);
        Assert.Equal(("s", "", "", 0L), (slice.Name, slice.Pool.Driver, slice.KubeNode, slice.Generation));
        Assert.Empty(slice.Gpus);
        var bare = JsonSerializer.Deserialize(
            """{"metadata":{"name":"s"},"spec":{"driver":"d","devices":[{"name":"x"},{}]}}""",
            KubeKinds.ResourceSlices.Item)!;
        Assert.Empty(SliceMapping.Map(bare).Gpus);
    }

    [Theory]
    [InlineData("63500m", 63500, "1031Gi", 1107027820544)]
    [InlineData("2e3", 2000000, "1.5", 1)]
    [InlineData("0.0019", 1, "999m", 0)]
    [InlineData("-1", 0, "-5Gi", 0)]
    public void What_a_node_offers_is_rounded_down(string cpu, long milliCpu, string memory, long bytes)
    {
        var allocatable = $$"""{"cpu":"{{cpu}}","memory":"{{memory}}","nvidia.com/gpu":"8"}""";
        var json = $$"""{"metadata":{"name":"n"},"status":{"allocatable":{{allocatable}} } }""";
        var node = NodeMapping.Map(JsonSerializer.Deserialize(json, KubeKinds.Nodes.Item)!, null);
        Assert.Equal(
            (milliCpu, bytes, 8), (node.AllocatableMilliCpu, node.AllocatableMemoryBytes, node.AllocatableGpus));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"conditions":null,"containerStatuses":[{}],"reservedFor":null}""")]
    public void An_object_that_has_nothing_but_our_marks_is_pending_and_unallocated(string status)
    {
        var json = $$"""{"metadata":{{Marks}},"spec":{},"status":{{status}}}""";
        var pod = PodMapping.Map(JsonSerializer.Deserialize(json, KubeKinds.Pods.Item)!)!;
        Assert.Equal(("gpu-1", PodPhase.Unknown, false, "", ""),
            (pod.KubeNode, pod.Phase, pod.Ready, pod.ClaimName, pod.Waiting));
        var claim = PodMapping.Map(JsonSerializer.Deserialize(json, KubeKinds.ResourceClaims.Item)!)!;
        Assert.Equal(("n1", false, false), (claim.SlurmNode.Value, claim.Allocated, claim.InUse));
    }

    [Fact]
    public void A_list_is_read_by_the_same_table()
    {
        var list = JsonSerializer.Deserialize("""
            {"kind":"PodList","metadata":{"resourceVersion":"9","continue":"c"},
             "items":[{"metadata":{"name":"p","managedFields":[{}]}}]}
            """, KubeKinds.Pods.List)!;
        Assert.Equal(("PodList", "9", "c"), (list.Kind, list.Metadata.ResourceVersion, list.Metadata.Continue));
        Assert.Null(Assert.Single(list.Items!).Metadata.ManagedFields);
        Assert.Null(JsonSerializer.Deserialize("""{"kind":"PodList","metadata":{}}""", KubeKinds.Pods.List)!.Items);
    }
}
