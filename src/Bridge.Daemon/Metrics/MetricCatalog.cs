using System.Collections.Immutable;
using OpenTelemetry.Metrics;

namespace Bridge.Daemon.Metrics;

/// <summary>One instrument: what docs/metrics.md says of it, and what bounds it.</summary>
/// <param name="Name">As Prometheus shows it.</param>
/// <param name="Unit">"s", or "" for what is counted.</param>
/// <param name="Labels">No other gets out.</param>
/// <param name="Series">So many combinations of labels at most; more are summed up under otel_metric_overflow.</param>
public sealed record Metric(string Name, string Unit, ImmutableArray<string> Labels, int Series)
{
    /// <summary>Upper bounds of a histogram's buckets; empty for anything else.</summary>
    public ImmutableArray<double> Buckets { get; init; } = [];
}

/// <summary>All instruments of Bridge. What is not here is not exported.</summary>
public static class MetricCatalog
{
    private static readonly ImmutableArray<double> Seconds =
        [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

    public static readonly ImmutableArray<Metric> All =
    [
        new("bridge_ticks_total", "", ["result"], 4),
        new("bridge_queue_length", "", [], 1),
        new("bridge_plan_seconds", "s", [], 1) { Buckets = Seconds },
        new("bridge_step_seconds", "s", ["kind", "result"], 100) { Buckets = Seconds },
        new("bridge_slurm_read_seconds", "s", [], 1) { Buckets = Seconds },
        new("bridge_slurm_read_cost_seconds", "s", ["rung", "way"], 8) { Buckets = Seconds },
        new("bridge_watch_lists_total", "", ["kind"], 16),
        new("bridge_watch_failures_total", "", ["kind"], 16),
        new("bridge_hooks_total", "", ["result"], 8),
        new("bridge_leader", "", [], 1),
        new("bridge_ready", "", ["part"], 100),
        new("bridge_jobs", "", ["cluster", "state"], 500),
        new("bridge_gpus", "", ["cluster", "state"], 200),
        new("bridge_slurm_lag_seconds", "s", ["cluster", "source"], 100),
        new("bridge_ledger_backlog_rows", "", [], 1),
    ];

    internal static MetricStreamConfiguration ViewOf(string name)
    {
        if (All.FirstOrDefault(m => m.Name == name) is not { } metric)
            return MetricStreamConfiguration.Drop;
        return metric.Buckets.IsEmpty
            ? new MetricStreamConfiguration { TagKeys = [.. metric.Labels], CardinalityLimit = metric.Series }
            : new ExplicitBucketHistogramConfiguration
            {
                TagKeys = [.. metric.Labels], CardinalityLimit = metric.Series, Boundaries = [.. metric.Buckets],
            };
    }
}
