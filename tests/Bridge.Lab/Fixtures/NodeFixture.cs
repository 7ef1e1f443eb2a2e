using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bridge.Core.Gpus;
using Bridge.Core.Names;

namespace Bridge.Lab.Fixtures;

/// <summary>
/// A fake GPU node: the objects that a kubelet, GPU Feature Discovery, topograph and NVIDIA's DRA driver would make for
/// it.
/// </summary>
public sealed record NodeFixture
{
    public required string Name { get; init; }

    /// <summary>Place among the nodes made together: pairs share a leaf switch, eight a spine.</summary>
    public int Index { get; init; }

    public required GpuProduct Product { get; init; }
    public int Gpus { get; init; } = 8;

    /// <summary>
    /// MIG profile such as 1g.10gb, of which each GPU then has as many as its seven slices allow; empty for whole GPUs.
    /// </summary>
    public string MigProfile { get; init; } = "";

    public int Cpus { get; init; } = 16;

    /// <summary>A Kubernetes quantity.</summary>
    public string Memory { get; init; } = "64Gi";

    public string DriverVersion { get; init; } = "580.65.6";

    private const int Slices = 7;

    public JsonObject Node() => new()
    {
        ["metadata"] = new JsonObject { ["labels"] = Labels() },
    };

    public JsonObject NodeStatus(DateTimeOffset now) => new()
    {
        ["status"] = new JsonObject
        {
            ["capacity"] = Resources(),
            ["allocatable"] = Resources(),
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Ready",
                ["status"] = "True",
                ["reason"] = "KubeletReady",
                ["message"] = "made by the lab",
                ["lastHeartbeatTime"] = Nodes.ContainerReport.Time(now),
                ["lastTransitionTime"] = Nodes.ContainerReport.Time(now),
            }),
        },
    };

    public string SliceName => $"{Name}-{WellKnown.NvidiaDriver}";

    public JsonObject Slice() => new()
    {
        ["metadata"] = new JsonObject
        {
            ["labels"] = new JsonObject { [LabKeys.MadeLabel] = LabKeys.MadeValue },
        },
        ["spec"] = new JsonObject
        {
            ["driver"] = WellKnown.NvidiaDriver,
            ["nodeName"] = Name,
            ["pool"] = new JsonObject { ["name"] = Name, ["generation"] = 1, ["resourceSliceCount"] = 1 },
            ["devices"] = new JsonArray([.. Enumerable.Range(0, Gpus).SelectMany(Devices)]),
        },
    };

    /// <summary>gpu.nvidia.com or mig.nvidia.com, as NVIDIA's chart makes them.</summary>
    public static JsonObject DeviceClass(string type) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = $"{type}.nvidia.com",
            ["labels"] = new JsonObject { [LabKeys.MadeLabel] = LabKeys.MadeValue },
        },
        ["spec"] = new JsonObject
        {
            ["selectors"] = new JsonArray(new JsonObject
            {
                ["cel"] = new JsonObject
                {
                    ["expression"] = $"device.driver == '{WellKnown.NvidiaDriver}' && "
                        + $"device.attributes['{WellKnown.NvidiaDriver}'].type == '{type}'",
                },
            }),
        },
    };

    private JsonObject Labels() => new()
    {
        [LabKeys.MadeLabel] = LabKeys.MadeValue,
        ["lab.slurmbridge.io/pool"] = GpuModels.TypeOf(Product.Name),
        ["kubernetes.io/hostname"] = Name,
        ["kubernetes.io/os"] = "linux",
        ["nvidia.com/gpu.present"] = "true",
        ["nvidia.com/gpu.product"] = Product.Name.Replace(' ', '-'),
        ["nvidia.com/gpu.count"] = Number(Gpus),
        ["nvidia.com/gpu.memory"] = Number(Product.MemoryMiB),
        ["nvidia.com/gpu.family"] = Product.Architecture.Split(' ')[0].ToLowerInvariant(),
        ["nvidia.com/gpu.compute.major"] = Product.ComputeCapability.Split('.')[0],
        ["nvidia.com/gpu.compute.minor"] = Product.ComputeCapability.Split('.')[1],
        ["nvidia.com/cuda.driver-version.full"] = DriverVersion,
        ["fabric.topograph.run/tier-0"] = $"leaf-{Number(Index / 2 + 1)}",
        ["fabric.topograph.run/tier-1"] = $"spine-{Number(Index / 8 + 1)}",
    };

    private JsonObject Resources() => new() { ["cpu"] = Number(Cpus), ["memory"] = Memory, ["pods"] = "110" };

    private IEnumerable<JsonNode> Devices(int minor)
    {
        if (MigProfile.Length == 0)
        {
            yield return Device(
                $"gpu-{minor}", minor, Product.MemoryMiB, Text("type", "gpu"), Text("uuid", GpuUuid(minor)));
            yield break;
        }
        var slices = int.Parse(MigProfile.AsSpan(0, 1), NumberStyles.None, CultureInfo.InvariantCulture);
        for (var start = 0; start + slices <= Slices; start += slices)
            yield return Device(
                $"gpu-{minor}-mig-{MigProfile.Replace(".", "", StringComparison.Ordinal)}-19-{start}",
                minor,
                Product.MemoryMiB * slices / (Slices + 1),
                Text("type", "mig"),
                Text("profile", MigProfile),
                Text("parentUUID", GpuUuid(minor)),
                Text("uuid", Uuid("MIG", $"{Name}/{minor}/{start}")));
    }

    private JsonObject Device(
        string name, int minor, int memoryMiB, params (string Name, string Kind, string Value)[] own)
    {
        var attributes = new JsonObject();
        (string Name, string Kind, string Value)[] all =
        [
            .. own,
            Text("productName", Product.Name), Text("brand", "Nvidia"), Text("architecture", Product.Architecture),
            ("cudaComputeCapability", "version", Product.ComputeCapability + ".0"),
            ("driverVersion", "version", DriverVersion), ("cudaDriverVersion", "version", "13.0.0"),
            Text("resource.kubernetes.io/pciBusID", $"0000:{0x18 + minor:x2}:00.0"),
            Text("resource.kubernetes.io/pcieRoot", $"pci0000:{0x17 + minor:x2}"),
        ];
        foreach (var (attribute, kind, value) in all)
            attributes[attribute] = new JsonObject { [kind] = value };
        return new JsonObject
        {
            ["name"] = name,
            ["attributes"] = attributes,
            ["capacity"] = new JsonObject { ["memory"] = new JsonObject { ["value"] = $"{memoryMiB}Mi" } },
        };
    }

    /// <summary>The same for the same node and GPU every time, as a real GPU keeps its own.</summary>
    private string GpuUuid(int minor) => Uuid("GPU", $"{Name}/{minor}");

    private static string Uuid(string kind, string of) =>
        $"{kind}-{new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(of)).AsSpan(0, 16))}";

    private static (string Name, string Kind, string Value) Text(string name, string value) => (name, "string", value);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
