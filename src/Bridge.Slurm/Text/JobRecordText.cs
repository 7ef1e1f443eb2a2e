using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.SlurmText;

namespace Bridge.Slurm.Text;

/// <summary>
/// One record of `scontrol show job -d -o` as a job. It holds all that Slurm tells of a job: TRES as allocated or asked
/// for, exit code, restarts, GPU indices, suspension, hold, priority. scontrol(1).
/// </summary>
internal static class JobRecordText
{
    /// <summary>
    /// Times as unix seconds whatever the zone of the machine, task lists whole, and of a federation this cluster
    /// alone.
    /// </summary>
    public static readonly ImmutableArray<string> Command =
        ["env", "SLURM_TIME_FORMAT=%s", "SLURM_BITSTR_LEN=0", "scontrol", "--local", "show", "job", "-d", "-o"];

    public static readonly byte[] Prefix = [.. "JobId="u8];

    /// <summary>The id of a record; 0 when it has none.</summary>
    public static uint IdOf(ReadOnlySpan<byte> record) =>
        record.StartsWith(Prefix) && Utf8Parser.TryParse(record[Prefix.Length..], out uint id, out var used)
            && record[Prefix.Length..][used..] is [(byte)' ', ..] ? id : 0;

    /// <summary>Null for a record that is not believed: it is to be read over REST.</summary>
    public static SlurmJob? Parse(ReadOnlySpan<byte> record, StringPool pool)
    {
        var fields = new JobFields(record, stackalloc int[2 * (int)JobField.Count]);
        var id = IdOf(record);
        var (state, flags) = State(pool.Get(fields.Word(JobField.JobState)));
        if (fields.Doubtful || id == 0 || state.Length == 0)
            return null;
        var pending = state == JobStates.Pending;
        var final = JobStates.IsFinal(state);
        var nodes = Count(fields.Word(JobField.NumNodes));
        var gres = InOrder(Gres(fields.Between(JobField.JobGres, JobField.MinCpusNode)),
            fields.Word(JobField.NodeList), pool);
        var (exit, signal) = Exit(fields.Word(JobField.ExitCode));
        var job = new SlurmJob
        {
            Id = new JobId(id),
            State = state,
            Flags = flags,
            Reason = Reason(fields, pool),
            Name = pool.Get(fields.Free(JobField.JobName, JobField.Sluid, JobField.HetJobIdSet, JobField.UserId)),
            User = User(fields.Free(JobField.UserId, JobField.GroupId), pool),
            Account = Text(fields.Word(JobField.Account), pool),
            Partition = Text(fields.Word(JobField.Partition), pool),
            Qos = Text(fields.Word(JobField.Qos), pool),
            NodeCount = nodes,
            Cpus = Count(fields.Word(JobField.NumCpus)),
            Nodes = Text(fields.Word(JobField.NodeList), pool),
            Gpus = Gpus(fields, gres, nodes),
            GresDetail = gres,
            SubmitTime = Time(fields.Word(JobField.SubmitTime)),
            EligibleTime = Time(fields.Word(JobField.EligibleTime)),
            StartTime = pending ? null : Time(fields.Word(JobField.StartTime)),
            EndTime = final ? Time(fields.Word(JobField.EndTime)) : null,
            TimeLimitMinutes = Minutes(fields.Word(JobField.TimeLimit)),
            ExitCode = final && signal == 0 ? exit : null, // REST tells no code beside a signal either
            ExitSignal = final && signal > 0 ? signal : null,
            RestartCount = Count(fields.Word(JobField.Restarts)),
            Requeue = fields.Word(JobField.Requeue).SequenceEqual("1"u8),
            Priority = Count(fields.Word(JobField.Priority)),
            Dependency = Text(fields.Free(JobField.Dependency, JobField.Requeue), pool),
            SuspendTime = Time(fields.Word(JobField.SuspendTime)),
            SecondsBeforeSuspend = Count(fields.Word(JobField.SecsPreSuspend)),
            Comment = Tail(fields, JobField.Comment),
            AdminComment = Tail(fields, JobField.AdminComment),
        };
        return WithHet(WithArray(job, fields, pool), fields);
    }

    private static string Tail(JobFields fields, JobField field) => Encoding.UTF8.GetString(fields.Free(field,
        JobField.AdminComment, JobField.SystemComment, JobField.Comment, JobField.StdErr, JobField.TresPerJob,
        JobField.TresPerNode, JobField.TresPerTask)).TrimEnd();

    // scontrol shows one word: a flag such as COMPLETING or CONFIGURING hides the base state, which is RUNNING for all
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

    // As REST tells it: scontrol writes underscores for blanks, and adds the signal, as in RaisedSignal:9(Killed).
    private static string Reason(JobFields fields, StringPool pool)
    {
        var reason = Text(fields.Free(JobField.Reason, JobField.FailedNode, JobField.Dependency), pool);
        return reason.StartsWith("RaisedSignal:", StringComparison.Ordinal) ? "RaisedSignal"
            : reason.Contains('_', StringComparison.Ordinal) ? reason.Replace('_', ' ') : reason;
    }

    // NAME(UID); "nobody" for a uid that the machine of the client cannot resolve.
    private static string User(ReadOnlySpan<byte> text, StringPool pool)
    {
        var open = text.LastIndexOf((byte)'(');
        if (open < 0 || text[^1] != (byte)')')
            return pool.Get(text);
        var name = text[..open];
        var uid = text[(open + 1)..^1];
        return pool.Get(name.IsEmpty || (name.SequenceEqual("nobody"u8) && !uid.SequenceEqual("65534"u8)) ? uid : name);
    }

