using System.Diagnostics.Metrics;
using Bridge.Core.Planning;

namespace Bridge.Control;

/// <summary>What the loops measure, on the Meter "Bridge". Every label has a few values, fixed in the code.</summary>
internal static class LoopMetrics
{
    private static readonly Meter Meter = new("Bridge");

    private static readonly Histogram<double> PlanSeconds = Meter.CreateHistogram<double>(
        "bridge_plan_seconds", "s", "How long one plan of one SlurmCluster took to make.");

    private static readonly Histogram<double> StepSeconds = Meter.CreateHistogram<double>(
        "bridge_step_seconds", "s", "How long a step took, by its kind and result.");

    private static readonly Counter<long> Ticks = Meter.CreateCounter<long>(
        "bridge_ticks_total", null, "Turns of the loops, by what came of them.");

    private static readonly UpDownCounter<long> QueueLength = Meter.CreateUpDownCounter<long>(
        "bridge_queue_length", null, "Keys that wait for their worker.");

    private static readonly Histogram<double> ReadSeconds = Meter.CreateHistogram<double>(
        "bridge_slurm_read_seconds", "s", "How long one read of one Slurm took, over all its rungs.");

    public static void Read(TimeSpan took) => ReadSeconds.Record(took.TotalSeconds);

    public static void Planned(TimeSpan took) => PlanSeconds.Record(took.TotalSeconds);

    public static void Tried(Step step, StepResult result, TimeSpan took) => StepSeconds.Record(
        took.TotalSeconds, new("kind", step.GetType().Name), new("result", Word(result)));

    /// <param name="result">done, gone (no loop of that key) or failed.</param>
    public static void Ticked(string result) => Ticks.Add(1, new KeyValuePair<string, object?>("result", result));

    public static void Queued(int keys) => QueueLength.Add(keys);

    private static string Word(StepResult result) => result switch
    {
        StepResult.DoneResult => "done",
        StepResult.GoneResult => "gone",
        StepResult.ConflictResult => "conflict",
        StepResult.RejectedResult => "rejected",
        _ => "unavailable",
    };
}
