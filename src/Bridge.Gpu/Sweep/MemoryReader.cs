using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>ECC, remapped rows, retired pages and pending repairs.</summary>
internal static class MemoryReader
{
    private const uint Corrected = 0;
    private const uint Uncorrected = 1;
    private const uint Volatile = 0;
    private const uint Aggregate = 1;
    private const uint Dram = 2;
    private const uint Sram = 7;

    public static void Read(NvmlDevice gpu, ReadingSet set)
    {
        Ecc(gpu, set);
        if (set.Gone) return;
        var rows = gpu.RemappedRows();
        set.Add("remap.correctable_rows", rows, r => r.Corrected);
        set.Add("remap.uncorrectable_rows", rows, r => r.Uncorrected);
        set.Add("remap.pending", rows, r => r.Pending);
        set.Add("remap.failed", rows, r => r.Failed);
        var histogram = gpu.Struct(f => f.RowRemapperHistogram, default(NvmlRowRemapperHistogram));
        set.Add("remap.banks_none", histogram, h => h.None);
        set.Add("remap.banks_low", histogram, h => h.Low);
        set.Add("retired.single_bit_pages", gpu.RetiredPages(0));
        set.Add("retired.double_bit_pages", gpu.RetiredPages(1));
        set.Add("retired.pending", gpu.Number(f => f.RetiredPagesPending));
        var repair = gpu.Struct(f => f.RepairStatus, new NvmlRepairStatusV1 { Version = NvmlRepairStatusV1.Word });
        set.Add("repair.channel_pending", repair, r => r.ChannelRepairPending);
        set.Add("repair.tpc_pending", repair, r => r.TpcRepairPending);
    }

    private static void Ecc(NvmlDevice gpu, ReadingSet set)
    {
        set.Add("ecc.enabled", gpu.EccMode(), m => m.Current);
        if (set.Gone) return;
        set.Add("ecc.volatile_corrected", gpu.EccTotal(Corrected, Volatile));
        set.Add("ecc.volatile_uncorrected", gpu.EccTotal(Uncorrected, Volatile));
        set.Add("ecc.aggregate_corrected", gpu.EccTotal(Corrected, Aggregate));
        set.Add("ecc.aggregate_uncorrected", gpu.EccTotal(Uncorrected, Aggregate));
        set.Add("ecc.dram_corrected", gpu.EccAt(Corrected, Volatile, Dram));
        set.Add("ecc.dram_uncorrected", gpu.EccAt(Uncorrected, Volatile, Dram));
        var sram = gpu.Struct(f => f.SramEccErrorStatus, new NvmlSramEccStatus { Version = NvmlSramEccStatus.Word });
        set.Add("ecc.sram_threshold_exceeded", sram, s => s.ThresholdExceeded);
        if (sram.Ok)
        {
            var status = sram.Value;
            set.Set("ecc.sram_corrected", status.VolatileCorrected);
            set.Set("ecc.sram_uncorrected", status.VolatileUncorrectedParity + status.VolatileUncorrectedSecDed);
            return;
        }
        // Drivers before the SRAM status have the same two counters by location.
        set.Add("ecc.sram_corrected", gpu.EccAt(Corrected, Volatile, Sram));
        set.Add("ecc.sram_uncorrected", gpu.EccAt(Uncorrected, Volatile, Sram));
    }
}
