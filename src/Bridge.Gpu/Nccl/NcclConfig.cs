using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bridge.Gpu.Nccl;

/// <summary>
/// The first 48 bytes of ncclConfig_t. The library copies as much as "size" says and resets what is newer than
/// "version", so this prefix is understood by every NCCL from 2.18 on.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NcclConfig
{
    private const int Unset = int.MinValue;

    public nuint Size;
    public uint Magic;
    public uint Version;
    public int Blocking;
    public int CgaClusterSize;
    public int MinCtas;
    public int MaxCtas;
    public nint NetName;
    public int SplitShare;
    public int TrafficClass;

    /// <summary>Everything left to the library, except that no call may block.</summary>
    public static NcclConfig NonBlocking() => new()
    {
        Size = (nuint)Unsafe.SizeOf<NcclConfig>(),
        Magic = 0xcafebeef,
        Version = 21800,
        Blocking = 0,
        CgaClusterSize = Unset,
        MinCtas = Unset,
        MaxCtas = Unset,
        NetName = 0,
        SplitShare = Unset,
        TrafficClass = Unset,
    };
}
