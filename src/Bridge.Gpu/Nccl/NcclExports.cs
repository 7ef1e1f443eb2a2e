using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nccl;

/// <summary>The functions of NCCL that Bridge uses; all are there since 2.14.</summary>
internal sealed class NcclExports(NativeModule module)
{
    public NativeSymbol GetVersion { get; } = module.Find("ncclGetVersion");
    public NativeSymbol GetUniqueId { get; } = module.Find("ncclGetUniqueId");
    public NativeSymbol InitRankConfig { get; } = module.Find("ncclCommInitRankConfig");
    public NativeSymbol AsyncError { get; } = module.Find("ncclCommGetAsyncError");
    public NativeSymbol Abort { get; } = module.Find("ncclCommAbort");
    public NativeSymbol Finalize { get; } = module.Find("ncclCommFinalize");
    public NativeSymbol Destroy { get; } = module.Find("ncclCommDestroy");
    public NativeSymbol AllReduce { get; } = module.Find("ncclAllReduce");
}
