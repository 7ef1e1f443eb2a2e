using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

// Layouts of nvml.h on 64 bit. NativeLayoutTests holds every size and offset to the table in docs/gpu/interop.md.
// A versioned structure is asked for with its version word: size | version << 24; a wrong one is answered with 25.

[InlineArray(16)]
internal struct Bytes16
{
    private byte _first;
}

[InlineArray(32)]
internal struct Bytes32
{
    private byte _first;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlPciInfo
{
    public Bytes16 BusIdLegacy;
    public uint Domain;
    public uint Bus;
    public uint Device;
    public uint PciDeviceId;
    public uint PciSubSystemId;
    public Bytes32 BusId;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlFieldValue
{
    public uint FieldId;
    public uint ScopeId;
    public long Timestamp;
    public long LatencyMicroseconds;
    public uint ValueType;
    public int Return;
    public ulong Value;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlEventData
{
    public nint Device;
    public ulong EventType;
    public ulong EventData;
    public uint GpuInstanceId;
    public uint ComputeInstanceId;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlFabricInfoV1
{
    public Bytes16 ClusterUuid;
    public int Status;
    public uint CliqueId;
    public byte State;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlFabricInfoV2
{
    public const uint Word = 0x02000024;
    public uint Version;
    public Bytes16 ClusterUuid;
    public int Status;
    public uint CliqueId;
    public byte State;
    public uint HealthMask;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlFabricInfoV3
{
    public const uint Word = 0x03000028;
    public uint Version;
    public Bytes16 ClusterUuid;
    public int Status;
    public uint CliqueId;
    public byte State;
    public uint HealthMask;
    public byte HealthSummary;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlMemoryV2
{
    public const uint Word = 0x02000028;
    public uint Version;
    public ulong Total;
    public ulong Reserved;
    public ulong Free;
    public ulong Used;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlSramEccStatus
{
    public const uint Word = 0x01000068;
    public uint Version;
    public ulong AggregateUncorrectedParity;
    public ulong AggregateUncorrectedSecDed;
    public ulong AggregateCorrected;
    public ulong VolatileUncorrectedParity;
    public ulong VolatileUncorrectedSecDed;
    public ulong VolatileCorrected;
    public ulong BucketL2;
    public ulong BucketSm;
    public ulong BucketPcie;
    public ulong BucketMcu;
    public ulong BucketOther;
    public uint ThresholdExceeded;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlRowRemapperHistogram
{
    public uint Max;
    public uint High;
    public uint Partial;
    public uint Low;
    public uint None;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlUtilization
{
    public uint Gpu;
    public uint Memory;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlProcessInfo
{
    public uint Pid;
    public ulong UsedGpuMemory;
    public uint GpuInstanceId;
    public uint ComputeInstanceId;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlTemperatureV1
{
    public const uint Word = 0x0100000c;
    public uint Version;
    public uint Sensor;
    public int Celsius;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlMarginTemperatureV1
{
    public const uint Word = 0x01000008;
    public uint Version;
    public int Celsius;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NvmlRepairStatusV1
{
    public const uint Word = 0x0100000c;
    public uint Version;
    public uint ChannelRepairPending;
    public uint TpcRepairPending;
}
