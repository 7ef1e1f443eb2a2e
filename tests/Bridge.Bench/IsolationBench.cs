using Bridge.Core.Tests.Isolation;

namespace Bridge.Bench;

public static class IsolationBench
{
    public static Task<int> RunAsync(string[] args)
    {
        if (args.Length == 3 && args[0][0] != (char)45)
        {
            var fault = Enum.Parse<FaultClass>(args[0]);
            var fab = new SimulatedFabric(fault, int.Parse(args[1], null), int.Parse(args[2], null));
            var sb = new System.Text.StringBuilder();
            foreach (var f in fab.Faults) sb.AppendLine($"{f} {string.Join(',', f.Nodes)}");
            var c = Campaign.Run(fab, fault, sb);
            foreach (var v in c.Report.Verdicts) sb.AppendLine($"{v.Culprit} {v.Confidence} {string.Join(',', v.Nodes)} {v.Domain} {string.Join(',', v.Proof)} {v.Why}");
            Console.WriteLine(sb);
            Console.WriteLine($"{c.Report.Healthy.Length} {c.Report.Unknown.Length} missed {c.Missed} false {c.False}");
            return Task.FromResult(0);
        }
        var seeds = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 100;
        foreach (var n in args.Length > 2 ? new[] { 16 } : new[] { 16, 64, 232, 1000 })
            foreach (var c in Enum.GetValues<FaultClass>())
            {
                var w = System.Diagnostics.Stopwatch.StartNew();
                var all = Enumerable.Range(0, seeds).Select(s => (s, c: Campaign.Run(c, n, s))).ToArray();
                var t = all.Select(a => a.c.Tests).Order().ToArray();
                var r = all.Select(a => a.c.Rounds).Order().ToArray();
                Console.WriteLine($"{n,5} {c,-9} tests {t[seeds / 2],3} p99 {t[seeds * 99 / 100],3} max {t[^1],3}  rounds {r[seeds / 2],2} {r[seeds * 99 / 100],2} {r[^1],2} missed {all.Sum(a => a.c.Missed)} [{string.Join(',', all.Where(a => a.c.Missed > 0).Select(a => a.s).Take(5))}] false {all.Sum(a => a.c.False)} [{string.Join(',', all.Where(a => a.c.False > 0).Select(a => a.s).Take(5))}] unexpl {all.Count(a => a.c.Report.Verdicts.Any(v => v.Culprit == Bridge.Core.Isolation.Culprit.Unexplained))} {w.ElapsedMilliseconds} ms");
            }
        return Task.FromResult(0);
    }
}
