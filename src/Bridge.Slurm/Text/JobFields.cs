namespace Bridge.Slurm.Text;

/// <summary>The keys of a job's record that Bridge reads, in the order in which scontrol writes them.</summary>
internal enum JobField
{
    JobId,
    ArrayJobId,
    ArrayTaskId,
    HetJobId,
    HetJobOffset,
    JobName,
    Sluid,
    HetJobIdSet,
    UserId,
    GroupId,
    Priority,
    Account,
    Qos,
    JobState,
    Reason,
    FailedNode,
    Dependency,
    Requeue,
    Restarts,
    BatchFlag,
    ExitCode,
    RunTime,
    TimeLimit,
    SubmitTime,
    EligibleTime,
    StartTime,
    EndTime,
    SuspendTime,
    SecsPreSuspend,
    LastSchedEval,
    Partition,
    NodeList,
    NumNodes,
    NumCpus,
    ReqTres,
    AllocTres,
    JobGres,
    MinCpusNode,
    Features,
    WorkDir,
    AdminComment,
    SystemComment,
    Comment,
    StdErr,
    TresPerJob,
    TresPerNode,
    TresPerTask,
    Count,
}

/// <summary>
/// Where the fields of one record begin. Names, comments and command lines may hold anything, line breaks and
/// `Key=value` included, and scontrol quotes nothing: a key of which the record holds two is not believed either time
/// (<see cref="Doubtful"/>), nor are keys in another order than scontrol's. What was forged into a free text always
/// stands beside the real one, so it makes the record doubtful and nothing else.
/// </summary>
internal ref struct JobFields
{
    private readonly ReadOnlySpan<byte> record;
    private readonly Span<int> starts;
    private readonly Span<int> values;

    /// <param name="record">One record, from its JobId on.</param>
    /// <param name="room">Twice JobField.Count integers.</param>
    public JobFields(ReadOnlySpan<byte> record, Span<int> room)
    {
        this.record = record;
        starts = room[..(int)JobField.Count];
        values = room.Slice((int)JobField.Count, (int)JobField.Count);
        starts.Fill(-1);
        Scan();
        Doubtful |= !InOrder();
    }

    public bool Doubtful { get; private set; }

    public readonly bool Has(JobField field) => starts[(int)field] >= 0;

    /// <summary>A value without spaces; empty when the key is not there.</summary>
    public readonly ReadOnlySpan<byte> Word(JobField field)
    {
        if (!Has(field))
            return default;
        var value = record[values[(int)field]..];
        var end = value.IndexOf((byte)' ');
        return end < 0 ? value : value[..end];
    }

    /// <summary>A value that may hold anything, up to where the first of the given keys begins.</summary>
    public readonly ReadOnlySpan<byte> Free(JobField field, params ReadOnlySpan<JobField> until)
    {
        if (!Has(field))
            return default;
        var (start, end) = (values[(int)field], record.Length);
        foreach (var next in until)
            if (starts[(int)next] >= start && starts[(int)next] - 1 < end)
                end = starts[(int)next] - 1;
        return record[start..Math.Max(start, end)];
    }

    /// <summary>What stands between two keys.</summary>
    public readonly ReadOnlySpan<byte> Between(JobField from, JobField to) =>
        Has(from) && Has(to) ? record[values[(int)from]..starts[(int)to]] : default;

    // A key begins a word. Those of the allocated nodes (Nodes, CPU_IDs, Mem, GRES) repeat and are not looked for here.
    private void Scan()
    {
        for (var at = 0; at < record.Length;)
        {
            var rest = record[at..];
            var stop = rest.IndexOfAny((byte)' ', (byte)'\n', (byte)'=');
            if (stop < 0)
                return;
            if (rest[stop] == (byte)'=')
            {
                if (FieldOf(rest[..stop]) is var field and not JobField.Count)
                {
                    Doubtful |= starts[(int)field] >= 0;
                    starts[(int)field] = at;
                    values[(int)field] = at + stop + 1;
                }
                var word = rest[stop..].IndexOfAny((byte)' ', (byte)'\n');
                if (word < 0)
                    return;
                stop += word;
            }
            at += stop + 1;
        }
    }

    // Fields that are there stand in the order of the enumeration up to the last that no user writes; the free texts
    // after it, and what follows them, differ in order from version to version.
    private readonly bool InOrder()
    {
        var last = -1;
        for (var field = JobField.JobId; field <= JobField.Features; field++)
        {
            var at = starts[(int)field];
            if (at >= 0 && at <= last)
                return false;
            last = Math.Max(last, at);
        }
        return starts[(int)JobField.JobId] == 0 && Required();
    }

    private readonly bool Required() => Has(JobField.JobName) && Has(JobField.UserId) && Has(JobField.Account)
        && Has(JobField.JobState) && Has(JobField.Dependency) && Has(JobField.ExitCode) && Has(JobField.SubmitTime)
        && Has(JobField.Partition) && Has(JobField.NodeList) && Has(JobField.NumNodes) && Has(JobField.MinCpusNode)
        && Has(JobField.Features) && Has(JobField.WorkDir);

    private static JobField FieldOf(ReadOnlySpan<byte> key)
    {
        var names = Keys;
        for (var i = 0; i < names.Length; i++)
            if (key.Length == names[i].Length && key.SequenceEqual(names[i]))
                return (JobField)i;
        return JobField.Count;
    }

    private static readonly byte[][] Keys =
    [
        .. new[]
        {
            "JobId", "ArrayJobId", "ArrayTaskId", "HetJobId", "HetJobOffset", "JobName", "SLUID", "HetJobIdSet",
            "UserId", "GroupId", "Priority", "Account", "QOS", "JobState", "Reason", "FailedNode", "Dependency",
            "Requeue", "Restarts", "BatchFlag", "ExitCode", "RunTime", "TimeLimit", "SubmitTime", "EligibleTime",
            "StartTime", "EndTime", "SuspendTime", "SecsPreSuspend", "LastSchedEval", "Partition", "NodeList",
            "NumNodes", "NumCPUs", "ReqTRES", "AllocTRES", "JOB_GRES", "MinCPUsNode", "Features", "WorkDir",
            "AdminComment", "SystemComment", "Comment", "StdErr", "TresPerJob", "TresPerNode", "TresPerTask",
        }.Select(System.Text.Encoding.ASCII.GetBytes),
    ];
}
