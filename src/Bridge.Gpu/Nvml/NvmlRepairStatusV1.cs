using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

/// <summary>nvmlRepairStatus_v1_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlRepairStatusV1
{
    /// <summary>Version word: size | version &lt;&lt; 24. A wrong one is answered with 25.</summary>
    public const uint Word = 0x0100000c;
    public uint Version;
    public uint ChannelRepairPending;
    public uint TpcRepairPending;
}
