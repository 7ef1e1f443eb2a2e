using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

/// <summary>nvmlRowRemapperHistogramValues_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlRowRemapperHistogram
{
    public uint Max;
    public uint High;
    public uint Partial;
    public uint Low;
    public uint None;
}
