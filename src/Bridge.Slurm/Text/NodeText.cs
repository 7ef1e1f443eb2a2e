using System.Collections.Immutable;
using System.Globalization;
using System.Text;
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

    public static readonly byte[] Prefix = [.. "NodeName="u8];

    /// <summary>One record; null when it is not understood. A free text may hold line breaks.</summary>
    public static SlurmNode? Parse(ReadOnlySpan<byte> record) => ParseLine(Line(record));

    /// <summary>The name of a node whose record is not understood; "" when not even that is.</summary>
    public static string NameOf(ReadOnlySpan<byte> record) =>
        Word(Line(record), "NodeName") is var name && NodeName.IsValid(name) ? name : "";

    // Bytes that are no UTF-8 cost a character each.
    private static string Line(ReadOnlySpan<byte> record) =>
        Encoding.UTF8.GetString(record).Replace("\r\n", " ", StringComparison.Ordinal).Replace('\n', ' ');

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
