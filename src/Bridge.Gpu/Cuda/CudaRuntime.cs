using System.Text;
using Bridge.Gpu.Native;

namespace Bridge.Gpu.Cuda;

/// <summary>What the machine can tell about CUDA. Only <see cref="Ready"/> has a runtime to use.</summary>
public enum CudaState
{
    /// <summary>The runtime is loaded and sees at least one device.</summary>
    Ready,

    /// <summary>There is no libcudart here.</summary>
    LibraryMissing,

    /// <summary>There is a file, but the loader refuses it, or functions are missing.</summary>
    LibraryUnusable,

    /// <summary>No driver, or one that is too old for this runtime (35), or none at all (100, 999).</summary>
    NoDevice,
}

/// <summary>How the opening of the CUDA runtime ended.</summary>
public sealed record CudaOpening(CudaState State, CudaRuntime? Runtime, string Why, string Advice);

/// <summary>
/// The few functions of the CUDA runtime that a collective needs: memory, streams, events. Bound to the thread that
/// chose the device.
/// </summary>
public sealed unsafe class CudaRuntime
{
    private const int NotReady = 600;

    private readonly CudaExports f;
    private readonly Action<string>? trace;

    private CudaRuntime(CudaExports exports, string path, int devices, Action<string>? trace) =>
        (f, Path, Devices, this.trace) = (exports, path, devices, trace);

    /// <summary>The file that was loaded.</summary>
    public string Path { get; }

    /// <summary>Devices that this process may use.</summary>
    public int Devices { get; }

    /// <summary>Loads the runtime and counts the devices.</summary>
    /// <param name="path">Library to load; null for libcudart.so.12, then 13.</param>
    /// <param name="trace">Hears the name of every function before it is called.</param>
    public static CudaOpening Open(string? path, Action<string>? trace = null)
    {
        var loading = NativeModule.Open(path, "libcudart.so.12", "libcudart.so.13");
        if (loading.Module is not { } module)
        {
            return new CudaOpening(
                loading.State == NativeLoadState.Missing ? CudaState.LibraryMissing : CudaState.LibraryUnusable, null,
                $"no CUDA runtime: {loading.Why}", "install the CUDA runtime library or give its path (--cudart)");
        }
        var exports = new CudaExports(module);
        if (module.Missing.Count > 0)
        {
            return new CudaOpening(
                CudaState.LibraryUnusable, null, $"{module.Path} has no {string.Join(", ", module.Missing)}",
                "give the path of a CUDA 12 or 13 runtime");
        }
        trace?.Invoke(exports.GetDeviceCount.Name);
        var count = 0;
        var code = ((delegate* unmanaged[Cdecl]<int*, int>)exports.GetDeviceCount.Address)(&count);
        return code == 0 && count > 0
            ? new CudaOpening(CudaState.Ready, new CudaRuntime(exports, module.Path, count, trace), "", "")
            : new CudaOpening(
                CudaState.NoDevice, null, $"cudaGetDeviceCount returned {code} ({exports.Text(code)}), {count} devices",
                "load the driver, or give the container a GPU");
    }

    /// <summary>Makes a device the current one of this thread.</summary>
    public void Use(int device) =>
        Check(f.SetDevice, ((delegate* unmanaged[Cdecl]<int, int>)Enter(f.SetDevice))(device));

    /// <summary>PCI bus id of a device, "0000:1b:00.0".</summary>
    public string PciBusId(int device)
    {
        var buffer = stackalloc byte[32];
        Check(f.PciBusId, ((delegate* unmanaged[Cdecl]<byte*, int, int, int>)Enter(f.PciBusId))(buffer, 32, device));
        var bytes = new ReadOnlySpan<byte>(buffer, 32);
        return Encoding.ASCII.GetString(bytes[..Math.Max(0, bytes.IndexOf((byte)0))]).ToLowerInvariant();
    }

    /// <summary>Allocates device memory.</summary>
    public nint Allocate(long bytes)
    {
        nint memory = 0;
        Check(f.Malloc, ((delegate* unmanaged[Cdecl]<nint*, nuint, int>)Enter(f.Malloc))(&memory, (nuint)bytes));
        return memory;
    }

    /// <summary>Frees device memory; nothing can be done where that fails.</summary>
    public void Free(nint memory) => _ = ((delegate* unmanaged[Cdecl]<nint, int>)Enter(f.Free))(memory);

    /// <summary>Copies to the device and waits.</summary>
    public void CopyIn(nint device, ReadOnlySpan<float> values)
    {
        fixed (float* first = values) Copy(device, (nint)first, values.Length * sizeof(float), 1);
    }

    /// <summary>Copies from the device and waits.</summary>
    public void CopyOut(Span<float> values, nint device)
    {
        fixed (float* first = values) Copy((nint)first, device, values.Length * sizeof(float), 2);
    }

    /// <summary>A new stream.</summary>
    public nint CreateStream() => Create(f.StreamCreate);

    /// <summary>Gives a stream back.</summary>
    public void DestroyStream(nint stream) =>
        _ = ((delegate* unmanaged[Cdecl]<nint, int>)Enter(f.StreamDestroy))(stream);

    /// <summary>A new event.</summary>
    public nint CreateEvent() => Create(f.EventCreate);

    /// <summary>Gives an event back.</summary>
    public void DestroyEvent(nint one) => _ = ((delegate* unmanaged[Cdecl]<nint, int>)Enter(f.EventDestroy))(one);

    /// <summary>Puts an event into a stream.</summary>
    public void Record(nint one, nint stream) =>
        Check(f.EventRecord, ((delegate* unmanaged[Cdecl]<nint, nint, int>)Enter(f.EventRecord))(one, stream));

    /// <summary>True once everything before the event is done. Never waits.</summary>
    public bool IsDone(nint one)
    {
        var code = ((delegate* unmanaged[Cdecl]<nint, int>)Enter(f.EventQuery))(one);
        if (code == NotReady) return false;
        Check(f.EventQuery, code);
        return true;
    }

    /// <summary>Time on the device between two events that are done.</summary>
    public TimeSpan Between(nint start, nint end)
    {
        float milliseconds = 0;
        Check(f.EventElapsed, ((delegate* unmanaged[Cdecl]<float*, nint, nint, int>)Enter(f.EventElapsed))(
            &milliseconds, start, end));
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    private nint Create(NativeSymbol f)
    {
        nint made = 0;
        Check(f, ((delegate* unmanaged[Cdecl]<nint*, int>)Enter(f))(&made));
        return made;
    }

    private void Copy(nint to, nint from, long bytes, int kind) =>
        Check(f.Memcpy, ((delegate* unmanaged[Cdecl]<nint, nint, nuint, int, int>)Enter(f.Memcpy))(
            to, from, (nuint)bytes, kind));

    private nint Enter(NativeSymbol f)
    {
        trace?.Invoke(f.Name);
        return f.Address;
    }

    private void Check(NativeSymbol f, int code)
    {
        if (code != 0) throw new NativeCallException(f.Name, code, this.f.Text(code));
    }
}
