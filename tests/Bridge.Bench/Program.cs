using Bridge.Bench;

// One line per bench: its name and what runs it. A bench prints BenchLines and returns 0, or 1 where a limit was
// broken.
var benches = new SortedDictionary<string, Func<string[], Task<int>>>(StringComparer.Ordinal)
{
    ["hooks"] = HookBench.RunAsync,
    ["isolation"] = IsolationBench.RunAsync,
    ["job-api"] = JobApiBench.RunAsync,
    ["plan"] = PlanBench.RunAsync,
    ["probe"] = ProbeBench.RunAsync,
    ["snapshot"] = SnapshotBench.RunAsync,
    ["storm"] = StormBench.RunAsync,
};

return await BenchRunner.RunAsync(benches, args);
