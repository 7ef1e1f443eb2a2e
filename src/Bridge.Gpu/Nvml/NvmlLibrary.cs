using System.Globalization;
using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nvml;

/// <summary>
/// NVML, opened and initialized. A wedged driver can hold any call for ever, so this is used in a process of its own
/// (<c>bridge probe nvml</c>), never inside the daemon. Not safe for several threads at once.
/// </summary>
public sealed class NvmlLibrary : IDisposable
{
    private readonly NativeModule module;

    private NvmlLibrary(NativeModule module, NvmlExports exports, NvmlCaller caller) =>
        (this.module, Exports, Caller) = (module, exports, caller);

    /// <summary>The file that was loaded.</summary>
    public string Path => module.Path;

    /// <summary>Functions that this library does not have; their data are absent, with that reason.</summary>
    public IReadOnlyList<string> MissingFunctions => module.Missing;

    internal NvmlExports Exports { get; }

    internal NvmlCaller Caller { get; }

    /// <summary>
    /// Loads and initializes NVML; every way this can fail is a state with advice, never an exception.
    /// </summary>
    /// <param name="path">Library to load; null for the driver's own.</param>
    /// <param name="trace">Hears the name of every function before it is called.</param>
    public static NvmlOpening Open(string? path, Action<string>? trace = null)
    {
        var loading = NativeModule.Open(path, "libnvidia-ml.so.1");
        if (loading.Module is not { } module) return NvmlOpening.OfLoading(loading, path);
        var exports = new NvmlExports(module);
        var caller = new NvmlCaller(trace);
        var code = caller.Plain(exports.Init);
        return code == NvmlReturn.Success
            ? new NvmlOpening(NvmlState.Ready, new NvmlLibrary(module, exports, caller), "", "")
            : NvmlOpening.OfInit(code, module.Path);
    }

    /// <summary>Version of the kernel driver.</summary>
    public NvmlResult<string> DriverVersion() => Caller.Text(Exports.DriverVersion, 80);

    /// <summary>Version of the library.</summary>
    public NvmlResult<string> NvmlVersion() => Caller.Text(Exports.NvmlVersion, 80);

    /// <summary>Newest CUDA that the driver serves, as "12.4".</summary>
    public NvmlResult<string> CudaDriverVersion() => Caller.Number(Exports.CudaDriverVersion)
        .With(v => string.Create(CultureInfo.InvariantCulture, $"{v / 1000}.{v % 1000 / 10}"));

    /// <summary>How many GPUs the driver counts, lost ones included as long as the driver does.</summary>
    public NvmlResult<uint> DeviceCount() => Caller.Number(Exports.Count);

    /// <summary>The GPU at a place in the driver's order. The place changes; use it only to enumerate.</summary>
    public NvmlResult<NvmlDevice> DeviceAt(uint place) =>
        Caller.Handle(Exports.HandleByIndex, place).With(h => new NvmlDevice(this, h));

    /// <summary>Gives the driver's state back. The library stays loaded: it does not survive being unloaded.</summary>
    public void Dispose() => Caller.Plain(Exports.Shutdown);
}
