namespace Bridge.E2E.World;

/// <summary>A node as sinfo shows it.</summary>
/// <param name="State">Such as idle, mixed, draining, down*.</param>
/// <param name="Gres">Such as gpu:h100:8(S:0-1).</param>
/// <param name="Reason">"none" when there is none.</param>
/// <param name="Partitions">Those that hold it.</param>
internal sealed record SlurmNodeRow(string State, string Gres, string Reason, IReadOnlyList<string> Partitions)
{
    public bool Idle => State == "idle";

    /// <summary>Drains for a reason that Bridge wrote.</summary>
    public bool DrainedByBridge => State.StartsWith("drain", StringComparison.Ordinal)
        && Reason.StartsWith("bridge:", StringComparison.Ordinal);

    public bool HasGpus(int count) =>
        Gres == $"gpu:h100:{count}" || Gres.StartsWith($"gpu:h100:{count}(", StringComparison.Ordinal);

    /// <param name="text">Lines of NAME|STATE|GRES|REASON|PARTITION, one for each partition.</param>
    public static Dictionary<string, SlurmNodeRow> Parse(string text) => text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split('|'))
        .Where(f => f.Length == 5)
        .GroupBy(f => f[0], StringComparer.Ordinal)
        .ToDictionary(
            g => g.Key,
            g => new SlurmNodeRow(g.First()[1], g.First()[2], g.First()[3], [.. g.Select(f => f[4])]),
            StringComparer.Ordinal);
}

/// <summary>A slurmd pod as the API server has it.</summary>
internal sealed record PodRow(string Name, string Uid, string Phase, int Restarts, bool Deleting);
