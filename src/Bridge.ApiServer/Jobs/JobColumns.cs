using System.Globalization;
using System.Text.Json;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Serving;

namespace Bridge.ApiServer.Jobs;

/// <summary>The columns of <c>kubectl get slurmjobs</c>, in the order and words of squeue(1).</summary>
internal static class JobColumns
{
    public static IReadOnlyList<ObjectColumn<SlurmJobObject>> All { get; } =
    [
        new(new("Name", "string", "name", "Name of the object, made of the SlurmCluster and the job's id", 0),
            (w, j, _) => Text(w, j.Metadata.Name)),
        Column("JobID", "The id as squeue shows it", j => j.Status.JobId),
        Column("User", "Who submitted the job", j => j.Spec.User),
        Column("Account", "Slurm account that is charged", j => j.Spec.Account),
        Column("Partition", "Slurm partition", j => j.Spec.Partition),
        Column("State", "Slurm's job state", j => j.Status.State),
        Number("Nodes", "Nodes asked for or allocated", j => j.Spec.Nodes),
        Number("GPUs", "GPUs asked for or allocated, over all nodes", j => j.Spec.Gpus),
        new(new("Elapsed", "string", "", "How long the job has run: [days-]hours:minutes:seconds", 0),
            (w, j, now) => Text(w, Elapsed(j.Status, now))),
        Column("Reason", "Why the job waits or how it ended", j => j.Status.Reason),
        Column("Cluster", "SlurmCluster that runs it", j => j.Metadata.Labels?.GetValueOrDefault(JobLabels.Cluster),
            wide: true),
        Column("Job-Name", "The job's own name", j => j.Spec.JobName, wide: true),
        Column("QOS", "Slurm quality of service", j => j.Spec.Qos, wide: true),
        Column("Time-Limit", "How long it may run", j => Limit(j.Spec.TimeLimitMinutes), wide: true),
        Column("NodeList", "Allocated nodes", j => j.Status.NodeList, wide: true),
        Column("Exit", "Exit code, and the signal that ended it if any", j => Exit(j.Status), wide: true),
        new(new("Submitted", "date", "", "When it was submitted", 1),
            (w, j, now) => Text(w, Age(j.Status.SubmitTime, now))),
    ];

    private static ObjectColumn<SlurmJobObject> Column(
        string name, string description, Func<SlurmJobObject, string?> value, bool wide = false) =>
        new(new TableColumn(name, "string", "", description, wide ? 1 : 0), (w, j, _) => Text(w, value(j)));

    private static ObjectColumn<SlurmJobObject> Number(
        string name, string description, Func<SlurmJobObject, int> value) =>
        new(new TableColumn(name, "integer", "", description, 0), (w, j, _) => w.WriteNumberValue(value(j)));

    private static void Text(Utf8JsonWriter json, string? text) => json.WriteStringValue(text ?? "");

    private static string Elapsed(SlurmJobStatus status, DateTimeOffset now)
    {
        if (status.StartTime is not { } start || status.State == "PENDING")
            return "";
        var end = status.EndTime is { } e && e < now ? e : now;
        return Clock(end > start ? end - start : TimeSpan.Zero);
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

    private static string Exit(SlurmJobStatus status) => status switch
    {
        { ExitCode: null } => "",
        { ExitSignal: { } signal } => $"{status.ExitCode}:{signal}",
        _ => $"{status.ExitCode}",
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
