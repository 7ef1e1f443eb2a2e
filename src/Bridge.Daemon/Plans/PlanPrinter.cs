using Bridge.Core.Planning;

namespace Bridge.Daemon.Plans;

/// <summary>
/// Prints a plan as an administrator reads it: what would be done and why, then what would only be written down.
/// </summary>
public static class PlanPrinter
{
    private const int MostWaits = 50;

    public static void Print(string cluster, Plan plan, PlanJobs jobs, TextWriter output)
    {
        var acts = plan.Steps.Where(s => !s.Bookkeeping).ToList();
        var notes = plan.Steps.Where(s => s.Bookkeeping).ToList();
        if (acts.Count == 0)
            output.WriteLine($"{cluster}: nothing to do.");
        else
            output.WriteLine($"{cluster}: {Count(acts.Count, "step")}, in this order:");
        for (var i = 0; i < acts.Count; i++)
            output.WriteLine($"{i + 1,4}. {Sentence(With(acts[i].Why, jobs.Of(acts[i])))}");
        if (notes.Count == 0)
            return;
        output.WriteLine($"{cluster}: {Count(notes.Count, "status")} to write:");
        foreach (var note in notes)
            output.WriteLine($"   - {note.About}: {Sentence(note.Why)}");
    }

    /// <summary>What is under way already, and waits.</summary>
    public static void Print(string cluster, IEnumerable<string> waits, TextWriter output)
    {
        var all = waits.ToList();
        if (all.Count == 0)
            return;
        output.WriteLine($"{cluster}: {Count(all.Count, "wait")} for jobs:");
        foreach (var wait in all.Take(MostWaits))
            output.WriteLine($"   - {Sentence(wait)}");
        if (all.Count > MostWaits)
            output.WriteLine($"   and {all.Count - MostWaits} more");
    }

    private static string With(string why, string jobs) => jobs.Length == 0 ? why : $"{why}; {jobs}";

    private static string Sentence(string why) =>
        char.ToUpperInvariant(why[0]) + why[1..] + (why.EndsWith('.') || why.EndsWith('?') ? "" : ".");

    private static string Count(int count, string what) =>
        count == 1 ? $"1 {what}" : $"{count} {what}{(what.EndsWith('s') ? "es" : "s")}";
}
