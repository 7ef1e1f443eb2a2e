using System.Globalization;

namespace Bridge.Bench;

/// <summary>
/// CPU that a process has used so far, user and system, in seconds to 10 ms (proc(5), stat).
/// </summary>
/// <param name="Self">Of its own.</param>
/// <param name="Children">Of the commands that it ran to their end.</param>
internal readonly record struct ProcessTimes(double Self, double Children)
{
    private const double TicksPerSecond = 100;

    /// <param name="process">A number, or "self".</param>
    public static ProcessTimes Of(string process)
    {
        // The second field is the program's name in parentheses and may hold anything; utime is the 14th.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new(Seconds(fields[11]) + Seconds(fields[12]), Seconds(fields[13]) + Seconds(fields[14]));
    }

    public static ProcessTimes operator -(ProcessTimes after, ProcessTimes before) =>
        new(after.Self - before.Self, after.Children - before.Children);

    public static ProcessTimes operator +(ProcessTimes one, ProcessTimes other) =>
        new(one.Self + other.Self, one.Children + other.Children);

    private static double Seconds(string ticks) =>
        long.Parse(ticks, CultureInfo.InvariantCulture) / TicksPerSecond;
}
