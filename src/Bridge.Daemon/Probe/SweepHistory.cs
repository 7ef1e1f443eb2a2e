using System.Text.Json;
using Bridge.Core.Health;
using Bridge.Gpu.Native;

namespace Bridge.Daemon.Probe;

/// <summary>
/// The earlier lines of <c>bridge probe nvml</c> in a file. A line is added by writing the whole file anew beside the
/// old one and renaming it: a reader sees the old or the new file, a crash leaves the old one, and it never grows past
/// its bound. Two probes at once add one after the other.
/// </summary>
internal sealed class SweepHistory(string file, int keep, TimeProvider time)
{
    /// <summary>A day, one sweep every five minutes: the longest window of the check table.</summary>
    public const int DefaultKeep = 288;

    /// <summary>A week of those; more would make reading the file the longest part of a probe.</summary>
    public const int MostKeep = 2016;

    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> bad = new(StringComparer.Ordinal);

    /// <summary>Reads all sweeps; a line that is none is named and skipped. No file is an empty history.</summary>
    public HistoryReading Read()
    {
        List<GpuSweep> sweeps = [];
        List<string> skipped = [];
        var folder = Path.GetDirectoryName(Path.GetFullPath(file));
        if (Directory.Exists(file)) return new HistoryReading([], [], [$"--history {file}: is a folder, not a file"]);
        if (!Directory.Exists(folder))
            return new HistoryReading([], [], [$"--history {file}: there is no folder {folder}"]);
        try
        {
            var number = 0;
            foreach (var line in Lines())
            {
                number++;
                var (sweep, problem) = Parse(line);
                if (sweep is not null) sweeps.Add(sweep);
                if (problem is null) continue;
                bad.Add(line);
                skipped.Add($"{file}:{number}: is skipped: {problem}");
            }
            return new HistoryReading(sweeps, skipped, []);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            return new HistoryReading([], [], [$"--history {file}: cannot be read: {wrong.Message}"]);
        }
    }

    /// <summary>Adds a line and lets the oldest go; a sentence where that failed.</summary>
    public string? Add(string line)
    {
        var draft = $"{file}.{Environment.ProcessId}.new";
        try
        {
            using var mine = Lock();
            if (mine is null) return $"--history {file}: not added, another probe holds {file}.lock";
            var kept = Lines().Where(l => !bad.Contains(l)).TakeLast(keep - 1).Append(line);
            using (var stream = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                using var writer = new StreamWriter(stream);
                foreach (var one in kept) writer.Write(one + '\n');
                writer.Flush();
                stream.Flush(flushToDisk: true);
            }
            File.Move(draft, file, overwrite: true);
            return null;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            File.Delete(draft);
            return $"--history {file}: not added: {wrong.Message}";
        }
    }

    private static (GpuSweep? Sweep, string? Problem) Parse(string line)
    {
        try
        {
            var report = JsonSerializer.Deserialize(line, ProbeJson.Default.NvmlReport);
            return report switch
            {
                not { Version: 1, Probe: "nvml" } => (null, "it is no line of bridge probe nvml of version 1"),
                { Sweep: null } => (null, "it holds no sweep"),
                _ => (report.Sweep, null),
            };
        }
        catch (JsonException wrong)
        {
            return (null, $"it is not whole: {wrong.Message}");
        }
    }

    private IEnumerable<string> Lines() =>
        File.Exists(file) ? File.ReadLines(file).Where(l => l.Length > 0) : [];

    /// <summary>The lock lies beside the file, because the file itself is replaced.</summary>
    private FileStream? Lock()
    {
        FileStream? taken = null;
        bool? Ask()
        {
            try
            {
                taken = new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
                return true;
            }
            catch (IOException)
            {
                return null;
            }
        }
        new Deadline(time, LockWait).Until(Ask);
        return taken;
    }
}

/// <summary>What a history file held.</summary>
/// <param name="Sweeps">Oldest first.</param>
/// <param name="Skipped">A sentence for every line that is no sweep.</param>
/// <param name="Errors">Why the file cannot be used at all.</param>
internal sealed record HistoryReading(
    IReadOnlyList<GpuSweep> Sweeps, IReadOnlyList<string> Skipped, IReadOnlyList<string> Errors)
{
    /// <summary>What the report says of it.</summary>
    public HistoryUse Use => new(Sweeps.Count, Sweeps.Count == 0 ? null : Sweeps[0].TakenAt, Skipped.Count);
}

/// <summary>How many earlier sweeps a verdict rests on, since when, and how many lines were no sweeps.</summary>
internal sealed record HistoryUse(int Sweeps, DateTimeOffset? Since, int Skipped);
