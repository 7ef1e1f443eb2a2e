using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

/// <summary>nvmlTemperature_v1_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlTemperatureV1
{
    /// <summary>Version word: size | version &lt;&lt; 24. A wrong one is answered with 25.</summary>
    public const uint Word = 0x0100000c;
    public uint Version;
    public uint Sensor;
    public int Celsius;
}

/// <summary>nvmlMarginTemperature_v1_t. Size and offsets are held by NativeLayoutTests.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlMarginTemperatureV1
{
    /// <summary>Version word: size | version &lt;&lt; 24. A wrong one is answered with 25.</summary>
    public const uint Word = 0x01000008;
    public uint Version;
    public int Celsius;
}
