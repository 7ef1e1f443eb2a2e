using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Text;
using Bridge.Slurm.Wire;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Translation;

/// <summary>Wire jobs, of the controller and of accounting, into the model.</summary>
internal static class JobTranslation
{
    public static SlurmJob ToModel(Job job)
    {
        var (state, flags) = JobWords.Split(job.JobState ?? []);
        ImmutableArray<string> gres = job.GresDetail is null ? [] : [.. job.GresDetail];
        var record = new SlurmJob
        {
            Id = new JobId(job.JobId),
            State = state,
            Flags = flags,
            Reason = NodeTranslation.NoneAsEmpty(job.StateReason),
            Name = job.Name ?? "",
            User = string.IsNullOrEmpty(job.UserName) && job.UserId > 0
                ? job.UserId.ToString(CultureInfo.InvariantCulture) : job.UserName ?? "",
            Account = job.Account ?? "",
            Partition = job.Partition ?? "",
            Qos = job.Qos ?? "",
            ArrayJobId = Id(job.ArrayJobId),
            ArrayTaskId = Task(job.ArrayTaskId),
            ArrayTasks = job.ArrayTaskString ?? "",
            Tasks = job.ArrayTaskString is { Length: > 0 } tasks ? JobWords.TasksOf(tasks) : 1,
            NodeCount = Count(job.NodeCount),
            Cpus = Count(job.Cpus),
            Nodes = NodeTranslation.NoneAsEmpty(job.Nodes),
            Gpus = JobWords.Gpus(
                JobWords.GpusOfTres(string.IsNullOrEmpty(job.TresAllocStr) ? job.TresReqStr ?? "" : job.TresAllocStr),
                gres, job.TresPerJob ?? "", job.TresPerNode ?? "", Count(job.NodeCount)),
            GresDetail = gres,
            RestartCount = job.RestartCnt,
            Requeue = job.Requeue,
            Priority = Count(job.Priority),
            Dependency = NodeTranslation.NoneAsEmpty(job.Dependency),
            EligibleTime = job.EligibleTime.Time,
            SuspendTime = job.SuspendTime.Time,
            SecondsBeforeSuspend = Count(job.PreSusTime),
            Comment = job.Comment ?? "",
            AdminComment = job.AdminComment ?? "",
        };
        record = WithHet(record, job.HetJobId, job.HetJobOffset);
        return WithTimes(record, job.SubmitTime.Time, job.StartTime.Time, job.EndTime.Time, job.TimeLimit,
            job.ExitCode);
    }

    public static SlurmJob ToModel(AccountedJob job)
    {
        var (state, flags) = JobWords.Split(job.State?.Current ?? []);
        var tres = job.Tres?.Allocated is { Length: > 0 } allocated ? allocated : job.Tres?.Requested ?? [];
        var record = new SlurmJob
        {
            Id = new JobId(job.JobId),
            State = state,
            Flags = flags,
            Reason = NodeTranslation.NoneAsEmpty(job.State?.Reason),
            Name = job.Name ?? "",
            User = job.User ?? "",
            Account = job.Account ?? "",
            Partition = job.Partition ?? "",
            Qos = job.Qos ?? "",
            ArrayJobId = Id(job.Array?.JobId ?? default),
            ArrayTaskId = Task(job.Array?.TaskId ?? default),
            NodeCount = job.AllocationNodes,
            Cpus = CountOf(tres, "cpu", ""),
            Nodes = job.Nodes is "None assigned" ? "" : NodeTranslation.NoneAsEmpty(job.Nodes),
            Gpus = CountOf(tres, "gres", "gpu"),
            RestartCount = job.RestartCnt,
            Comment = job.Comment?.OfJob ?? "",
        };
        record = WithHet(record, job.Het?.JobId ?? default, job.Het?.JobOffset ?? default);
        var time = job.Time;
        return WithTimes(
            record, time?.Submission.Time, time?.Start.Time, time?.End.Time, time?.Limit ?? default, job.ExitCode);
    }

    /// <summary>ID, ID_TASK or ID+OFFSET of a row of jobs/state; null when it is none of these.</summary>
    public static (JobId Id, string State, ImmutableArray<string> Flags)? ToModel(JobStateRow row)
    {
        var text = row.JobId ?? "";
        var end = text.AsSpan().IndexOfAny('_', '+');
        if (!uint.TryParse(end < 0 ? text
            : text.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
            return null;
        var (state, flags) = JobWords.Split(row.State ?? []);
        return (new JobId(id), state, flags);
    }

    // Slurm writes expected times into the same fields: a start time before the start, an end time before the end.
    private static SlurmJob WithTimes(
        SlurmJob job, DateTimeOffset? submit, DateTimeOffset? start, DateTimeOffset? end, Number limit,
            ExitCode? exit) => job with
        {
            SubmitTime = submit,
            StartTime = job.State == JobStates.Pending ? null : start,
            EndTime = job.Finished ? end : null,
            TimeLimitMinutes = limit.OrNull is { } minutes and < int.MaxValue ? (int)minutes : null,
            ExitCode = job.Finished && exit?.ReturnCode.OrNull is { } code ? (int)code : null,
            ExitSignal = job.Finished && exit?.Signal?.Id.OrNull is { } signal and > 0 ? (int)signal : null,
        };

    private static SlurmJob WithHet(SlurmJob job, Number leader, Number offset) =>
        Id(leader) is { } id ? job with { HetJobId = id, HetOffset = (int)(offset.OrNull ?? 0) } : job;

    private static JobId? Id(Number number) => number.OrNull is { } id and > 0 and <= uint.MaxValue
        ? new JobId((uint)id) : null;

    private static int? Task(Number number) => number.OrNull is { } task and >= 0 and < int.MaxValue ? (int)task : null;

    private static int Count(Number number) => (int)Math.Clamp(number.OrNull ?? 0, 0, int.MaxValue);

    private static int CountOf(Tres[] tres, string type, string name)
    {
        var total = tres.FirstOrDefault(t => t.Type == type && (t.Name ?? "") == name);
        if (total is not null)
            return Count(total.Count);
        return tres.Where(t => t.Type == type && t.Name?.StartsWith(name + ":", StringComparison.Ordinal) == true)
            .Sum(t => Count(t.Count));
    }
}
