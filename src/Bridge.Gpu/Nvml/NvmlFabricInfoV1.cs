using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

/// <summary>nvmlGpuFabricInfo_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlFabricInfoV1
{
    public Bytes16 ClusterUuid;
    public int Status;
    public uint CliqueId;
    public byte State;
}

/// <summary>nvmlGpuFabricInfo_v2_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlFabricInfoV2
{
    /// <summary>Version word: size | version &lt;&lt; 24. A wrong one is answered with 25.</summary>
    public const uint Word = 0x02000024;
    public uint Version;
    public Bytes16 ClusterUuid;
    public int Status;
    public uint CliqueId;
    public byte State;
    public uint HealthMask;
}

/// <summary>nvmlGpuFabricInfo_v3_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlFabricInfoV3
{
    /// <summary>Version word: size | version &lt;&lt; 24. A wrong one is answered with 25.</summary>
    public const uint Word = 0x03000028;
    public uint Version;
    public Bytes16 ClusterUuid;
    public int Status;
    public uint CliqueId;
    public byte State;
    public uint HealthMask;
    public byte HealthSummary;
}
