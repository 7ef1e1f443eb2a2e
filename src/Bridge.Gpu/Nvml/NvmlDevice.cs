using System.Text;

namespace Bridge.Gpu.Nvml;

/// <summary>A GPU or a MIG device. Every datum comes with the code that the driver gave for it.</summary>
public sealed class NvmlDevice
{
    private readonly NvmlExports _f;
    private readonly NvmlCaller _call;

    internal NvmlDevice(NvmlLibrary library, nint handle) =>
        (Library, Handle, _f, _call) = (library, handle, library.Exports, library.Caller);

    internal NvmlLibrary Library { get; }

    internal nint Handle { get; }

    /// <summary>"GPU-…", or "MIG-…" of a MIG device.</summary>
    public NvmlResult<string> Uuid() => _call.Text(_f.Uuid, Handle, 96);

    /// <summary>Product name.</summary>
    public NvmlResult<string> Name() => _call.Text(_f.Name, Handle, 96);

    /// <summary>Serial number of the board.</summary>
    public NvmlResult<string> Serial() => _call.Text(_f.Serial, Handle, 30);

    /// <summary>N of /dev/nvidiaN.</summary>
    public NvmlResult<uint> MinorNumber() => _call.Number(_f.MinorNumber, Handle);

    /// <summary>PCI bus id in lower case, "00000000:1b:00.0".</summary>
    public NvmlResult<string> PciBusId() => BusId(_call.Struct(_f.PciInfo, Handle, default(NvmlPciInfo)));

    /// <summary>PCI bus id of the other end of a link.</summary>
    public NvmlResult<string> LinkRemoteBusId(uint link) =>
        BusId(_call.Struct(_f.NvLinkRemotePci, Handle, link, default(NvmlPciInfo)));

    /// <summary>1 where a link is up.</summary>
    public NvmlResult<uint> LinkActive(uint link) => _call.Number(_f.NvLinkState, Handle, link);

    /// <summary>1 where MIG is on now, 1 where it will be after a reset.</summary>
    public NvmlResult<(uint Current, uint Pending)> MigMode() =>
        _call.Pair(_f.MigMode, Handle).With(p => (p.First, p.Second));

    /// <summary>The most MIG devices there can be.</summary>
    public NvmlResult<uint> MaxMigDevices() => _call.Number(_f.MaxMigDevices, Handle);

    /// <summary>The MIG device at a place; NOT_FOUND where the place is empty.</summary>
    public NvmlResult<NvmlDevice> MigDevice(uint place) =>
        _call.Handle(_f.MigDevice, Handle, place).With(h => new NvmlDevice(Library, h));

    /// <summary>GPU instance of a MIG device.</summary>
    public NvmlResult<uint> GpuInstance() => _call.Number(_f.GpuInstanceId, Handle);

    /// <summary>Compute instance of a MIG device.</summary>
    public NvmlResult<uint> ComputeInstance() => _call.Number(_f.ComputeInstanceId, Handle);

    /// <summary>Event types that this GPU can report; only these may be registered.</summary>
    public NvmlResult<ulong> SupportedEvents() => _call.Long(_f.SupportedEvents, Handle);

    internal NvmlResult<uint> Number(Func<NvmlExports, Native.NativeSymbol> f) => _call.Number(f(_f), Handle);

    internal NvmlResult<uint> Number(Func<NvmlExports, Native.NativeSymbol> f, uint which) =>
        _call.Number(f(_f), Handle, which);

    internal NvmlResult<ulong> Long(Func<NvmlExports, Native.NativeSymbol> f) => _call.Long(f(_f), Handle);

    internal NvmlResult<ulong> EccTotal(uint type, uint counter) =>
        _call.Long(_f.TotalEccErrors, Handle, type, counter);

    internal NvmlResult<ulong> EccAt(uint type, uint counter, uint location) =>
        _call.Long(_f.MemoryErrorCounter, Handle, (type, counter, location));

    internal NvmlResult<ulong> LinkErrors(uint link, uint counter) =>
        _call.Long(_f.NvLinkErrors, Handle, link, counter);

    internal NvmlResult<(uint Current, uint Pending)> EccMode() =>
        _call.Pair(_f.EccMode, Handle).With(p => (p.First, p.Second));

    internal NvmlResult<(uint Corrected, uint Uncorrected, uint Pending, uint Failed)> RemappedRows() =>
        _call.Four(_f.RemappedRows, Handle).With(r => (r.A, r.B, r.C, r.D));

    internal NvmlResult<uint> RetiredPages(uint cause) => _call.CountPages(_f.RetiredPages, Handle, cause);

    internal NvmlResult<T> Struct<T>(Func<NvmlExports, Native.NativeSymbol> f, T asked)
        where T : unmanaged => _call.Struct(f(_f), Handle, asked);

    internal NvmlReturn Fields(Span<NvmlFieldValue> values) => _call.Fields(_f.FieldValues, Handle, values);

    internal NvmlResult<int> Processes(Span<NvmlProcessInfo> room) => _call.List(_f.ComputeProcesses, Handle, room);

    private static NvmlResult<string> BusId(NvmlResult<NvmlPciInfo> info) => info.With(i =>
    {
        ReadOnlySpan<byte> bytes = i.BusId;
        var end = bytes.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]).ToLowerInvariant();
    });
}
