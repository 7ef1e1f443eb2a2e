using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

/// <summary>nvmlMemory_v2_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlMemoryV2
{
    /// <summary>Version word: size | version &lt;&lt; 24. A wrong one is answered with 25.</summary>
    public const uint Word = 0x02000028;
    public uint Version;
    public ulong Total;
    public ulong Reserved;
    public ulong Free;
    public ulong Used;
}
