using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bridge.Kube.Models;
using Bridge.Lab.Fixtures;
using Bridge.Lab.Models;
using Bridge.Lab.Scheduling;
using k8s.Models;

namespace Bridge.Adapter.Tests.Lab;

/// <summary>
/// A case of the scheduler as a text file: objects as JSON, one a line ("nodes COUNT GPUS" makes fixtures, # begins a
/// comment), a line ---, then the decisions that must come, in order.
/// </summary>
internal sealed class SchedulerCase
{
    private readonly Dictionary<ObjectKey, NodeObject> nodes = [];
    private readonly Dictionary<ObjectKey, LabPod> pods = [];
    private readonly Dictionary<ObjectKey, LabClaim> claims = [];
    private readonly Dictionary<ObjectKey, V1ResourceSlice> slices = [];
    private readonly Dictionary<ObjectKey, LabDeviceClass> classes = [];

    public required IReadOnlyList<string> Expected { get; init; }

    public static SchedulerCase Parse(string text)
    {
        var parts = text.Split("---\n");
        var made = new SchedulerCase { Expected = Lines(parts[1]) };
        foreach (var line in Lines(parts[0]))
            made.Add(line);
        return made;
    }

    public SchedulerView View() => new()
    {
        Nodes = nodes.ToImmutableDictionary(),
        Pods = pods.ToImmutableDictionary(),
        Claims = claims.ToImmutableDictionary(),
        Slices = slices.ToImmutableDictionary(),
        Classes = classes.ToImmutableDictionary(),
    };

    public static string Describe(Decision decision) => decision switch
    {
        BindPod bind => $"bind {bind.Pod.Metadata.Key()} to {bind.Node}"
            + string.Concat(bind.Grants.Select(g => $" {g.Claim.Metadata.Name}={Devices(g)}")),
        HoldPod hold => $"hold {hold.Pod.Metadata.Key()}: {hold.Message}",
        ReleaseClaim release => $"release {release.Claim.Metadata.Key()}, {release.Remaining.Length} left",
        CollectClaim collect => $"collect claim {collect.Claim.Metadata.Key()}",
        CollectPod collect => $"collect pod {collect.Pod.Metadata.Key()}",
        _ => decision.ToString(),
    };

    private static string Devices(ClaimGrant grant) =>
        grant.Results is { } results ? string.Join(',', results.Select(r => r.Device)) : "as it is";

    private static List<string> Lines(string text) =>
        [.. text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#')];

    private void Add(string line)
    {
        if (line.StartsWith("nodes ", StringComparison.Ordinal))
        {
            var numbers = line.Split(' ').Skip(1).Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            for (var i = 0; i < numbers[0]; i++)
                AddFixture(new NodeFixture
                {
                    Name = $"n{i + 1}", Index = i, Gpus = numbers[1], Product = GpuProduct.Find("NVIDIA H200")!,
                });
            return;
        }
        var body = JsonNode.Parse(line)!.AsObject();
        switch ((string?)body["kind"])
        {
            case "Node": Put(nodes, LabKinds.Nodes, body); break;
            case "Pod": Put(pods, LabKinds.Pods, body); break;
            case "ResourceClaim": Put(claims, LabKinds.Claims, body); break;
            case "ResourceSlice": Put(slices, KubeKinds.ResourceSlices, body); break;
            default: throw new FormatException($"no kind in: {line}");
        }
    }

    private void AddFixture(NodeFixture fixture)
    {
        var node = fixture.Node();
        node["metadata"]!["name"] = fixture.Name;
        node["status"] = fixture.NodeStatus(DateTimeOffset.UnixEpoch)["status"]!.DeepClone();
        Put(nodes, LabKinds.Nodes, node);
        var slice = fixture.Slice();
        slice["metadata"]!["name"] = fixture.SliceName;
        // Short uuids, so that a case can be read.
        foreach (var device in slice["spec"]!["devices"]!.AsArray())
            device!["attributes"]!["uuid"] = new JsonObject
                { ["string"] = $"GPU-{fixture.Name}-{(string)device["name"]!}" };
        Put(slices, KubeKinds.ResourceSlices, slice);
        var deviceClass = NodeFixture.DeviceClass("gpu");
        deviceClass["metadata"]!["name"] = "gpu.nvidia.com";
        Put(classes, LabKinds.DeviceClasses, deviceClass);
    }

    private static void Put<T>(Dictionary<ObjectKey, T> into, KubeKind<T> kind, JsonObject body)
        where T : class
    {
        var read = JsonSerializer.Deserialize(body.ToJsonString(), kind.Item)!;
        into[ObjectIdentity.Of(read).Key] = read;
    }
}
