using System.Text;
using Bridge.Gpu.Native;

namespace Bridge.Gpu.Nvml;

/// <summary>
/// Calls NVML functions by their addresses, one method per shape of signature. A missing function answers
/// FUNCTION_NOT_FOUND, as the driver itself does. Before every call the trace hears which one begins: when a call never
/// returns, the last line of the trace names it.
/// </summary>
internal sealed unsafe class NvmlCaller(Action<string>? trace)
{
    public NvmlReturn Plain(NativeSymbol f) =>
        Enter(f) ? (NvmlReturn)((delegate* unmanaged[Cdecl]<int>)f.Address)() : NvmlReturn.FunctionNotFound;

    public NvmlResult<string> Text(NativeSymbol f, int size)
    {
        if (!Enter(f)) return Missing<string>(f);
        var buffer = stackalloc byte[size];
        buffer[0] = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<byte*, uint, int>)f.Address)(buffer, (uint)size);
        return new NvmlResult<string>(f.Name, code, Decode(buffer, size));
    }

    public NvmlResult<string> Text(NativeSymbol f, nint device, int size)
    {
        if (!Enter(f)) return Missing<string>(f);
        var buffer = stackalloc byte[size];
        buffer[0] = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, byte*, uint, int>)f.Address)(
            device, buffer, (uint)size);
        return new NvmlResult<string>(f.Name, code, Decode(buffer, size));
    }

    public NvmlResult<uint> Number(NativeSymbol f)
    {
        if (!Enter(f)) return Missing<uint>(f);
        uint value = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<uint*, int>)f.Address)(&value);
        return new NvmlResult<uint>(f.Name, code, value);
    }

    public NvmlResult<uint> Number(NativeSymbol f, nint device)
    {
        if (!Enter(f)) return Missing<uint>(f);
        uint value = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint*, int>)f.Address)(device, &value);
        return new NvmlResult<uint>(f.Name, code, value);
    }

    public NvmlResult<uint> Number(NativeSymbol f, nint device, uint which)
    {
        if (!Enter(f)) return Missing<uint>(f);
        uint value = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint, uint*, int>)f.Address)(device, which, &value);
        return new NvmlResult<uint>(f.Name, code, value);
    }

    public NvmlResult<ulong> Long(NativeSymbol f, nint device)
    {
        if (!Enter(f)) return Missing<ulong>(f);
        ulong value = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, ulong*, int>)f.Address)(device, &value);
        return new NvmlResult<ulong>(f.Name, code, value);
    }

    public NvmlResult<ulong> Long(NativeSymbol f, nint device, uint a, uint b)
    {
        if (!Enter(f)) return Missing<ulong>(f);
        ulong value = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint, uint, ulong*, int>)f.Address)(
            device, a, b, &value);
        return new NvmlResult<ulong>(f.Name, code, value);
    }

    public NvmlResult<ulong> Long(NativeSymbol f, nint device, (uint A, uint B, uint C) which)
    {
        if (!Enter(f)) return Missing<ulong>(f);
        ulong value = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint, uint, uint, ulong*, int>)f.Address)(
            device, which.A, which.B, which.C, &value);
        return new NvmlResult<ulong>(f.Name, code, value);
    }

    public NvmlResult<(uint First, uint Second)> Pair(NativeSymbol f, nint device)
    {
        if (!Enter(f)) return Missing<(uint, uint)>(f);
        uint first = 0, second = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint*, uint*, int>)f.Address)(
            device, &first, &second);
        return new NvmlResult<(uint, uint)>(f.Name, code, (first, second));
    }

    public NvmlResult<(uint A, uint B, uint C, uint D)> Four(NativeSymbol f, nint device)
    {
        if (!Enter(f)) return Missing<(uint, uint, uint, uint)>(f);
        uint a = 0, b = 0, c = 0, d = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint*, uint*, uint*, uint*, int>)f.Address)(
            device, &a, &b, &c, &d);
        return new NvmlResult<(uint, uint, uint, uint)>(f.Name, code, (a, b, c, d));
    }

    /// <summary>A handle: of a device by index, of a MIG device by place.</summary>
    public NvmlResult<nint> Handle(NativeSymbol f, uint index)
    {
        if (!Enter(f)) return Missing<nint>(f);
        nint handle = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<uint, nint*, int>)f.Address)(index, &handle);
        return new NvmlResult<nint>(f.Name, code, handle);
    }

    public NvmlResult<nint> Handle(NativeSymbol f, nint device, uint index)
    {
        if (!Enter(f)) return Missing<nint>(f);
        nint handle = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint, nint*, int>)f.Address)(device, index, &handle);
        return new NvmlResult<nint>(f.Name, code, handle);
    }

    /// <summary>A structure that the caller has filled with its version word.</summary>
    public NvmlResult<T> Struct<T>(NativeSymbol f, nint device, T asked)
        where T : unmanaged
    {
        if (!Enter(f)) return Missing<T>(f);
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, T*, int>)f.Address)(device, &asked);
        return new NvmlResult<T>(f.Name, code, asked);
    }

    /// <summary>A structure that belongs to one link.</summary>
    public NvmlResult<T> Struct<T>(NativeSymbol f, nint device, uint which, T asked)
        where T : unmanaged
    {
        if (!Enter(f)) return Missing<T>(f);
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint, T*, int>)f.Address)(device, which, &asked);
        return new NvmlResult<T>(f.Name, code, asked);
    }

    public NvmlReturn Fields(NativeSymbol f, nint device, Span<NvmlFieldValue> values)
    {
        if (!Enter(f)) return NvmlReturn.FunctionNotFound;
        fixed (NvmlFieldValue* first = values)
            return (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, int, NvmlFieldValue*, int>)f.Address)(
                device, values.Length, first);
    }

    /// <summary>
    /// A list whose length is not known before: at most the length of <paramref name="room"/> is taken.
    /// </summary>
    public NvmlResult<int> List(NativeSymbol f, nint device, Span<NvmlProcessInfo> room)
    {
        if (!Enter(f)) return Missing<int>(f);
        var count = (uint)room.Length;
        fixed (NvmlProcessInfo* first = room)
        {
            var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint*, NvmlProcessInfo*, int>)f.Address)(
                device, &count, first);
            return new NvmlResult<int>(f.Name, code, (int)Math.Min(count, (uint)room.Length));
        }
    }

    /// <summary>How many pages were retired for a cause; the addresses are not asked for.</summary>
    public NvmlResult<uint> CountPages(NativeSymbol f, nint device, uint cause)
    {
        if (!Enter(f)) return Missing<uint>(f);
        uint count = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, uint, uint*, ulong*, ulong*, int>)f.Address)(
            device, cause, &count, null, null);
        // With room for none, "too small" is the answer that carries the count.
        return new NvmlResult<uint>(f.Name, code == NvmlReturn.InsufficientSize ? NvmlReturn.Success : code, count);
    }

    public NvmlResult<NvmlEventData> WaitEvent(NativeSymbol f, nint set, uint milliseconds)
    {
        if (!Enter(f)) return Missing<NvmlEventData>(f);
        var data = default(NvmlEventData);
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, NvmlEventData*, uint, int>)f.Address)(
            set, &data, milliseconds);
        return new NvmlResult<NvmlEventData>(f.Name, code, data);
    }

    public NvmlResult<nint> CreateEventSet(NativeSymbol f)
    {
        if (!Enter(f)) return Missing<nint>(f);
        nint set = 0;
        var code = (NvmlReturn)((delegate* unmanaged[Cdecl]<nint*, int>)f.Address)(&set);
        return new NvmlResult<nint>(f.Name, code, set);
    }

    public NvmlReturn FreeEventSet(NativeSymbol f, nint set) =>
        Enter(f) ? (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, int>)f.Address)(set) : NvmlReturn.FunctionNotFound;

    public NvmlReturn Register(NativeSymbol f, nint device, ulong types, nint set) => Enter(f)
        ? (NvmlReturn)((delegate* unmanaged[Cdecl]<nint, ulong, nint, int>)f.Address)(device, types, set)
        : NvmlReturn.FunctionNotFound;

    private static NvmlResult<T> Missing<T>(NativeSymbol f) => new(f.Name, NvmlReturn.FunctionNotFound, default!);

    private static string Decode(byte* buffer, int size)
    {
        var bytes = new ReadOnlySpan<byte>(buffer, size);
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private bool Enter(NativeSymbol f)
    {
        if (!f.Exists) return false;
        trace?.Invoke(f.Name);
        return true;
    }
}
