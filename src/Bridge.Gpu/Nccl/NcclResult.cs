namespace Bridge.Gpu.Nccl;

/// <summary>ncclResult_t.</summary>
public enum NcclResult
{
    Success = 0,
    UnhandledCudaError = 1,
    SystemError = 2,
    InternalError = 3,
    InvalidArgument = 4,
    InvalidUsage = 5,
    RemoteError = 6,
    InProgress = 7,
    Timeout = 8,
}

/// <summary>Words for NCCL's results.</summary>
public static class NcclResults
{
    /// <summary>In words; code 8 is newer than many libraries, whose own text for it says "unknown".</summary>
    public static string Text(this NcclResult result) => result switch
    {
        NcclResult.Success => "success",
        NcclResult.UnhandledCudaError => "a CUDA call failed",
        NcclResult.SystemError => "a system call failed: network, file or memory",
        NcclResult.InternalError => "an internal error of NCCL",
        NcclResult.InvalidArgument => "invalid argument",
        NcclResult.InvalidUsage => "invalid usage, often ranks that call differently or share a GPU",
        NcclResult.RemoteError => "another rank failed or left",
        NcclResult.InProgress => "still in progress",
        NcclResult.Timeout => "timed out inside NCCL",
        _ => "a code that is newer than this program",
    };
}
