using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Translation;

namespace Bridge.Slurm.Text;

/// <summary>
/// Reads `squeue` in a format of its own: fields end with U+001F and records with U+001E and a mark that nobody can
/// guess, because job names and comments may hold spaces, bars, line breaks, and these very characters: without the
/// mark a name could end its record and begin that of another job. squeue(1), --format. What it does not tell (exit
/// codes, GPU indices) comes from single GETs.
/// </summary>
internal static class JobText
{
    private const char Field = '\u001f';
    private const char Record = '\u001e';

    // Job id, state, reason, name, user, account, partition, QOS, array job, task, nodes, CPUs, node list, GRES per
    // node, submit,
    // start, end, limit, displayed id (het offset), comment.
    private static readonly string[] Fields =
        ["%A", "%T", "%r", "%j", "%u", "%a", "%P", "%q", "%F", "%K", "%D", "%C", "%N", "%b", "%V", "%S", "%e", "%l",
            "%i", "%k"];

    /// <summary>A mark for one question, of letters and digits.</summary>
    public static string NewMark() => RandomNumberGenerator.GetHexString(16);

    /// <summary>All jobs that the controller still holds, pending arrays as one record.</summary>
    public static ImmutableArray<string> Command(string mark) =>
    [
        "env", "SLURM_TIME_FORMAT=%s", "squeue", "-h", "-a", "-t", "all", "-o",
        string.Join(Field, Fields) + Record + mark,
    ];

    /// <summary>
    /// The jobs; and the ids of rows whose other fields are not understood, or that stand there twice, to be read one
    /// by one; and what is no row at all.
    /// </summary>
    public static (ImmutableArray<SlurmJob> Jobs, ImmutableArray<JobId> Odd,
        ImmutableArray<string> Problems) Parse(string text, string mark)
    {
        var jobs = new Dictionary<JobId, SlurmJob?>();
        var problems = ImmutableArray.CreateBuilder<string>();
        foreach (var row in text.Split(Record + mark).Select(r => r.TrimStart('\n', '\r')))
        {
            if (row.Length == 0)
                continue;
            var fields = row.Split(Field);
            if (!uint.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
                problems.Add($"'{Printable(row)}'");
            else if (!jobs.TryAdd(new JobId(id), ParseRow(new JobId(id), fields)))
                jobs[new JobId(id)] = null;
        }
        return ([.. jobs.Values.OfType<SlurmJob>()], [.. jobs.Where(j => j.Value is null).Select(j => j.Key)],
            problems.DrainToImmutable());
    }

    private static SlurmJob? ParseRow(JobId id, string[] f)
    {
        if (f.Length != Fields.Length)
            return null;
        var (state, flags) = State(f[1]);
        if (state.Length == 0)
            return null;
        var nodes = Count(f[10]);
        var job = new SlurmJob
        {
            Id = id,
            State = state,
            Flags = flags,
            Reason = NodeTranslation.NoneAsEmpty(f[2]),
            Name = f[3],
            User = f[4],
            Account = NodeTranslation.NoneAsEmpty(f[5]),
            Partition = f[6],
            Qos = NodeTranslation.NoneAsEmpty(f[7]),
            NodeCount = nodes,
            Cpus = Count(f[11]),
            Nodes = NodeTranslation.NoneAsEmpty(f[12]),
            Gpus = JobWords.GpusOfRequest(f[13]) * Math.Max(nodes, 1),
            SubmitTime = Time(f[14]),
            StartTime = state == JobStates.Pending ? null : Time(f[15]),
            EndTime = JobStates.IsFinal(state) ? Time(f[16]) : null,
            TimeLimitMinutes = Limit(f[17]),
            Comment = NodeTranslation.NoneAsEmpty(f[19]),
        };
        return WithHet(WithArray(job, f[8], f[9]), f[18]);
    }

    // squeue shows one word: a flag such as COMPLETING or CONFIGURING hides the base state, which is RUNNING for all
    // that matters here.
    private static (string State, ImmutableArray<string> Flags) State(string word)
    {
        var (state, flags) = JobWords.Split([word]);
        return (state, word) switch
        {
            ("", "COMPLETING" or "CONFIGURING" or "RESIZING" or "SIGNALING" or "STAGE_OUT" or "STOPPED") =>
                (JobStates.Running, flags),
            ("", "REQUEUED" or "REQUEUE_HOLD" or "REQUEUE_FED" or "SPECIAL_EXIT" or "RESV_DEL_HOLD") =>
                (JobStates.Pending, flags),
            _ => (state, flags),
        };
    }

    private static SlurmJob WithArray(SlurmJob job, string arrayJob, string task) =>
        task is "N/A" or "" || !uint.TryParse(arrayJob, NumberStyles.None, CultureInfo.InvariantCulture, out var leader)
            ? job
            : int.TryParse(task, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                ? job with { ArrayJobId = new JobId(leader), ArrayTaskId = index }
                : job with { ArrayJobId = new JobId(leader), ArrayTasks = task };

    // LEADER+OFFSET
    private static SlurmJob WithHet(SlurmJob job, string shown)
    {
        var plus = shown.IndexOf('+', StringComparison.Ordinal);
        return plus > 0
            && uint.TryParse(shown.AsSpan(0, plus), NumberStyles.None, CultureInfo.InvariantCulture, out var leader)
            && int.TryParse(shown.AsSpan(plus + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                ? job with { HetJobId = new JobId(leader), HetOffset = offset }
                : job;
    }

    private static int Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static DateTimeOffset? Time(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    // [DAYS-]HOURS:MINUTES:SECONDS, MINUTES:SECONDS, UNLIMITED, NOT_SET
    private static int? Limit(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var parts = text[(dash + 1)..].Split(':');
        if (parts.Length is < 2 or > 3 || !parts.All(p => p.Length is > 0 and <= 6 && p.All(char.IsAsciiDigit)))
            return null;
        var days = dash > 0 ? Count(text[..dash]) : 0;
        var hours = parts.Length == 3 ? Count(parts[0]) : 0;
        var minutes = (Math.Min(days, 10_000) * 1440L) + (hours * 60L) + Count(parts[^2])
            + (Count(parts[^1]) > 0 ? 1 : 0);
        return minutes < int.MaxValue ? (int)minutes : null;
    }

    private static string Printable(string row) =>
        string.Concat(row[..Math.Min(row.Length, 80)].Select(c => char.IsControl(c) ? ' ' : c));
}
