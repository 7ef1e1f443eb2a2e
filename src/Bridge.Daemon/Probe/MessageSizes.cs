using System.Globalization;

namespace Bridge.Daemon.Probe;

/// <summary>Reads message sizes as nccl-tests writes them: "8,1M,1G", with K, M and G as powers of 1024.</summary>
internal static class MessageSizes
{
    private const long Most = 1L << 40;

    /// <summary>The sizes in bytes, or null and a sentence.</summary>
    public static List<long>? Parse(string text, out string error)
    {
        error = "";
        var sizes = new List<long>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (One(part) is { } size && size is >= 4 and <= Most && size % 4 == 0)
            {
                sizes.Add(size);
                continue;
            }
            error = $"--bytes must be sizes such as 8,1M,1G, each a multiple of 4 of at least 4; '{part}' is not";
            return null;
        }
        return sizes;
    }

    private static long? One(string part)
    {
        var (digits, factor) = part.Length == 0 ? (part, 1) : char.ToUpperInvariant(part[^1]) switch
        {
            'K' => (part[..^1], 1L << 10),
            'M' => (part[..^1], 1L << 20),
            'G' => (part[..^1], 1L << 30),
            _ => (part, 1L),
        };
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= Most / factor
                ? number * factor
                : null;
    }
}
