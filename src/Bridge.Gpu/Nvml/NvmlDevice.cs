using System.Text;

namespace Bridge.Gpu.Nvml;

/// <summary>A GPU or a MIG device. Every datum comes with the code that the driver gave for it.</summary>
public sealed class NvmlDevice
{
    private readonly NvmlExports f;
    private readonly NvmlCaller call;

    internal NvmlDevice(NvmlLibrary library, nint handle) =>
        (Library, Handle, f, call) = (library, handle, library.Exports, library.Caller);

    internal NvmlLibrary Library { get; }

    internal nint Handle { get; }

    /// <summary>"GPU-…", or "MIG-…" of a MIG device.</summary>
    public NvmlResult<string> Uuid() => call.Text(f.Uuid, Handle, 96);

    /// <summary>Product name.</summary>
    public NvmlResult<string> Name() => call.Text(f.Name, Handle, 96);

    /// <summary>Serial number of the board.</summary>
    public NvmlResult<string> Serial() => call.Text(f.Serial, Handle, 30);

    /// <summary>N of /dev/nvidiaN.</summary>
    public NvmlResult<uint> MinorNumber() => call.Number(f.MinorNumber, Handle);

    /// <summary>PCI bus id in lower case, "00000000:1b:00.0".</summary>
    public NvmlResult<string> PciBusId() => BusId(call.Struct(f.PciInfo, Handle, default(NvmlPciInfo)));

    /// <summary>PCI bus id of the other end of a link.</summary>
    public NvmlResult<string> LinkRemoteBusId(uint link) =>
        BusId(call.Struct(f.NvLinkRemotePci, Handle, link, default(NvmlPciInfo)));

    /// <summary>1 where a link is up.</summary>
    public NvmlResult<uint> LinkActive(uint link) => call.Number(f.NvLinkState, Handle, link);

    /// <summary>1 where MIG is on now, 1 where it will be after a reset.</summary>
    public NvmlResult<(uint Current, uint Pending)> MigMode() =>
        call.Pair(f.MigMode, Handle).With(p => (p.First, p.Second));

    /// <summary>The most MIG devices there can be.</summary>
    public NvmlResult<uint> MaxMigDevices() => call.Number(f.MaxMigDevices, Handle);

    /// <summary>The MIG device at a place; NOT_FOUND where the place is empty.</summary>
    public NvmlResult<NvmlDevice> MigDevice(uint place) =>
        call.Handle(f.MigDevice, Handle, place).With(h => new NvmlDevice(Library, h));

    /// <summary>GPU instance of a MIG device.</summary>
    public NvmlResult<uint> GpuInstance() => call.Number(f.GpuInstanceId, Handle);

    /// <summary>Compute instance of a MIG device.</summary>
    public NvmlResult<uint> ComputeInstance() => call.Number(f.ComputeInstanceId, Handle);

    /// <summary>Event types that this GPU can report; only these may be registered.</summary>
    public NvmlResult<ulong> SupportedEvents() => call.Long(f.SupportedEvents, Handle);

    internal NvmlResult<uint> Number(Func<NvmlExports, Native.NativeSymbol> f) => call.Number(f(this.f), Handle);

    internal NvmlResult<uint> Number(Func<NvmlExports, Native.NativeSymbol> f, uint which) =>
        call.Number(f(this.f), Handle, which);

    internal NvmlResult<ulong> Long(Func<NvmlExports, Native.NativeSymbol> f) => call.Long(f(this.f), Handle);

    internal NvmlResult<ulong> EccTotal(uint type, uint counter) =>
        call.Long(f.TotalEccErrors, Handle, type, counter);

    internal NvmlResult<ulong> EccAt(uint type, uint counter, uint location) =>
        call.Long(f.MemoryErrorCounter, Handle, (type, counter, location));

    internal NvmlResult<ulong> LinkErrors(uint link, uint counter) =>
        call.Long(f.NvLinkErrors, Handle, link, counter);

    internal NvmlResult<(uint Current, uint Pending)> EccMode() =>
        call.Pair(f.EccMode, Handle).With(p => (p.First, p.Second));

    internal NvmlResult<(uint Corrected, uint Uncorrected, uint Pending, uint Failed)> RemappedRows() =>
        call.Four(f.RemappedRows, Handle).With(r => (r.A, r.B, r.C, r.D));

    internal NvmlResult<uint> RetiredPages(uint cause) => call.CountPages(f.RetiredPages, Handle, cause);

    internal NvmlResult<T> Struct<T>(Func<NvmlExports, Native.NativeSymbol> f, T asked)
        where T : unmanaged => call.Struct(f(this.f), Handle, asked);

    internal NvmlReturn Fields(Span<NvmlFieldValue> values) => call.Fields(f.FieldValues, Handle, values);

    internal NvmlResult<int> Processes(Span<NvmlProcessInfo> room) => call.List(f.ComputeProcesses, Handle, room);

    private static NvmlResult<string> BusId(NvmlResult<NvmlPciInfo> info) => info.With(i =>
    {
        ReadOnlySpan<byte> bytes = i.BusId;
        var end = bytes.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]).ToLowerInvariant();
    });
}
