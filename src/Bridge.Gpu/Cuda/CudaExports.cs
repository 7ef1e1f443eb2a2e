using System.Runtime.InteropServices;
using Bridge.Gpu.Native;

namespace Bridge.Gpu.Cuda;

/// <summary>The functions of the CUDA runtime that Bridge uses.</summary>
internal sealed class CudaExports(NativeModule module)
{
    public NativeSymbol GetDeviceCount { get; } = module.Find("cudaGetDeviceCount");
    public NativeSymbol SetDevice { get; } = module.Find("cudaSetDevice");
    public NativeSymbol PciBusId { get; } = module.Find("cudaDeviceGetPCIBusId");
    public NativeSymbol Malloc { get; } = module.Find("cudaMalloc");
    public NativeSymbol Free { get; } = module.Find("cudaFree");
    public NativeSymbol Memcpy { get; } = module.Find("cudaMemcpy");
    public NativeSymbol StreamCreate { get; } = module.Find("cudaStreamCreate");
    public NativeSymbol StreamDestroy { get; } = module.Find("cudaStreamDestroy");
    public NativeSymbol EventCreate { get; } = module.Find("cudaEventCreate");
    public NativeSymbol EventDestroy { get; } = module.Find("cudaEventDestroy");
    public NativeSymbol EventRecord { get; } = module.Find("cudaEventRecord");
    public NativeSymbol EventQuery { get; } = module.Find("cudaEventQuery");
    public NativeSymbol EventElapsed { get; } = module.Find("cudaEventElapsedTime");
    public NativeSymbol ErrorString { get; } = module.Find("cudaGetErrorString");

    /// <summary>CUDA's own text for a code.</summary>
    public unsafe string Text(int code)
    {
        var text = ((delegate* unmanaged[Cdecl]<int, nint>)ErrorString.Address)(code);
        return Marshal.PtrToStringUTF8(text) ?? "no text";
    }
}
