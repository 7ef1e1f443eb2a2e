using Bridge.Core.Health;

namespace Bridge.Gpu.Nvml;

/// <summary>A GPU that is watched, and the event bits that it can report.</summary>
public sealed record WatchedGpu(string? Uuid, string? PciBusId, long Events, string? Why);

/// <summary>
/// Waits for events of all GPUs. NVML tells only what happens after the registration, so a caller takes a sweep once
/// this has begun: the recovery action in it says what was missed.
/// </summary>
public sealed class NvmlWatch : IDisposable
{
    /// <summary>
    /// XID, double bit, storms, retirements, poison, unavailable, recovery action (nvml.h, nvmlEventType*).
    /// </summary>
    private const ulong Wanted = 0x2 | 0x8 | 0x200 | 0x400 | 0x800 | 0x1000 | 0x2000 | 0x4000 | 0x8000;

    private const ulong XidBit = 0x8;

    private readonly NvmlLibrary nvml;
    private readonly nint set;
    private readonly Dictionary<nint, string?> uuids = [];
    private readonly List<WatchedGpu> gpus = [];

    private NvmlWatch(NvmlLibrary nvml, nint set) => (this.nvml, this.set) = (nvml, set);

    /// <summary>What is watched; a GPU with 0 events reports none, and says why.</summary>
    public IReadOnlyList<WatchedGpu> Gpus => gpus;

    /// <summary>Registers every GPU for what it supports; GPUs that cannot be counted cannot be watched.</summary>
    public static NvmlResult<NvmlWatch> Begin(NvmlLibrary nvml)
    {
        var count = nvml.DeviceCount();
        if (!count.Ok) return new NvmlResult<NvmlWatch>(count.Function, count.Code, null!);
        return nvml.Caller.CreateEventSet(nvml.Exports.EventSetCreate).With(set =>
        {
            var watch = new NvmlWatch(nvml, set);
            watch.RegisterAll(count.Value);
            return watch;
        });
    }

    /// <summary>Waits for one event; TIMEOUT where none came in time.</summary>
    public NvmlResult<GpuEvent> Wait(TimeSpan atMost, TimeProvider time, string bootId) =>
        nvml.Caller.WaitEvent(nvml.Exports.EventSetWait, set, (uint)atMost.TotalMilliseconds).With(data =>
        {
            var xid = data.EventType == XidBit;
            return new GpuEvent(
                time.GetUtcNow(), bootId, xid ? GpuEventKind.Xid : GpuEventKind.Nvml,
                (long)(xid ? data.EventData : data.EventType), uuids.GetValueOrDefault(data.Device));
        });

    /// <inheritdoc/>
    public void Dispose() => nvml.Caller.FreeEventSet(nvml.Exports.EventSetFree, set);

    private void RegisterAll(uint count)
    {
        for (uint place = 0; place < count; place++)
        {
            var gpu = nvml.DeviceAt(place);
            if (gpu.Ok) Register(gpu.Value);
            else gpus.Add(new WatchedGpu(null, null, 0, gpu.Explain()));
        }
    }

    private void Register(NvmlDevice gpu)
    {
        var (uuid, bus) = (gpu.Uuid(), gpu.PciBusId());
        uuids[gpu.Handle] = uuid.Ok ? uuid.Value : null;
        var supported = gpu.SupportedEvents();
        // A bit that the GPU does not support makes the driver refuse the whole registration.
        var types = supported.Ok ? supported.Value & Wanted : 0;
        var code = types == 0
            ? supported.Code
            : nvml.Caller.Register(nvml.Exports.RegisterEvents, gpu.Handle, types, set);
        var why = code == NvmlReturn.Success ? null : $"events cannot be registered: {(int)code} ({code.Text()})";
        gpus.Add(new WatchedGpu(
            uuid.Ok ? uuid.Value : null, bus.Ok ? bus.Value : null, why is null ? (long)types : 0, why));
    }
}
