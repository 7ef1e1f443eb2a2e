using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nvml;

/// <summary>
/// nvmlPlatformInfo_v1_t and _v2_t, which have the same layout: what version 2 calls the serial number of the chassis,
/// version 1 calls the GUID of the rack. Size and offsets are held by NativeLayoutTests.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NvmlPlatformInfo
{
    /// <summary>Version word: size | version &lt;&lt; 24. A wrong one is answered with 25.</summary>
    public const uint Word1 = 0x0100002c;

    /// <summary>The word of version 2.</summary>
    public const uint Word2 = 0x0200002c;
    public uint Version;
    public Bytes16 IbGuid;
    public Bytes16 Chassis;
    public byte Slot;
    public byte Tray;
    public byte Host;
    public byte PeerType;
    public byte Module;
}
