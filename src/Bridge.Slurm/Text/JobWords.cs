using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.SlurmText;

namespace Bridge.Slurm.Text;

/// <summary>The words and texts that job records share, whichever way they are read.</summary>
internal static class JobWords
{
    private static readonly HashSet<string> Bases = new(StringComparer.Ordinal)
    {
        "PENDING", "RUNNING", "SUSPENDED", "COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL", "PREEMPTED",
            "BOOT_FAIL", "DEADLINE",
        "OUT_OF_MEMORY",
    };

    /// <summary>Flags with which a base state does not say yet where the job is going.</summary>
    private static readonly HashSet<string> Unsettled = new(StringComparer.Ordinal)
    {
        "COMPLETING", "CONFIGURING", "REQUEUED", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED", "POWER_UP_NODE",
    };

    /// <summary>Base state ("" when no word is one) and the other words.</summary>
    public static (string State, ImmutableArray<string> Flags) Split(IEnumerable<string> words)
    {
        var state = "";
        var flags = ImmutableArray.CreateBuilder<string>();
        foreach (var word in words)
            if (state.Length == 0 && Bases.Contains(word))
                state = word;
            else
                flags.Add(word);
        return (state, flags.DrainToImmutable());
    }

    /// <summary>Whether a job with these flags is about to move on by itself.</summary>
    public static bool IsUnsettled(ImmutableArray<string> flags) => flags.Any(Unsettled.Contains);

    /// <summary>
    /// GPUs in a TRES string such as cpu=2,mem=100M,gres/gpu=4,gres/gpu:h100=4 (the total comes without a type).
    /// </summary>
    public static int GpusOfTres(string text)
    {
        var (total, typed) = (0, 0);
        foreach (var part in text.Split(','))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !int.TryParse(part.AsSpan(equals + 1), out var count))
                continue;
            if (part.AsSpan(0, equals) is "gres/gpu")
                total = count;
            else if (part.StartsWith("gres/gpu:", StringComparison.Ordinal))
                typed += count;
        }
        return Math.Max(total, typed);
    }

    /// <summary>
    /// GPUs of a job: as TRES tell them, else (where slurm.conf does not count GPUs as TRES) what its nodes gave, else
    /// what was asked for by --gpus or for each node.
    /// </summary>
    public static int Gpus(int tres, ImmutableArray<string> gres, string perJob, string perNode, int nodes) =>
        tres > 0 ? tres
        : gres.Sum(GpusOfRequest) is > 0 and var given ? given
        : GpusOfRequest(perJob) is > 0 and var asked ? asked
        : GpusOfRequest(perNode) * Math.Max(nodes, 1);

    /// <summary>How many tasks a list such as 0-5%2 or 1,3-9:2 names; 1 for what is none.</summary>
    public static int TasksOf(string text)
    {
        var tasks = 0L;
        var percent = text.IndexOf('%', StringComparison.Ordinal);
        foreach (var part in (percent < 0 ? text : text[..percent]).Split(','))
        {
            var range = part.Split('-', ':');
            if (range.Length > 3
                || !range.All(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
                return 1;
            var ends = range.Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            tasks += ends.Length == 1 ? 1 : ((ends[1] - (long)ends[0]) / Math.Max(1, ends.ElementAtOrDefault(2))) + 1;
        }
        return (int)Math.Clamp(tasks, 1, int.MaxValue);
    }

    // gres/gpu:2, gres/gpu:h100:2, gpu:2, gpu:h200:2(IDX:0-1)
    private static int GpusOfRequest(string text) => text.Length == 0 ? 0
        : GresText.Gpus(string.Join(',', text.Split(',')
            .Select(p => p.StartsWith("gres/", StringComparison.Ordinal) ? p[5..] : p)));
}
