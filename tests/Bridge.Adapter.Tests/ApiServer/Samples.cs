using Bridge.ApiServer.Jobs;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Adapter.Tests.ApiServer;

/// <summary>Jobs as a small cluster has them.</summary>
internal static class Samples
{
    public static DateTimeOffset Start { get; } = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public static JobNamespaces Namespaces { get; } =
        new("slurm", new Dictionary<string, string> { ["vision"] = "team-vision", ["speech"] = "team-speech" });

    /// <summary>The jobs of the one SlurmCluster that there is; not read yet.</summary>
    public static JobStore Store(TimeProvider time, int eventsKept = ServedJobs.DefaultEventsKept) =>
        Served(time, eventsKept).Find("lab")!;

    public static ServedJobs Served(TimeProvider time, int eventsKept = ServedJobs.DefaultEventsKept)
    {
        var served = new ServedJobs(time, new Random(1), eventsKept);
        served.Follow(new HashSet<string> { "lab" });
        return served;
    }

    public static SlurmJob Running(uint id, string account = "vision") => new()
    {
        Id = new JobId(id),
        State = "RUNNING",
        Name = "train",
        User = "alice",
        Account = account,
        Partition = "gpu",
        Qos = "normal",
        NodeCount = 2,
        Cpus = 16,
        Nodes = "n[1-2]",
        Gpus = 8,
        GresDetail = ["gpu:h100:4(IDX:0-3)", "gpu:h100:4(IDX:4-7)"],
        SubmitTime = Start,
        StartTime = Start.AddSeconds(10),
        TimeLimitMinutes = 90,
    };

    public static SlurmJob Pending(uint id, string account = "speech") => new()
    {
        Id = new JobId(id),
        State = "PENDING",
        Reason = "Priority",
        Name = "wait",
        User = "bob",
        Account = account,
        Partition = "debug",
        NodeCount = 1,
        Cpus = 1,
        Gpus = 1,
        SubmitTime = Start.AddMinutes(1),
    };
}
