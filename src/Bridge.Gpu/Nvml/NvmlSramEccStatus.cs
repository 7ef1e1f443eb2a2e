using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

/// <summary>nvmlEccSramErrorStatus_v1_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlSramEccStatus
{
    /// <summary>Version word: size | version &lt;&lt; 24. A wrong one is answered with 25.</summary>
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
