using System.Globalization;

namespace Bridge.Gpu.Sweep;

/// <summary>
/// Every field that a sweep asks for by number (nvml.h, NVML_FI_DEV_*). 205 and 216 to 218 are not here: nvml.h calls
/// them deprecated, not to be used.
/// </summary>
internal static class NvmlFields
{
    /// <summary>How many bins a link's history of corrected symbol errors has.</summary>
    public const int FecBins = 16;

    private const uint FirstFecBin = 235;

    /// <summary>Of the GPU as a whole.</summary>
    public static readonly IReadOnlyList<NvmlField> OfGpu =
    [
        new(82, "MEMORY_TEMP", "temperature.memory_celsius"),
        new(173, "PCIE_COUNT_CORRECTABLE_ERRORS", "pcie.correctable_errors"),
        new(174, "PCIE_COUNT_NAKS_RECEIVED", "pcie.naks_received"),
        new(175, "PCIE_COUNT_RECEIVER_ERROR", "pcie.receiver_errors"),
        new(176, "PCIE_COUNT_BAD_TLP", "pcie.bad_tlps"),
        new(177, "PCIE_COUNT_NAKS_SENT", "pcie.naks_sent"),
        new(178, "PCIE_COUNT_BAD_DLLP", "pcie.bad_dllps"),
        new(179, "PCIE_COUNT_NON_FATAL_ERROR", "pcie.non_fatal_errors"),
        new(180, "PCIE_COUNT_FATAL_ERROR", "pcie.fatal_errors"),
        new(181, "PCIE_COUNT_UNSUPPORTED_REQ", "pcie.unsupported_requests"),
        new(182, "PCIE_COUNT_LCRC_ERROR", "pcie.lcrc_errors"),
        new(183, "PCIE_COUNT_LANE_ERROR", "pcie.lane_errors"),
        new(193, "TEMPERATURE_SHUTDOWN_TLIMIT", "temperature.tlimit_shutdown_celsius"),
        new(194, "TEMPERATURE_SLOWDOWN_TLIMIT", "temperature.tlimit_slowdown_celsius"),
        new(195, "TEMPERATURE_MEM_MAX_TLIMIT", "temperature.tlimit_memory_max_celsius"),
        new(196, "TEMPERATURE_GPU_MAX_TLIMIT", "temperature.tlimit_gpu_max_celsius"),
        new(230, "GET_GPU_RECOVERY_ACTION", "gpu.recovery_action"),
    ];

    /// <summary>
    /// Of one link, whose number goes into the scope. 161 to 163 end with Hopper, the others begin with Blackwell.
    /// </summary>
    public static readonly IReadOnlyList<NvmlField> OfLink =
    [
        new(161, "NVLINK_ERROR_DL_REPLAY", "nvlink.replay_errors"),
        new(162, "NVLINK_ERROR_DL_RECOVERY", "nvlink.recovery_errors"),
        new(163, "NVLINK_ERROR_DL_CRC", "nvlink.crc_errors"),
        new(201, "NVLINK_COUNT_XMIT_PACKETS", "nvlink.sent_packets"),
        new(202, "NVLINK_COUNT_XMIT_BYTES", "nvlink.sent_bytes"),
        new(203, "NVLINK_COUNT_RCV_PACKETS", "nvlink.received_packets"),
        new(204, "NVLINK_COUNT_RCV_BYTES", "nvlink.received_bytes"),
        new(206, "NVLINK_COUNT_MALFORMED_PACKET_ERRORS", "nvlink.malformed_packets"),
        new(207, "NVLINK_COUNT_BUFFER_OVERRUN_ERRORS", "nvlink.buffer_overruns"),
        new(208, "NVLINK_COUNT_RCV_ERRORS", "nvlink.receive_errors"),
        new(209, "NVLINK_COUNT_RCV_REMOTE_ERRORS", "nvlink.remote_errors"),
        new(210, "NVLINK_COUNT_RCV_GENERAL_ERRORS", "nvlink.general_errors"),
        new(211, "NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS", "nvlink.integrity_errors"),
        new(212, "NVLINK_COUNT_XMIT_DISCARDS", "nvlink.send_discards"),
        new(213, "NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS", "nvlink.recoveries"),
        new(214, "NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS", "nvlink.failed_recoveries"),
        new(215, "NVLINK_COUNT_LINK_RECOVERY_EVENTS", "nvlink.recovery_events"),
        new(219, "NVLINK_COUNT_EFFECTIVE_ERRORS", "nvlink.effective_errors"),
        new(220, "NVLINK_COUNT_EFFECTIVE_BER", "nvlink.effective_ber", FieldValue.BitErrorRate),
        new(221, "NVLINK_COUNT_SYMBOL_ERRORS", "nvlink.symbol_errors"),
        new(222, "NVLINK_COUNT_SYMBOL_BER", "nvlink.symbol_ber", FieldValue.BitErrorRate),
        .. Enumerable.Range(0, FecBins).Select(Fec),
    ];

    private static NvmlField Fec(int bin)
    {
        var number = bin.ToString(CultureInfo.InvariantCulture);
        return new NvmlField(
            FirstFecBin + (uint)bin, $"NVLINK_COUNT_FEC_HISTORY_{number}", $"nvlink.fec_history_{number}");
    }
}
