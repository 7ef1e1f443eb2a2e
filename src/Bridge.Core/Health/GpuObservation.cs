namespace Bridge.Core.Health;

/// <summary>What one sweep saw of one GPU. A lost GPU may have neither uuid nor bus id.</summary>
public sealed record GpuObservation
{
    /// <summary>"GPU-…", null where the driver could not tell.</summary>
    public string? Uuid { get; init; }

    /// <summary>Domain, bus, device and function in lower case: "00000000:1b:00.0".</summary>
    public string? PciBusId { get; init; }

    /// <summary>NVML's product name, e.g. "NVIDIA H100 80GB HBM3".</summary>
    public string? ProductName { get; init; }

    /// <summary>Board serial number; several GPUs may share one.</summary>
    public string? Serial { get; init; }

    /// <summary>N of /dev/nvidiaN. For finding the device file only, never an identity.</summary>
    public int? Minor { get; init; }

    /// <summary>NVLink fabric: cluster uuid and clique, where the GPU belongs to one.</summary>
    public GpuFabric? Fabric { get; init; }

    /// <summary>Chassis or rack of the GPU, where the driver tells (Blackwell and newer).</summary>
    public GpuPlatform? Platform { get; init; }

    /// <summary>Signal name to reading; the names and units are those of <see cref="SignalCatalog"/>.</summary>
    public required IReadOnlyDictionary<string, Reading> Readings { get; init; }

    /// <summary>One entry per link that the GPU has; empty where it has none or does not tell.</summary>
    public IReadOnlyList<NvLinkObservation> Links { get; init; } = [];

    /// <summary>MIG devices; empty where MIG is off.</summary>
    public IReadOnlyList<MigObservation> MigDevices { get; init; } = [];

    /// <summary>Processes that compute on this GPU now.</summary>
    public IReadOnlyList<GpuProcess> Processes { get; init; } = [];

    /// <summary>The reading of a signal; never null.</summary>
    public Reading Of(string signal) => Readings.GetValueOrDefault(signal, Reading.NotTaken);
}

/// <summary>Where a GPU sits in an NVLink fabric.</summary>
public sealed record GpuFabric(string ClusterUuid, long CliqueId);

/// <summary>
/// What names the place of a GPU; its numbers there are the signals "platform.*". Each is null where it is not told.
/// </summary>
/// <param name="IbGuid">InfiniBand GUID of the platform, hexadecimal.</param>
/// <param name="ChassisSerialNumber">Version 2 of the structure has this …</param>
/// <param name="RackGuid">… and version 1 this one, hexadecimal.</param>
public sealed record GpuPlatform(string? IbGuid, string? ChassisSerialNumber, string? RackGuid);

/// <summary>One NVLink. Active is null where the driver did not tell.</summary>
public sealed record NvLinkObservation(int Link, bool? Active, string? RemotePciBusId = null, string? Detail = null);

/// <summary>One MIG device: its own uuid and its place.</summary>
public sealed record MigObservation(string? Uuid, string? Name, int? GpuInstance, int? ComputeInstance);

/// <summary>A process on a GPU; memory in bytes, null where the driver does not tell.</summary>
public sealed record GpuProcess(long Pid, long? MemoryBytes);
