using System.Globalization;

namespace Bridge.Core.Health;

public static partial class SignalCatalog
{
    private const int FecBins = 16;

    /// <summary>Each over all links that are up: counters added, rates as the worst link has them.</summary>
    private static Signal[] NvLinkCounterRows() =>
    [
        Volatile("nvlink.replay_errors", "replays (to Hopper)"),
        Volatile("nvlink.recovery_errors", "recoveries (to Hopper)"),
        Volatile("nvlink.crc_errors", "CRC errors (to Hopper)"),
        Volatile("nvlink.sent_packets", "packets sent"),
        Volatile("nvlink.sent_bytes", "bytes sent", "bytes"),
        Volatile("nvlink.received_packets", "packets received"),
        Volatile("nvlink.received_bytes", "bytes received", "bytes"),
        Volatile("nvlink.malformed_packets", "packets received in a wrong form"),
        Volatile("nvlink.buffer_overruns", "packets thrown away because the receiver had no room"),
        Volatile("nvlink.receive_errors", "packets received with errors"),
        Volatile("nvlink.remote_errors", "packets that the other end had already marked as bad"),
        Volatile("nvlink.general_errors", "packets received with a header that does not match"),
        Volatile("nvlink.integrity_errors", "times that local errors passed the link's own threshold"),
        Volatile("nvlink.send_discards", "bad packets thrown away before they were sent"),
        Volatile("nvlink.recoveries", "times a link went down into recovery and came back"),
        Volatile("nvlink.failed_recoveries", "times a link went down into recovery and stayed down"),
        Volatile("nvlink.recovery_events", "times a link went down into recovery"),
        Volatile("nvlink.effective_errors", "errors that are left after the correction"),
        Gauge("nvlink.effective_ber", "ratio", "bit error rate after the correction"),
        Volatile("nvlink.symbol_errors", "symbols received wrong"),
        Gauge("nvlink.symbol_ber", "ratio", "bit error rate of symbols"),
        .. Enumerable.Range(0, FecBins).Select(bin => Volatile(
            string.Create(CultureInfo.InvariantCulture, $"nvlink.fec_history_{bin}"),
            string.Create(CultureInfo.InvariantCulture, $"blocks with {bin} corrected symbols"))),
    ];
}
