using System.Globalization;
using Bridge.Core.Planning;

namespace Bridge.Core.Tests.Planning;

/// <summary>
/// Every file of Cases is one case: what is seen, `---`, and the steps that must come of it, each as `Kind: why`.
/// Statuses are compared only
/// where the case names one (`status POOL: message`, `condition CLUSTER TYPE=STATUS REASON: message`).
/// </summary>
public sealed class PlanCases
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Planning", "Cases");

    public static TheoryData<string> Cases() =>
        [.. Directory.EnumerateFiles(Folder, "*.txt").Select(f => Path.GetFileNameWithoutExtension(f)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_plan_is_the_one_that_the_case_states(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, name + ".txt"));
        var cut = Array.IndexOf(lines, "---");
        Assert.True(cut > 0, $"{name} has no line '---' between what is seen and what is expected");
        var expected = lines[(cut + 1)..].Where(l => l.Length > 0).ToList();

        var view = CaseView.Parse(lines[..cut]);
        var memory = lines.Contains("fresh memory") ? new PlanMemory() : CaseView.Remember(view);
        foreach (var waited in lines.Where(l => l.StartsWith("waited ", StringComparison.Ordinal)))
            ClusterPlanner.Plan(view, memory, CaseView.Now - TimeSpan.FromMinutes(int.Parse(
                CaseLine.Parse(waited).Name, CultureInfo.InvariantCulture)));
        var plan = ClusterPlanner.Plan(view, memory, CaseView.Now);

        var statuses = plan.Steps.OfType<WriteStatus>().Select(s => $"status {s.About.Name}: {s.Why}").ToList();
        statuses.AddRange(plan.Steps.OfType<WriteStatus>().SelectMany(s => s.Conditions.Select(
            c => $"condition {s.About.Name} {c.Type}={c.Status} {c.Reason}: {c.Message}")));
        foreach (var status in expected.Where(IsStatus))
            Assert.Contains(status, statuses);
        Assert.Equal(
            expected.Where(e => !IsStatus(e)),
            plan.Steps.Where(s => s is not WriteStatus).Select(s => $"{s.GetType().Name}: {s.Why}"));
    }

    private static bool IsStatus(string expected) => expected.StartsWith("status ", StringComparison.Ordinal)
        || expected.StartsWith("condition ", StringComparison.Ordinal);
}
