using System.Diagnostics.Metrics;
using Bridge.Core.Model;
using Bridge.Core.SlurmText;
using Bridge.Core.View;
using Bridge.Daemon.Run;
using Bridge.Daemon.Serving;
using Bridge.Kube.Leases;
using Bridge.Ledger;

namespace Bridge.Daemon.Metrics;

/// <summary>
/// How things stand, looked at when somebody asks for metrics: jobs and GPUs by state, leader, lag, backlog. Jobs and
/// nodes are counted once for each content, not once for each scrape.
/// </summary>
public sealed class StateGauges
{
    private readonly Dictionary<string, Counts> counted = new(StringComparer.Ordinal);
    private readonly SlurmReaders readers;
    private readonly TimeProvider time;

    public StateGauges(Meter meter, SlurmReaders readers, LeaderElector elector, Readiness readiness,
        TimeProvider time, LedgerStore? ledger = null)
    {
        (this.readers, this.time) = (readers, time);
        meter.CreateObservableGauge(
            "bridge_leader", () => elector.IsLeader ? 1 : 0, null, "Whether this replica acts");
        meter.CreateObservableGauge("bridge_ready", () => readiness.Parts().Select(p => new Measurement<int>(
            p.State is PartState.Ready ? 1 : 0, Label("part", p.Name))), null, "Whether a part of /readyz is ready");
        meter.CreateObservableGauge("bridge_jobs", () => Each(c => c.Jobs), null, "Jobs that Slurm knows");
        meter.CreateObservableGauge("bridge_gpus", () => Each(c => c.Gpus), null, "GPUs of Slurm's nodes");
        meter.CreateObservableGauge("bridge_slurm_lag_seconds", Lags, "s", "Age of what is known of Slurm");
        meter.CreateObservableGauge("bridge_ledger_backlog_rows", () => ledger?.State.Queued ?? 0, null,
            "Rows that wait for PostgreSQL");
    }

    /// <summary>GPUs of nodes by what becomes of them: allocated, idle, or held (on a node that is kept from work).
    /// </summary>
    public static Dictionary<string, long> GpuStates(IEnumerable<SlurmNode> nodes)
    {
        var states = new Dictionary<string, long>(StringComparer.Ordinal)
            { ["allocated"] = 0, ["idle"] = 0, ["held"] = 0 };
        foreach (var node in nodes)
        {
            var (all, used) = (GresText.Gpus(node.Gres), GresText.Gpus(node.GresUsed));
            states["allocated"] += used;
            states[node.Held ? "held" : "idle"] += Math.Max(0, all - used);
        }
        return states;
    }

    private IEnumerable<Measurement<long>> Each(Func<Counts, Dictionary<string, long>> of)
    {
        foreach (var cluster in readers.All)
            foreach (var (state, count) in of(Count(cluster)))
                yield return new Measurement<long>(count, Label("cluster", cluster.Name), Label("state", state));
    }

    private IEnumerable<Measurement<double>> Lags()
    {
        foreach (var cluster in readers.All)
        {
            var view = cluster.Feed.View;
            foreach (var (name, source) in new[]
                { ("nodes", view.Nodes), ("partitions", view.Partitions), ("jobs", view.Jobs) })
                if (source.Synced)
                    yield return new Measurement<double>(
                        Math.Max(0, (time.GetUtcNow() - source.Since).TotalSeconds),
                        Label("cluster", cluster.Name), Label("source", name));
        }
    }

    private Counts Count(ServedCluster cluster)
    {
        var view = cluster.Feed.View;
        lock (counted)
        {
            if (!counted.TryGetValue(cluster.Name, out var known)
                || !ReferenceEquals(known.View.JobsById, view.JobsById)
                || !ReferenceEquals(known.View.NodesByName, view.NodesByName))
                counted[cluster.Name] = known = new Counts(view, view.JobsById.Values
                    .CountBy(j => j.State.Length == 0 ? "UNKNOWN" : j.State)
                    .ToDictionary(c => c.Key, c => (long)c.Value), GpuStates(view.NodesByName.Values));
            return known;
        }
    }

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private sealed record Counts(SlurmView View, Dictionary<string, long> Jobs, Dictionary<string, long> Gpus);
}
