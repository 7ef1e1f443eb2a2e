using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Selectors;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Bench;

/// <summary>
/// What 100,000 jobs cost the aggregated job API: taking over all of them, or the few that changed, finding those of a
/// node, and writing the list.
/// </summary>
public static class JobApiBench
{
    private const int Jobs = 100_000;
    private const int Changed = 100;
    private const int Rounds = 4;

    // Of the goal of 256 MB for the whole daemon: what is kept of a job beside Slurm's own record.
    private const long MostKeptBytes = 600;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Task<int> RunAsync(string[] args)
    {
        var namespaces = new JobNamespaces("slurm", new Dictionary<string, string> { ["a1"] = "team-a1" });
        // The best of some rounds: the first ones compile, and other programs only ever make a round slower.
        var best = new Dictionary<string, BenchLine>();
        for (var round = 0; round < Rounds; round++)
            Measure(namespaces, Keep);
        var good = true;
        foreach (var line in best.Values)
            good &= line.Print();
        return Task.FromResult(good ? 0 : 1);

        void Keep(string figure, double value, string unit)
        {
            if (!best.TryGetValue(figure, out var known) || value < known.Value)
                best[figure] = new BenchLine(
                    "job-api", figure, value, unit, figure == "kept_bytes_a_job" ? MostKeptBytes : null);
        }
    }

    private static void Measure(JobNamespaces namespaces, Action<string, double, string> print)
    {
        var served = new ServedJobs(TimeProvider.System, new Random(1));
        served.Follow(new HashSet<string> { "bench" });
        var store = served.Find("bench")!;
        var none = GC.GetTotalMemory(forceFullCollection: true);
        var first = Make(0);
        var kept = GC.GetTotalMemory(forceFullCollection: true);
        Step("first_update", () => store.Update(first, namespaces));
        var all = GC.GetTotalMemory(forceFullCollection: true);
        print("kept_bytes_a_job", (all - kept) / Jobs, "bytes");
        print("kept_bytes_a_job_with_its_record", (all - none) / Jobs, "bytes");
        print("working_set_bytes", Environment.WorkingSet, "bytes");
        var again = Make(0);
        Step("reread_update", () => store.Update(again, namespaces));
        var changed = Make(Changed);
        var some = changed.Take(Changed).ToList();
        Step("change_1", () => store.Change(some[..1], []));
        Step("change_100", () => store.Change(some, []));
        var snapshot = store.Objects.Current;
        var node = FieldSelector.Parse("status.node=n77", SlurmJobKind.Resource.Fields, out _)!;
        Step("find_of_node", () => _ = snapshot.In("", required: node.Required).Count(node.Matches));
        var user = FieldSelector.Parse("spec.user=user7", SlurmJobKind.Resource.Fields, out _)!;
        Step("find_of_user", () => _ = snapshot.In("", required: user.Required).Count(user.Matches));
        var body = new ArrayBufferWriter<byte>(128 << 20);
        Step("list", () => Write(store.Objects, snapshot, body));
        print("list_size", body.WrittenCount, "bytes");

        void Step(string name, Action action)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            action();
            var seconds = clock.Elapsed.TotalSeconds;
            print(name + "_seconds", seconds, "s");
            print(name + "_alloc_bytes", GC.GetAllocatedBytesForCurrentThread() - before, "bytes");
        }
    }

    private static void Write(
        ObjectStore<ServedJob> store, StoreSnapshot<ServedJob> snapshot, ArrayBufferWriter<byte> body)
    {
        body.ResetWrittenCount();
        using var json = new Utf8JsonWriter(body);
        json.WriteStartArray();
        foreach (var stored in snapshot.Objects)
            json.WriteRawValue(store.Json(stored), skipInputValidation: true);
        json.WriteEndArray();
    }

    // New objects each time, as a reading of Slurm makes them; the first so many are in another state.
    private static List<SlurmJob> Make(int changed) => [.. Enumerable.Range(0, Jobs).Select(i => new SlurmJob
    {
        Id = new JobId((uint)i + 1),
        State = i < changed ? "COMPLETED" : i % 2 == 0 ? "RUNNING" : "PENDING",
        Name = "train",
        User = $"user{i % 50}",
        Account = $"a{i % 20}",
        Partition = "gpu",
        Qos = "normal",
        NodeCount = 4,
        Cpus = 64,
        Nodes = i % 2 == 0 ? $"n[{1 + (i % 1000)}-{4 + (i % 1000)}]" : "",
        Gpus = 16,
        GresDetail = i % 2 == 0
            ? ["gpu:h100:4(IDX:0-3)", "gpu:h100:4(IDX:0-3)", "gpu:h100:4(IDX:0-3)", "gpu:h100:4(IDX:0-3)"]
            : [],
        SubmitTime = Start.AddSeconds(i),
        StartTime = i % 2 == 0 ? Start.AddSeconds(i + 60) : null,
        TimeLimitMinutes = 60,
    })];
}
