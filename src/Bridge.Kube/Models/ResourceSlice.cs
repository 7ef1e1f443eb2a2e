using System.Text.Json.Serialization;

namespace Bridge.Kube.Models;

/// <summary>resource.k8s.io/v1 ResourceSlice: a part of one driver's pool of devices.</summary>
public sealed record ResourceSlice : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public SliceSpec Spec { get; init => field = value ?? new(); } = new();
}

public sealed record SliceSpec
{
    public string Driver { get; init => field = value ?? ""; } = "";
    public SlicePool Pool { get; init => field = value ?? new(); } = new();

    /// <summary>
    /// The node that has the devices; empty when they are named otherwise (network-attached), which Bridge leaves
    /// alone.
    /// </summary>
    public string NodeName { get; init => field = value ?? ""; } = "";

    /// <summary>Empty for a slice that carries shared counters only.</summary>
    public IReadOnlyList<SliceDevice> Devices { get; init => field = value ?? []; } = [];
}

public sealed record SlicePool
{
    public string Name { get; init => field = value ?? ""; } = "";
    public long Generation { get; init; }
    public long ResourceSliceCount { get; init; }
}

public sealed record SliceDevice
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>By name, with or without the driver's domain before it (uuid, gpu.nvidia.com/uuid).</summary>
    public IReadOnlyDictionary<string, DeviceValue>? Attributes { get; init; }

    public IReadOnlyList<ObjectTaint> Taints { get; init => field = value ?? []; } = [];
    public bool AllowMultipleAllocations { get; init; }
}

/// <summary>Exactly one of these is set; the list forms (ints, strings …) carry nothing that Bridge reads.</summary>
public sealed record DeviceValue
{
    [JsonPropertyName("string")]
    public string? Text { get; init; }

    public string? Version { get; init; }

    [JsonPropertyName("int")]
    public long? Number { get; init; }

    [JsonPropertyName("bool")]
    public bool? Flag { get; init; }
}

/// <summary>A taint of a device.</summary>
public sealed record ObjectTaint
{
    public string Key { get; init => field = value ?? ""; } = "";
    public string Value { get; init => field = value ?? ""; } = "";
    public string Effect { get; init => field = value ?? ""; } = "";
}
