using System.Globalization;
using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nccl;

/// <summary>How the opening of NCCL ended; the library is set exactly when the state is Loaded.</summary>
public sealed record NcclOpening(NativeLoadState State, NcclLibrary? Library, string Why, string Advice);

/// <summary>
/// NCCL. It may hang or abort the whole process, so it is used in a process of its own (<c>bridge probe nccl</c>).
/// </summary>
public sealed unsafe class NcclLibrary
{
    private readonly Action<string>? trace;

    private NcclLibrary(NcclExports exports, string path, Action<string>? trace) =>
        (Exports, Path, this.trace) = (exports, path, trace);

    /// <summary>The file that was loaded.</summary>
    public string Path { get; }

    internal NcclExports Exports { get; }

    /// <summary>Loads NCCL; a missing library or one that is too old is a state with advice.</summary>
    /// <param name="path">Library to load; null for libnccl.so.2.</param>
    /// <param name="trace">Hears the name of every function before it is called.</param>
    public static NcclOpening Open(string? path, Action<string>? trace = null)
    {
        var loading = NativeModule.Open(path, "libnccl.so.2");
        if (loading.Module is not { } module)
        {
            return new NcclOpening(
                loading.State, null, $"NCCL cannot be loaded: {loading.Why}",
                "install libnccl2 for this machine or give its path (--library)");
        }
        var exports = new NcclExports(module);
        return module.Missing.Count == 0
            ? new NcclOpening(NativeLoadState.Loaded, new NcclLibrary(exports, module.Path, trace), "", "")
            : new NcclOpening(
                NativeLoadState.Unusable, null, $"{module.Path} has no {string.Join(", ", module.Missing)}",
                "use NCCL 2.18 or newer: older ones cannot start without blocking");
    }

    /// <summary>"2.29.7".</summary>
    public string Version()
    {
        var version = 0;
        Check(Exports.GetVersion, ((delegate* unmanaged[Cdecl]<int*, int>)Enter(Exports.GetVersion))(&version));
        // Since 2.9 the number is major × 10000 + minor × 100 + patch (nccl.h, NCCL_VERSION).
        return string.Create(
            CultureInfo.InvariantCulture, $"{version / 10000}.{version / 100 % 100}.{version % 100}");
    }

    /// <summary>A new id, 128 bytes; this process answers for it until the communicator is up.</summary>
    public byte[] CreateUniqueId()
    {
        var id = default(NcclUniqueId);
        Check(Exports.GetUniqueId, ((delegate* unmanaged[Cdecl]<NcclUniqueId*, int>)Enter(Exports.GetUniqueId))(&id));
        return ((ReadOnlySpan<byte>)id).ToArray();
    }

    internal nint Enter(NativeSymbol f)
    {
        trace?.Invoke(f.Name);
        return f.Address;
    }

    internal static void Check(NativeSymbol f, int code)
    {
        if (code != 0) throw new NativeCallException(f.Name, code, ((NcclResult)code).Text());
    }
}
