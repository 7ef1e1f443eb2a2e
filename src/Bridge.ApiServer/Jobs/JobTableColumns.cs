using System.Globalization;
using System.Text.Json;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Serving;
using Bridge.Core.Model;

namespace Bridge.ApiServer.Jobs;

/// <summary>The columns of <c>kubectl get slurmjobs</c>, in the order and words of squeue(1).</summary>
internal static class JobTableColumns
{
    public static IReadOnlyList<ObjectColumn<ServedJob>> All { get; } =
    [
        new(new("Name", "string", "name", "Name of the object, made of the SlurmCluster and the job's id", 0),
            (w, stored, _) => Text(w, stored.Key.Name)),
        Column("JobID", "The id as squeue shows it", JobTranslation.SlurmIdOf),
        Column("User", "Who submitted the job", j => j.User),
        Column("Account", "Slurm account that is charged", j => j.Account),
        Column("Partition", "Slurm partition", j => j.Partition),
        Column("State", "Slurm's job state", j => j.State),
        Number("Nodes", "Nodes asked for or allocated", j => j.NodeCount),
        Number("GPUs", "GPUs asked for or allocated, over all nodes", j => j.Gpus),
        new(new("Elapsed", "string", "", "How long the job has run: [days-]hours:minutes:seconds", 0),
            (w, stored, now) => Text(w, Elapsed(stored.Value.Job, now))),
        Column("Reason", "Why the job waits or how it ended", j => j.Reason == "None" ? "" : j.Reason),
        new(new("Cluster", "string", "", "SlurmCluster that runs it", 1),
            (w, stored, _) => Text(w, stored.Value.Cluster)),
        Column("Job-Name", "The job's own name", j => j.Name, wide: true),
        Column("QOS", "Slurm quality of service", j => j.Qos, wide: true),
        Column("Time-Limit", "How long it may run", j => Limit(j.TimeLimitMinutes), wide: true),
        Column("NodeList", "Allocated nodes", j => j.Nodes, wide: true),
        Column("Exit", "Exit code, and the signal that ended it if any", Exit, wide: true),
        new(new("Submitted", "date", "", "When it was submitted", 1),
            (w, stored, now) => Text(w, Age(stored.Value.Job.SubmitTime, now))),
    ];

    private static ObjectColumn<ServedJob> Column(
        string name, string description, Func<SlurmJob, string> value, bool wide = false) =>
        new(new TableColumn(name, "string", "", description, wide ? 1 : 0),
            (w, stored, _) => Text(w, value(stored.Value.Job)));

    private static ObjectColumn<ServedJob> Number(string name, string description, Func<SlurmJob, int> value) =>
        new(new TableColumn(name, "integer", "", description, 0),
            (w, stored, _) => w.WriteNumberValue(value(stored.Value.Job)));

    private static void Text(Utf8JsonWriter json, string text) => json.WriteStringValue(text);

    // As squeue counts: what a job ran before it was suspended last, and since it went on.
    private static string Elapsed(SlurmJob job, DateTimeOffset now)
    {
        if (job.StartTime is not { } start || job.State == JobStates.Pending)
            return "";
        var (from, ran) = job.SuspendTime is { } changed && changed >= start
            ? (changed, TimeSpan.FromSeconds(job.SecondsBeforeSuspend))
            : (start, TimeSpan.Zero);
        if (job.State == JobStates.Suspended)
            return Clock(ran);
        var end = job.EndTime is { } e && e < now ? e : now;
        return Clock(end > from ? ran + (end - from) : ran);
    }

    private static string Limit(int? minutes) => minutes is { } m ? Clock(TimeSpan.FromMinutes(m)) : "UNLIMITED";

    // squeue's own shape: 0:42, 12:03, 1:02:03, 2-03:04:05.
    private static string Clock(TimeSpan time)
    {
        var format = time switch
        {
            { Days: > 0 } => @"d\-hh\:mm\:ss",
            { Hours: > 0 } => @"h\:mm\:ss",
            _ => @"m\:ss",
        };
        return time.ToString(format, CultureInfo.InvariantCulture);
    }

    private static string Exit(SlurmJob job) => job switch
    {
        { ExitCode: null } => "",
        { ExitSignal: { } signal and not 0 } => $"{job.ExitCode}:{signal}",
        _ => $"{job.ExitCode}",
    };

    // How kubectl writes an AGE, in its coarsest unit.
    private static string Age(DateTimeOffset? since, DateTimeOffset now)
    {
        if (since is not { } from)
            return "";
        var age = now > from ? now - from : TimeSpan.Zero;
        return age switch
        {
            { TotalMinutes: < 2 } => $"{(int)age.TotalSeconds}s",
            { TotalHours: < 2 } => $"{(int)age.TotalMinutes}m",
            { TotalDays: < 2 } => $"{(int)age.TotalHours}h",
            _ => $"{(int)age.TotalDays}d",
        };
    }
}
