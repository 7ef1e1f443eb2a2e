using Bridge.Core.Model;

namespace Bridge.Slurm.Text;

/// <summary>
/// The words of node_states, as slurmrestd lists them and as scontrol joins them with '+', for one flags value.
/// </summary>
internal static class NodeStates
{
    private static readonly Dictionary<string, SlurmNodeState> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["UNKNOWN"] = SlurmNodeState.Unknown,
        ["DOWN"] = SlurmNodeState.Down,
        ["IDLE"] = SlurmNodeState.Idle,
        ["ALLOCATED"] = SlurmNodeState.Allocated,
        ["MIXED"] = SlurmNodeState.Mixed,
        ["ERROR"] = SlurmNodeState.Error,
        ["FUTURE"] = SlurmNodeState.Future,
        ["DRAIN"] = SlurmNodeState.Drain,
        ["COMPLETING"] = SlurmNodeState.Completing,
        ["NOT_RESPONDING"] = SlurmNodeState.NotResponding,
        ["INVALID_REG"] = SlurmNodeState.InvalidReg,
        ["FAIL"] = SlurmNodeState.Fail,
        ["MAINTENANCE"] = SlurmNodeState.Maintenance,
        ["MAINT"] = SlurmNodeState.Maintenance,
        ["RESERVED"] = SlurmNodeState.Reserved,
        ["UNDRAIN"] = SlurmNodeState.Undrain,
        ["CLOUD"] = SlurmNodeState.Cloud,
        ["DYNAMIC_NORM"] = SlurmNodeState.DynamicNorm,
        ["EXTERNAL"] = SlurmNodeState.External,
        ["POWERED_DOWN"] = SlurmNodeState.PoweredDown,
        ["POWERING_UP"] = SlurmNodeState.PoweringUp,
        ["POWERING_DOWN"] = SlurmNodeState.PoweringDown,
        ["PLANNED"] = SlurmNodeState.Planned,
        ["REBOOT_REQUESTED"] = SlurmNodeState.Reboot,
        ["REBOOT_ISSUED"] = SlurmNodeState.Reboot,
    };

    // sinfo(1), NODE STATE CODES: one mark may follow the base state.
    private static readonly Dictionary<char, SlurmNodeState> Marks = new()
    {
        ['*'] = SlurmNodeState.NotResponding,
        ['~'] = SlurmNodeState.PoweredDown,
        ['#'] = SlurmNodeState.PoweringUp,
        ['!'] = SlurmNodeState.PoweringDown,
        ['%'] = SlurmNodeState.PoweringDown,
        ['$'] = SlurmNodeState.Maintenance,
        ['@'] = SlurmNodeState.Reboot,
        ['^'] = SlurmNodeState.Reboot,
        ['-'] = SlurmNodeState.Planned,
    };

    /// <summary>
    /// The flags of a list of words; a word that is not known becomes Other, so that no state is silently lost.
    /// </summary>
    public static SlurmNodeState Of(IEnumerable<string> words)
    {
        var state = SlurmNodeState.None;
        foreach (var word in words)
            state |= Of(word);
        return state;
    }

    private static SlurmNodeState Of(string word)
    {
        var state = SlurmNodeState.None;
        while (word.Length > 0 && Marks.TryGetValue(word[^1], out var mark))
        {
            state |= mark;
            word = word[..^1];
        }
        return state | (Words.TryGetValue(word, out var flag) ? flag : word.Length == 0 ? SlurmNodeState.None
            : SlurmNodeState.Other);
    }
}
