using System.Diagnostics.Metrics;

namespace Bridge.Kube.Watch;

/// <summary>What the informers measure, on the Meter "Bridge". The label is the plural of one of eight kinds.</summary>
internal static class WatchMetrics
{
    private static readonly Meter Meter = new("Bridge");

    private static readonly Counter<long> Lists = Meter.CreateCounter<long>(
        "bridge_watch_lists_total", null, "Whole lists of a kind that were read: one at the start, then after a 410.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "bridge_watch_failures_total", null, "Lists and watches that broke off and were begun again.");

    public static void Listed(string kind) => Lists.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public static void Failed(string kind) => Failures.Add(1, new KeyValuePair<string, object?>("kind", kind));
}
