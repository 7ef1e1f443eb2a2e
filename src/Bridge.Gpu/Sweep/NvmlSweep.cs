using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>
/// One pass over all GPUs of the node: everything that NVML tells, each datum with a value or a reason.
/// </summary>
public static class NvmlSweep
{
    /// <summary>Takes a sweep.</summary>
    /// <param name="nvml">The opened library.</param>
    /// <param name="time">Clock for the moment of the sweep.</param>
    /// <param name="bootId">/proc/sys/kernel/random/boot_id.</param>
    public static GpuSweep Take(NvmlLibrary nvml, TimeProvider time, string bootId)
    {
        var at = time.GetUtcNow();
        var node = new ReadingSet();
        var count = nvml.DeviceCount();
        node.Add("node.gpu_count", count);
        node.Set("node.driver_mismatch", 0);
        var gpus = new List<GpuObservation>();
        for (uint place = 0; count.Ok && place < count.Value; place++) gpus.Add(Gpu(nvml.DeviceAt(place)));
        return new GpuSweep
        {
            TakenAt = at,
            BootId = bootId,
            DriverVersion = StateReader.OrNull(nvml.DriverVersion()),
            NvmlVersion = StateReader.OrNull(nvml.NvmlVersion()),
            CudaDriverVersion = StateReader.OrNull(nvml.CudaDriverVersion()),
            MissingFunctions = nvml.MissingFunctions,
            Readings = node.Readings,
            Gpus = gpus,
        };
    }

    /// <summary>
    /// What is known when NVML does not start because driver and library differ: that, and nothing else.
    /// </summary>
    public static GpuSweep OfMismatch(TimeProvider time, string bootId, string why)
    {
        var node = new ReadingSet();
        node.Set("node.driver_mismatch", 1);
        node.Set("node.gpu_count", Reading.Absent(Absence.NotAsked, why));
        return new GpuSweep { TakenAt = time.GetUtcNow(), BootId = bootId, Readings = node.Readings, Gpus = [] };
    }

    private static GpuObservation Gpu(NvmlResult<NvmlDevice> handle)
    {
        var set = new ReadingSet();
        set.Note(handle.Code);
        if (!handle.Ok)
            return Finish(set, handle.Code, handle.Explain(), new GpuObservation { Readings = set.Readings });
        var gpu = handle.Value;
        var seen = Identify(gpu, set);
        Action[] parts =
        [
            () => seen = seen with { MigDevices = StateReader.Mig(gpu, set) },
            () => StateReader.Read(gpu, set),
            () => seen = seen with { Processes = StateReader.Processes(gpu, set) },
            () => MemoryReader.Read(gpu, set),
            () => LinkReader.Pcie(gpu, set),
            () => seen = seen with { Links = LinkReader.Links(gpu, set) },
            () => seen = seen with { Fabric = LinkReader.Fabric(gpu, set) },
            () => seen = seen with { Platform = PlatformReader.Read(gpu, set) },
            () => ThermalReader.Read(gpu, set),
        ];
        foreach (var part in parts)
        {
            if (set.Gone) break;
            part();
        }
        return Finish(set, NvmlReturn.Success, "", seen);
    }

    private static GpuObservation Identify(NvmlDevice gpu, ReadingSet set)
    {
        var (uuid, bus, name) = (gpu.Uuid(), gpu.PciBusId(), gpu.Name());
        foreach (var code in (NvmlReturn[])[uuid.Code, bus.Code, name.Code]) set.Note(code);
        return new GpuObservation
        {
            Uuid = StateReader.OrNull(uuid),
            PciBusId = StateReader.OrNull(bus),
            ProductName = StateReader.OrNull(name),
            Serial = set.Gone ? null : StateReader.OrNull(gpu.Serial()),
            Minor = set.Gone ? null : StateReader.OrNone(gpu.MinorNumber()),
            Readings = set.Readings,
        };
    }

    /// <summary>Lost and reset required are told last, when every call had its chance to say so.</summary>
    private static GpuObservation Finish(ReadingSet set, NvmlReturn code, string why, GpuObservation seen)
    {
        if (code is NvmlReturn.Success or NvmlReturn.GpuIsLost or NvmlReturn.ResetRequired)
        {
            set.Set("gpu.lost", set.Lost ? 1 : 0);
            set.Set("gpu.reset_required", set.ResetRequired ? 1 : 0);
            return seen;
        }
        set.Set("gpu.lost", Reading.Absent(code.Absence(), why));
        set.Set("gpu.reset_required", Reading.Absent(code.Absence(), why));
        return seen;
    }
}
