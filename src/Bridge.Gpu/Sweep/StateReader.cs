using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>State of the GPU itself: recovery action, load, processes, memory.</summary>
internal static class StateReader
{
    public static void Read(NvmlDevice gpu, ReadingSet set)
    {
        FieldReader.Read(gpu, set);
        set.Add("gpu.persistence", gpu.Number(f => f.PersistenceMode));
        set.Add("gpu.numa_node", gpu.Number(f => f.NumaNode));
        set.Add("gpu.utilization_percent", gpu.Struct(f => f.Utilization, default(NvmlUtilization)), u => u.Gpu);
        var memory = gpu.Struct(f => f.MemoryInfo, new NvmlMemoryV2 { Version = NvmlMemoryV2.Word });
        set.Add("memory.total_bytes", memory, m => m.Total);
        set.Add("memory.used_bytes", memory, m => m.Used);
        set.Add("memory.reserved_bytes", memory, m => m.Reserved);
    }

    public static IReadOnlyList<GpuProcess> Processes(NvmlDevice gpu, ReadingSet set)
    {
        Span<NvmlProcessInfo> room = stackalloc NvmlProcessInfo[128];
        var count = gpu.Processes(room);
        // More processes than room: their number is what matters, and it is more than any check asks about.
        if (count.Code == NvmlReturn.InsufficientSize) count = new(count.Function, NvmlReturn.Success, count.Value);
        set.Add("gpu.processes", count, c => c);
        if (!count.Ok) return [];
        var processes = new GpuProcess[count.Value];
        for (var i = 0; i < processes.Length; i++)
        {
            // All bits set is NVML_VALUE_NOT_AVAILABLE: another user's process, seen from a container.
            var used = room[i].UsedGpuMemory;
            processes[i] = new GpuProcess(room[i].Pid, used == ulong.MaxValue ? null : (long)used);
        }
        return processes;
    }

    public static IReadOnlyList<MigObservation> Mig(NvmlDevice gpu, ReadingSet set)
    {
        var mode = gpu.MigMode();
        set.Add("mig.enabled", mode, m => m.Current);
        if (mode is not { Ok: true, Value.Current: 1 }) return [];
        var most = gpu.MaxMigDevices();
        var found = new List<MigObservation>();
        for (uint place = 0; most.Ok && place < most.Value; place++)
        {
            var device = gpu.MigDevice(place);
            if (!device.Ok) continue;
            found.Add(new MigObservation(
                OrNull(device.Value.Uuid()), OrNull(device.Value.Name()),
                OrNone(device.Value.GpuInstance()), OrNone(device.Value.ComputeInstance())));
        }
        set.Set("mig.devices", found.Count);
        return found;
    }

    public static string? OrNull(NvmlResult<string> text) => text.Ok && text.Value.Length > 0 ? text.Value : null;

    public static int? OrNone(NvmlResult<uint> number) => number.Ok ? (int)number.Value : null;
}
