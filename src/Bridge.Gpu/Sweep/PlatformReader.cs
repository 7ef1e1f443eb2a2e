using System.Text;
using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>Where the GPU stands in a rack (Blackwell and newer).</summary>
internal static class PlatformReader
{
    /// <summary>Version 2 of the structure, else version 1; null where the GPU or its driver does not tell.</summary>
    public static GpuPlatform? Read(NvmlDevice gpu, ReadingSet set)
    {
        var info = gpu.Struct(f => f.PlatformInfo, new NvmlPlatformInfo { Version = NvmlPlatformInfo.Word2 });
        var second = info.Code != NvmlReturn.ArgumentVersionMismatch;
        if (!second)
            info = gpu.Struct(f => f.PlatformInfo, new NvmlPlatformInfo { Version = NvmlPlatformInfo.Word1 });
        set.Add("platform.slot", info, i => i.Slot);
        set.Add("platform.tray", info, i => i.Tray);
        set.Add("platform.host", info, i => i.Host);
        set.Add("platform.peer_type", info, i => i.PeerType);
        set.Add("platform.module", info, i => i.Module);
        if (!info.Ok) return null;
        var told = info.Value;
        return new GpuPlatform(
            Guid(told.IbGuid), second ? Text(told.Chassis) : null, second ? null : Guid(told.Chassis));
    }

    /// <summary>Hexadecimal, without the zeros that fill the sixteen bytes up.</summary>
    private static string? Guid(Bytes16 bytes)
    {
        var told = ((ReadOnlySpan<byte>)bytes).TrimEnd((byte)0);
        return told.IsEmpty ? null : Convert.ToHexStringLower(told);
    }

    private static string? Text(Bytes16 bytes)
    {
        ReadOnlySpan<byte> all = bytes;
        var end = all.IndexOf((byte)0);
        var told = end < 0 ? all : all[..end];
        return told.IsEmpty ? null : Encoding.ASCII.GetString(told);
    }
}
