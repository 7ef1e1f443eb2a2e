using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nvml;

/// <summary>What the machine can tell about its GPUs. Only <see cref="Ready"/> has a library to ask.</summary>
public enum NvmlState
{
    /// <summary>NVML is loaded and initialized.</summary>
    Ready,

    /// <summary>There is no libnvidia-ml here.</summary>
    LibraryMissing,

    /// <summary>There is a file, but the loader refuses it, or it is not NVML.</summary>
    LibraryUnusable,

    /// <summary>The kernel driver is not loaded (return 9).</summary>
    DriverNotLoaded,

    /// <summary>Kernel driver and library differ in version (return 18): an upgrade that was not finished.</summary>
    DriverMismatch,

    /// <summary>This user may not open the devices (return 4 or 17).</summary>
    NoPermission,

    /// <summary>The start failed with another code.</summary>
    Failed,
}

/// <summary>How the opening of NVML ended.</summary>
/// <param name="State">The state.</param>
/// <param name="Library">Set exactly when the state is <see cref="NvmlState.Ready"/>.</param>
/// <param name="Why">What was seen, with the loader's or the driver's own reason.</param>
/// <param name="Advice">What a person can do about it; empty when ready.</param>
public sealed record NvmlOpening(NvmlState State, NvmlLibrary? Library, string Why, string Advice)
{
    internal static NvmlOpening OfLoading(NativeLoading loading, string? path) => loading.State switch
    {
        NativeLoadState.Missing when path is not null => new(
            NvmlState.LibraryMissing, null, $"there is no NVML library at {path}: {loading.Why}",
            "correct the path, or leave it out to use the driver's own libnvidia-ml.so.1"),
        NativeLoadState.Missing => new(
            NvmlState.LibraryMissing, null, $"no libnvidia-ml.so.1 on this machine: {loading.Why}",
            "install the driver, or give the container its libraries; a node without GPUs needs nothing"),
        _ => new(
            NvmlState.LibraryUnusable, null, $"the NVML library cannot be loaded: {loading.Why}",
            "use the library that came with the driver of this machine"),
    };

    internal static NvmlOpening OfInit(NvmlReturn code, string path)
    {
        var why = $"{path}: nvmlInit_v2 returned {(int)code} ({code.Text()})";
        return code switch
        {
            NvmlReturn.FunctionNotFound => new(
                NvmlState.LibraryUnusable, null, $"{path} has no nvmlInit_v2: it is not an NVML library",
                "give the path of the driver's libnvidia-ml.so.1"),
            NvmlReturn.DriverNotLoaded => new(
                NvmlState.DriverNotLoaded, null, why,
                "load the driver (modprobe nvidia) and look at dmesg; a node without GPUs needs nothing"),
            NvmlReturn.LibRmVersionMismatch => new(
                NvmlState.DriverMismatch, null, why,
                "an upgrade of the driver was not finished: drain the node and reboot it, or reload the modules"),
            NvmlReturn.NoPermission or NvmlReturn.OperatingSystem => new(
                NvmlState.NoPermission, null, why,
                "run where /dev/nvidiactl can be opened: check the container's devices and the user's groups"),
            _ => new(
                NvmlState.Failed, null, why,
                "look at dmesg for lines that begin with NVRM; drain the node if they persist"),
        };
    }
}