    private static SlurmJob WithArray(SlurmJob job, JobFields fields, StringPool pool)
    {
        if (!Utf8Parser.TryParse(fields.Word(JobField.ArrayJobId), out uint leader, out _))
            return job;
        var task = fields.Word(JobField.ArrayTaskId);
        return Utf8Parser.TryParse(task, out int index, out var used) && used == task.Length
            ? job with { ArrayJobId = new JobId(leader), ArrayTaskId = index }
            : job with
            {
                ArrayJobId = new JobId(leader),
                ArrayTasks = pool.Get(task),
                Tasks = JobWords.TasksOf(Encoding.UTF8.GetString(task)),
            };
    }

    private static SlurmJob WithHet(SlurmJob job, JobFields fields) =>
        Utf8Parser.TryParse(fields.Word(JobField.HetJobId), out uint leader, out _)
            ? job with { HetJobId = new JobId(leader), HetOffset = Count(fields.Word(JobField.HetJobOffset)) } : job;

    // Allocated, else asked for; where GPUs are no TRES (slurm.conf AccountingStorageTRES), what the nodes gave, else
    // what each of them is to give.
    private static int Gpus(JobFields fields, ImmutableArray<string> gres, int nodes)
    {
        var allocated = JobWords.GpusOfTres(Encoding.UTF8.GetString(fields.Word(JobField.AllocTres)));
        var asked = allocated > 0 ? 0 : JobWords.GpusOfTres(Encoding.UTF8.GetString(fields.Word(JobField.ReqTres)));
        return JobWords.Gpus(Math.Max(allocated, asked), gres,
            Encoding.UTF8.GetString(fields.Word(JobField.TresPerJob)),
            Encoding.UTF8.GetString(fields.Word(JobField.TresPerNode)), nodes);
    }

    // " Nodes=n[0-1] CPU_IDs=0 Mem=50 GRES=gpu:h200:1(IDX:0)" for each group of nodes that have the same.
    private static List<(string Nodes, string Gres)> Gres(ReadOnlySpan<byte> text)
    {
        var groups = new List<(string, string)>();
        for (int at; (at = text.IndexOf(" Nodes="u8)) >= 0;)
        {
            text = text[(at + 7)..];
            var next = text.IndexOf(" Nodes="u8);
            var group = next < 0 ? text : text[..next];
            var gres = group.IndexOf(" GRES="u8) is >= 0 and var start ? Word(group[(start + 6)..]) : default;
            groups.Add((Encoding.UTF8.GetString(Word(group)), Encoding.UTF8.GetString(gres)));
        }
        return groups;
    }

    // One entry for each node, in the order of the job's node list: scontrol's is that in which nodes registered.
    private static ImmutableArray<string> InOrder(
        List<(string Nodes, string Gres)> groups, ReadOnlySpan<byte> list, StringPool pool)
    {
        if (groups.All(g => g.Gres.Length == 0))
            return [];
        if (groups is [var (_, only)] && list.IndexOfAny((byte)'[', (byte)',') < 0)
            return [only];
        try
        {
            var byNode = groups.SelectMany(g => Hostlist.Expand(g.Nodes), (g, node) => (node, g.Gres))
                .ToDictionary(g => g.node, g => g.Gres);
            return [.. Hostlist.Expand(pool.Get(list)).Select(node => byNode.GetValueOrDefault(node, ""))];
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return [.. groups.Select(g => g.Gres)];
        }
    }

    private static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> text) =>
        text.IndexOf((byte)' ') is >= 0 and var end ? text[..end] : text;

    private static string Text(ReadOnlySpan<byte> value, StringPool pool) =>
        Translation.NodeTranslation.NoneAsEmpty(pool.Get(value));

    // "2-4" is a range of which the least counts.
    private static int Count(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long number, out _) ? (int)Math.Clamp(number, 0, int.MaxValue) : 0;

    private static (int? Code, int Signal) Exit(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out int code, out var used) && value[used..] is [(byte)':', .. var rest]
            && Utf8Parser.TryParse(rest, out int signal, out _) ? (code, signal) : (null, 0);

    private static DateTimeOffset? Time(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long seconds, out var used) && used == value.Length
            && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    // [DAYS-]HOURS:MINUTES:SECONDS, UNLIMITED, Partition_Limit. A started minute counts.
    private static int? Minutes(ReadOnlySpan<byte> value)
    {
        long days = 0;
        if (value.IndexOf((byte)'-') is > 0 and var dash)
        {
            if (!Utf8Parser.TryParse(value[..dash], out days, out _))
                return null;
            value = value[(dash + 1)..];
        }
        if (!Utf8Parser.TryParse(value, out long hours, out var used) || value[used..] is not [(byte)':', .. var rest]
            || !Utf8Parser.TryParse(rest, out long minutes, out used)
            || rest[used..] is not [(byte)':', .. var last] || !Utf8Parser.TryParse(last, out long seconds, out _))
            return null;
        var all = (Math.Clamp(days, 0, 1_000_000) * 1440) + (Math.Clamp(hours, 0, 1_000_000) * 60)
            + Math.Clamp(minutes, 0, 1_000_000) + (seconds > 0 ? 1 : 0);
        return all < int.MaxValue ? (int)all : null;
    }
}
