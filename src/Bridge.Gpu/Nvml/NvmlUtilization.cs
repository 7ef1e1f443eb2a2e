using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

/// <summary>nvmlUtilization_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlUtilization
{
    public uint Gpu;
    public uint Memory;
}
