using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>NVLink, NVLink fabric and PCIe.</summary>
internal static class LinkReader
{
    /// <summary>NVML_NVLINK_MAX_LINKS.</summary>
    private const uint MaxLinks = 18;

    public static IReadOnlyList<NvLinkObservation> Links(NvmlDevice gpu, ReadingSet set)
    {
        var links = new List<NvLinkObservation>();
        var running = new List<uint>();
        for (uint link = 0; link < MaxLinks && !set.Gone; link++)
        {
            var active = gpu.LinkActive(link);
            set.Note(active.Code);
            // A number beyond the GPU's last link is "invalid argument" or "not supported", by driver.
            if (active.Code is NvmlReturn.InvalidArgument or NvmlReturn.NotSupported && link > 0) break;
            if (!active.Ok)
            {
                if (link == 0) NoLinks(set, active);
                else links.Add(new NvLinkObservation((int)link, null, null, active.Explain()));
                if (link == 0) return links;
                continue;
            }
            var up = active.Value == 1;
            links.Add(new NvLinkObservation((int)link, up, up ? StateReader.OrNull(gpu.LinkRemoteBusId(link)) : null));
            if (up) running.Add(link);
        }
        set.Set("nvlink.links", links.Count);
        if (links.TrueForAll(l => l.Active is not null)) set.Set("nvlink.active", links.Count(l => l.Active == true));
        else set.Set("nvlink.active", Reading.Absent(Absence.Failed, links.First(l => l.Active is null).Detail ?? ""));
        LinkCounters.Read(gpu, running, set);
        return links;
    }

    public static void Pcie(NvmlDevice gpu, ReadingSet set)
    {
        set.Add("pcie.generation", gpu.Number(f => f.PcieGeneration));
        set.Add("pcie.generation_max", gpu.Number(f => f.PcieMaxGeneration));
        set.Add("pcie.width", gpu.Number(f => f.PcieWidth));
        set.Add("pcie.width_max", gpu.Number(f => f.PcieMaxWidth));
        set.Add("pcie.replays", gpu.Number(f => f.PcieReplays));
    }

    /// <summary>
    /// The newest structure that the driver takes: version 3, then 2, then the call without a version.
    /// </summary>
    public static GpuFabric? Fabric(NvmlDevice gpu, ReadingSet set)
    {
        var v3 = gpu.Struct(f => f.FabricInfoV, new NvmlFabricInfoV3 { Version = NvmlFabricInfoV3.Word });
        if (v3 is { Ok: true, Value: var three })
        {
            set.Set("fabric.health_summary", three.HealthSummary);
            return Registered(set, three.ClusterUuid, (three.State, three.Status, three.CliqueId), three.HealthMask);
        }
        set.Set("fabric.health_summary", Reading.Absent(v3.Code.Absence(), v3.Explain()));
        var v2 = gpu.Struct(f => f.FabricInfoV, new NvmlFabricInfoV2 { Version = NvmlFabricInfoV2.Word });
        if (v2 is { Ok: true, Value: var two })
            return Registered(set, two.ClusterUuid, (two.State, two.Status, two.CliqueId), two.HealthMask);
        var v1 = gpu.Struct(f => f.FabricInfo, default(NvmlFabricInfoV1));
        if (v1.Ok)
        {
            HealthMask(set, null, v2.Explain());
            return Registered(set, v1.Value.ClusterUuid, (v1.Value.State, v1.Value.Status, v1.Value.CliqueId), null);
        }
        set.Add("fabric.state", v1, i => i.State);
        set.Add("fabric.status", v1, i => i.Status);
        HealthMask(set, null, v1.Explain());
        return null;
    }

    private static GpuFabric? Registered(
        ReadingSet set, Bytes16 cluster, (byte State, int Status, uint Clique) info, uint? mask)
    {
        // State 0 is the call's own "not supported": a board without NVSwitch answers it, and so does a GPU alone.
        var none = Reading.Absent(Absence.NotSupported, "the fabric's state is 0: this GPU takes part in none");
        set.Set("fabric.state", info.State == 0 ? none : new Reading(info.State));
        set.Set("fabric.status", info.State == 0 ? none : new Reading(info.Status));
        if (mask is not null) HealthMask(set, mask, "");
        ReadOnlySpan<byte> uuid = cluster;
        return uuid.ContainsAnyExcept((byte)0)
            ? new GpuFabric(new Guid(uuid, bigEndian: true).ToString(), info.Clique)
            : null;
    }

    /// <summary>nvml.h, NVML_GPU_FABRIC_HEALTH_MASK_*: two bits a field, four for the configuration.</summary>
    private static void HealthMask(ReadingSet set, uint? mask, string why)
    {
        (string Signal, int Shift, uint Bits)[] fields =
        [
            ("fabric.degraded_bandwidth", 0, 3), ("fabric.route_recovery", 2, 3), ("fabric.route_unhealthy", 4, 3),
            ("fabric.access_timeout", 6, 3), ("fabric.incorrect_configuration", 8, 15),
        ];
        foreach (var (signal, shift, bits) in fields)
        {
            set.Set(signal, mask is { } m
                ? new Reading((m >> shift) & bits)
                : Reading.Absent(Absence.FunctionMissing, why));
        }
    }

    private static void NoLinks(ReadingSet set, NvmlResult<uint> first)
    {
        set.Add("nvlink.links", first);
        set.Add("nvlink.active", first);
        foreach (var field in NvmlFields.OfLink) set.Add(field.Signal, first);
    }
}
