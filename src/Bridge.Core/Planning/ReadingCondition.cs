using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>
/// Whether Slurm is read as it is meant to be. It is no part of Ready: what is left unread stays as it was, and all
/// else goes on.
/// </summary>
internal static class ReadingCondition
{
    /// <summary>Longest message, in characters; who needs more has the log.</summary>
    public const int LongestMessage = 512;

    /// <summary>Null until Slurm was read: then a stored one stays as it is.</summary>
    public static Condition? Of(SlurmView slurm, long generation)
    {
        if (!slurm.Nodes.Synced)
            return null;
        var unread = new[]
        {
            Unread("nodes", slurm.Nodes), Unread("partitions", slurm.Partitions), Unread("jobs", slurm.Jobs),
        }.Where(s => s.Length > 0).ToList();
        var (reason, message) = unread.Count > 0 ? ("ObjectsUnread", string.Join("; ", unread))
            : slurm.TextClientProblem.Length > 0 ? ("TextClientUnused", "")
            : ("AsMeant", "all that Slurm tells is understood");
        if (slurm.TextClientProblem.Length > 0)
            message = message.Length > 0 ? $"{message}; {slurm.TextClientProblem}" : slurm.TextClientProblem;
        return new Condition
        {
            Type = WellKnown.ReadingHealthyCondition,
            Status = reason == "AsMeant" ? ConditionStatus.True : ConditionStatus.False,
            Reason = reason,
            Message = message.Length <= LongestMessage ? message : $"{message[..(LongestMessage - 1)]}…",
            ObservedGeneration = generation,
        };
    }

    private static string Unread(string what, SourceState source) => source.Unread.Length == 0 ? ""
        : $"{what} that could not be read, and stay as they were read last: {source.Unread}";
}
