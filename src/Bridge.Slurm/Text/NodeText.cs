using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Translation;

namespace Bridge.Slurm.Text;

/// <summary>
/// Reads `scontrol show node -d -o`: one line a node, KEY=VALUE separated by spaces, values with spaces in OS, Reason,
/// Comment and Extra.
/// The free texts come last, so each key is taken where it first stands and nothing written into a comment can pose as
/// a state.
/// </summary>
internal static class NodeText
{
    /// <summary>Times as unix seconds, whatever the zone of the machine.</summary>
    public static readonly ImmutableArray<string> Command =
        ["env", "SLURM_TIME_FORMAT=%s", "scontrol", "--local", "show", "node", "-d", "-o"];

    // In the order in which scontrol writes them; a free text ends where the next one of these begins.
    private static readonly string[] FreeTexts = ["Reason", "Comment", "Extra"];

    private static readonly string[] AfterFreeTexts = ["InstanceId", "InstanceType", "Reservation", "ReservationName"];

    /// <summary>
    /// The nodes; the names of those whose record is not understood ("" where not even that is); and the first line
    /// that is no record at all.
    /// </summary>
    public static (ImmutableArray<SlurmNode> Nodes, ImmutableArray<string> Unread, string Stray) Parse(string text)
    {
        var nodes = ImmutableArray.CreateBuilder<SlurmNode>();
        var unread = ImmutableArray.CreateBuilder<string>();
        var stray = "";
        foreach (var line in Lines(text))
            if (ParseLine(line) is { } node)
                nodes.Add(node);
            else if (line.StartsWith("NodeName=", StringComparison.Ordinal))
                unread.Add(NodeName.IsValid(Word(line, "NodeName")) ? Word(line, "NodeName") : "");
            else if (stray.Length == 0)
                stray = line[..Math.Min(line.Length, 80)];
        return (nodes.DrainToImmutable(), unread.DrainToImmutable(), stray);
    }

    // A line break inside a free text starts a line that is no record: it belongs to the one before.
    private static IEnumerable<string> Lines(string text)
    {
        var record = "";
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("NodeName=", StringComparison.Ordinal))
            {
                if (record.Length > 0)
                    yield return record;
                record = line.TrimEnd('\r');
            }
            else if (record.Length > 0)
            {
                record += line.Length > 0 ? " " + line.TrimEnd('\r') : "";
            }
            else if (line.Trim().Length > 0 && !line.StartsWith("No nodes", StringComparison.Ordinal))
            {
                yield return line;
            }
        }
        if (record.Length > 0)
            yield return record;
    }

    private static SlurmNode? ParseLine(string line)
    {
        var name = Word(line, "NodeName");
        var state = Word(line, "State");
        if (!NodeName.IsValid(name) || state.Length == 0
            || !int.TryParse(Word(line, "CPUTot"), CultureInfo.InvariantCulture, out var cpus))
            return null;
        var (reason, since) = SplitReason(Free(line, "Reason"));
        return new SlurmNode
        {
            Name = new NodeName(name),
            State = NodeStates.Of(state.Split('+')),
            Reason = reason,
            ReasonSince = since,
            Cpus = cpus,
            AllocatedCpus = (int)Number(line, "CPUAlloc"),
            MemoryMiB = Number(line, "RealMemory"),
            Gres = NodeTranslation.NoneAsEmpty(Word(line, "Gres")),
            GresUsed = NodeTranslation.NoneAsEmpty(Word(line, "GresUsed")),
            Features = List(Word(line, "AvailableFeatures")),
            ActiveFeatures = List(Word(line, "ActiveFeatures")),
            Weight = (int)Number(line, "Weight"),
            Comment = Free(line, "Comment"),
            Extra = Free(line, "Extra"),
            Address = Word(line, "NodeAddr"),
            Partitions = List(Word(line, "Partitions")),
        };
    }

    private static string Word(string line, string key)
    {
        var start = Start(line, key);
        if (start < 0)
            return "";
        var end = line.IndexOf(' ', start);
        return end < 0 ? line[start..] : line[start..end];
    }

    private static string Free(string line, string key)
    {
        var start = Start(line, key);
        if (start < 0)
            return "";
        var end = line.Length;
        foreach (var next in FreeTexts.SkipWhile(f => f != key).Skip(1).Concat(AfterFreeTexts))
            if (line.IndexOf($" {next}=", start, StringComparison.Ordinal) is >= 0 and var at && at < end)
                end = at;
        return line[start..end].TrimEnd();
    }

    private static int Start(string line, string key)
    {
        if (line.StartsWith(key + "=", StringComparison.Ordinal))
            return key.Length + 1;
        var at = line.IndexOf($" {key}=", StringComparison.Ordinal);
        return at < 0 ? -1 : at + key.Length + 2;
    }

    // "bridge: cordon x [root@1795236224]": who and when follow in the last brackets.
    private static (string Reason, DateTimeOffset? Since) SplitReason(string text)
    {
        var open = text.LastIndexOf(" [", StringComparison.Ordinal);
        if (open < 0 || !text.EndsWith(']'))
            return (text, null);
        var at = text.LastIndexOf('@');
        return at > open
            && long.TryParse(text.AsSpan(at + 1, text.Length - at - 2), NumberStyles.None,
            CultureInfo.InvariantCulture, out var seconds)
            ? (text[..open], DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, 253_402_300_799)))
            : (text, null);
    }

    private static long Number(string line, string key) =>
        long.TryParse(Word(line, key), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? Math.Min(value, int.MaxValue) : 0;

    private static ImmutableArray<string> List(string text) =>
        NodeTranslation.NoneAsEmpty(text).Length == 0 ? []
            : [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries)];

}
