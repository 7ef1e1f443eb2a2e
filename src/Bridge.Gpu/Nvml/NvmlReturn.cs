using Bridge.Core.Health;

namespace Bridge.Gpu.Nvml;

/// <summary>nvmlReturn_t.</summary>
public enum NvmlReturn
{
    Success = 0,
    Uninitialized = 1,
    InvalidArgument = 2,
    NotSupported = 3,
    NoPermission = 4,
    AlreadyInitialized = 5,
    NotFound = 6,
    InsufficientSize = 7,
    InsufficientPower = 8,
    DriverNotLoaded = 9,
    Timeout = 10,
    IrqIssue = 11,
    LibraryNotFound = 12,
    FunctionNotFound = 13,
    CorruptedInforom = 14,
    GpuIsLost = 15,
    ResetRequired = 16,
    OperatingSystem = 17,
    LibRmVersionMismatch = 18,
    InUse = 19,
    Memory = 20,
    NoData = 21,
    VgpuEccNotSupported = 22,
    InsufficientResources = 23,
    FreqNotSupported = 24,
    ArgumentVersionMismatch = 25,
    Deprecated = 26,
    NotReady = 27,
    GpuNotFound = 28,
    InvalidState = 29,
    Unknown = 999,
}

/// <summary>Words for NVML's return codes.</summary>
public static class NvmlReturns
{
    /// <summary>In words; NVML's own text needs a loaded library, and the code may be newer than this list.</summary>
    public static string Text(this NvmlReturn code) => code switch
    {
        NvmlReturn.Success => "success",
        NvmlReturn.Uninitialized => "NVML was not initialized",
        NvmlReturn.InvalidArgument => "invalid argument",
        NvmlReturn.NotSupported => "not supported",
        NvmlReturn.NoPermission => "no permission",
        NvmlReturn.AlreadyInitialized => "already initialized",
        NvmlReturn.NotFound => "not found",
        NvmlReturn.InsufficientSize => "the buffer is too small",
        NvmlReturn.InsufficientPower => "the external power cables are not attached",
        NvmlReturn.DriverNotLoaded => "the driver is not loaded",
        NvmlReturn.Timeout => "the call timed out",
        NvmlReturn.IrqIssue => "the kernel found an interrupt problem",
        NvmlReturn.LibraryNotFound => "the library was not found",
        NvmlReturn.FunctionNotFound => "the driver does not have the function",
        NvmlReturn.CorruptedInforom => "the InfoROM is damaged",
        NvmlReturn.GpuIsLost => "the GPU is lost",
        NvmlReturn.ResetRequired => "the GPU must be reset",
        NvmlReturn.OperatingSystem => "the operating system or a container denies access",
        NvmlReturn.LibRmVersionMismatch => "driver and library have different versions",
        NvmlReturn.InUse => "in use",
        NvmlReturn.Memory => "out of memory",
        NvmlReturn.NoData => "no data",
        NvmlReturn.ArgumentVersionMismatch => "the driver does not know this version of the structure",
        NvmlReturn.Deprecated => "deprecated",
        NvmlReturn.NotReady => "not ready",
        NvmlReturn.GpuNotFound => "no GPU was found",
        NvmlReturn.InvalidState => "invalid state",
        NvmlReturn.Unknown => "an unknown internal error",
        _ => "a code that is newer than this program",
    };

    /// <summary>What a code means for the datum that was asked for.</summary>
    internal static Absence Absence(this NvmlReturn code) => code switch
    {
        NvmlReturn.NotSupported => Core.Health.Absence.NotSupported,
        // A structure version that the driver does not know is an old driver, as is a function it does not have.
        NvmlReturn.FunctionNotFound or NvmlReturn.ArgumentVersionMismatch or NvmlReturn.Deprecated =>
            Core.Health.Absence.FunctionMissing,
        NvmlReturn.NoPermission or NvmlReturn.OperatingSystem => Core.Health.Absence.NoPermission,
        NvmlReturn.GpuIsLost => Core.Health.Absence.DeviceLost,
        NvmlReturn.ResetRequired => Core.Health.Absence.ResetRequired,
        _ => Core.Health.Absence.Failed,
    };
}

/// <summary>What a call returned; the value counts only with <see cref="NvmlReturn.Success"/>.</summary>
public readonly record struct NvmlResult<T>(string Function, NvmlReturn Code, T Value)
{
    /// <summary>True where the value counts.</summary>
    public bool Ok => Code == NvmlReturn.Success;

    /// <summary>"nvmlX returned 3 (not supported)".</summary>
    public string Explain() => $"{Function} returned {(int)Code} ({Code.Text()})";

    /// <summary>The same outcome with another value.</summary>
    public NvmlResult<TOther> With<TOther>(Func<T, TOther> change) =>
        new(Function, Code, Ok ? change(Value) : default!);
}
