using System.Diagnostics;
using System.Text.Json.Nodes;
using Bridge.Lab.Faults;

namespace Bridge.E2E.World;

/// <content>How the lab stands, and how it comes back to how every test begins.</content>
public sealed partial class E2ELab
{
    /// <summary>The nodes that are always there.</summary>
    internal static readonly string[] BaseNodes = ["gpu-1", "gpu-2"];

    private int jobs;

    /// <summary>
    /// gpu-1 and gpu-2 idle with eight GPUs each in partition gpu, one slurmd pod each, no job, no fault, one Bridge.
    /// </summary>
    internal async Task BaseStateAsync()
    {
        Heal();
        await StartServersAsync();
        await ApplyAsync(Manifests.Cluster(this, RestUrl, this["JWT_KEY_FILE"]));
        await SlurmAsync("scancel", "--full", "-u", "alice");
        foreach (var extra in await ExtraNodesAsync())
            await RemoveNodeAsync(extra);
        await LabVerbAsync("nodes", "--count", $"{BaseNodes.Length}", "--cpus", "4", "--memory", "4Gi");
        await KubectlAsync(["uncordon", .. BaseNodes]);
        foreach (var (node, row) in await NodesAsync())
            if (row.State.StartsWith("drain", StringComparison.Ordinal) && !row.DrainedByBridge)
                await SlurmAsync("scontrol", "update", $"nodename={node}", "state=resume");
        foreach (var former in bridges.SkipLast(1))
            await former.Kill9Async();
        if (bridges.Count == 0)
            StartBridge("bridge");
        else if (!Bridge.Running || Bridge == direct)
            await RestartBridgeAsync();
        // What is applied to a policy that an earlier test deleted would go with it.
        await Eventually.SoAsync("no policy is on its way out", TimeSpan.FromSeconds(60), async () =>
            await KubectlAsync("-n", "slurm", "get", "partitionpolicies", "-o",
                "jsonpath={.items[*].metadata.deletionTimestamp}") == "" ? "" : Bridge.Tail());
        await ApplyAsync(Manifests.Policies);
        await Eventually.SoAsync("gpu-1 and gpu-2 are as every test begins", TimeSpan.FromSeconds(120), NotAtBaseAsync);
        await NothingMoreToDoAsync();
    }

    /// <summary>Where Bridge finds slurmrestd: at the proxy.</summary>
    internal string RestUrl => $"http://127.0.0.1:{SlurmProxy.Address.Port}";

    internal async Task<Dictionary<string, SlurmNodeRow>> NodesAsync() =>
        SlurmNodeRow.Parse((await SlurmAsync("sinfo", "-h", "-N", "-a", "-o", "%N|%T|%G|%E|%R")).Output);

    /// <summary>The row of a node; one with empty fields when Slurm does not know it.</summary>
    internal async Task<SlurmNodeRow> NodeAsync(string node) =>
        (await NodesAsync()).GetValueOrDefault(node) ?? new SlurmNodeRow("", "", "", []);

    internal async Task<IReadOnlyList<PodRow>> PodsAsync() =>
    [
        .. Items(await GetAsync("/api/v1/namespaces/slurm/pods")).Select(p => new PodRow(
            Text(p, "metadata", "name"), Text(p, "metadata", "uid"), Text(p, "status", "phase"),
            (p["status"]?["containerStatuses"] as JsonArray)?.Sum(c => (int?)c?["restartCount"] ?? 0) ?? 0,
            p["metadata"]?["deletionTimestamp"] is not null)),
    ];

    internal async Task<IReadOnlyList<string>> ClaimsAsync() =>
        [.. Items(await GetAsync("/apis/resource.k8s.io/v1/namespaces/slurm/resourceclaims")).Select(c => Text(c,
            "metadata", "name"))];

    /// <summary>A condition of an object as (status, message); empty when it is not there.</summary>
    internal async Task<(string Status, string Message)> ConditionAsync(string path, string type)
    {
        var found = ((await GetAsync(path))["status"]?["conditions"] as JsonArray)?.FirstOrDefault(c =>
            (string?)c?["type"] == type);
        return ((string?)found?["status"] ?? "", (string?)found?["message"] ?? "");
    }

    /// <summary>Condition Ready of the SlurmCluster.</summary>
    internal Task<(string Status, string Message)> ClusterReadyAsync() =>
        ConditionAsync("/apis/slurmbridge.io/v1alpha1/namespaces/slurm/slurmclusters/lab", "Ready");

    /// <summary>Waits until the SlurmCluster says so, in a sentence that holds the text.</summary>
    internal Task ClusterSaysAsync(string status, string text, TimeSpan within) =>
        Eventually.SoAsync($"SlurmCluster has Ready={status} with '{text}'", within, async () =>
        {
            var ready = await ClusterReadyAsync();
            return ready.Status == status && ready.Message.Contains(text, StringComparison.OrdinalIgnoreCase)
                ? ""
                : $"it says {ready.Status}: {ready.Message}";
        });

    /// <summary>
    /// Takes the SlurmCluster away without Bridge's seeing it off, as whoever strips finalizers does.
    /// </summary>
    internal async Task RemoveClusterByForceAsync()
    {
        await Bridge.StopAsync(TimeSpan.FromSeconds(20));
        await KubectlAsync("-n", "slurm", "patch", "slurmcluster", "lab", "--type=merge", "-p",
            """{"metadata": {"finalizers": null}}""");
        await KubectlAsync("-n", "slurm", "delete", "slurmcluster", "lab");
        StartBridgeAs(Bridge.Name, direct: false);
    }

    /// <summary>Waits until a node is as asked, which the text says.</summary>
    internal Task NodeIsAsync(string node, string what, TimeSpan within, Func<SlurmNodeRow, bool> so) =>
        Eventually.SoAsync($"{node} is {what}", within, async () =>
            await NodeAsync(node) is var row && so(row) ? "" : $"{row}\n{Bridge.Tail()}");

    /// <summary>Makes a node beside the base ones: NAME must end in -1.</summary>
    internal Task<string> AddNodeAsync(string node) =>
        LabVerbAsync("nodes", "--count", "1", "--prefix", node[..^2], "--cpus", "4", "--memory", "4Gi");

    /// <summary>Deletes Node and ResourceSlice, as when a machine is taken away.</summary>
    internal async Task RemoveNodeAsync(string node)
    {
        await KubectlAsync("delete", "node", node, "--ignore-not-found", "--wait=false");
        await KubectlAsync("delete", "resourceslice", $"{node}-gpu.nvidia.com", "--ignore-not-found", "--wait=false");
    }

    /// <summary>Nothing of a node is left: no record, no pod, no claim.</summary>
    internal Task NodeIsGoneAsync(string node, TimeSpan within) => Eventually.SoAsync($"nothing is left of {node}",
        within, async () =>
    {
        var record = await NodeAsync(node);
        var pods = (await PodsAsync()).Where(p => p.Name == $"slurmd-{node}");
        var claims = (await ClaimsAsync()).Where(c => c.StartsWith($"slurmd-{node}-", StringComparison.Ordinal));
        return record.State == "" && !pods.Any() && !claims.Any()
            ? ""
            : $"left are {record}, {string.Join(", ", pods)}, {string.Join(", ", claims)}\n{Bridge.Tail()}";
    });

    /// <summary>
    /// A job of alice that holds GPUs of a node until the test lets it end; it runs when this returns.
    /// </summary>
    internal async Task<BatchJob> RunJobAsync(string node, int gpus = 1)
    {
        var job = await SubmitJobAsync(node, gpus);
        await job.RunsAsync();
        return job;
    }

    /// <summary>The same job, which need not run yet.</summary>
    internal async Task<BatchJob> SubmitJobAsync(string node, int gpus = 1, string partition = "gpu")
    {
        var key = $"job{++jobs}";
        await File.WriteAllTextAsync(Path.Combine(this["WORK_DIR"], key + ".sh"),
            $"""
            #!/bin/bash
            #SBATCH -p {partition} -N1 --gres=gpu:h100:{gpus} --nodelist={node} --output={key}.out
            echo begun
            until [ -e {key}.end ]; do sleep 0.2; done
            echo ended
            """ + "\n");
        return new BatchJob(this, (await AliceAsync("sbatch", "--parsable", key + ".sh")).Ok(),
            Path.Combine(this["WORK_DIR"], key + ".end"));
    }

    /// <summary>Waits until kubectl shows alice a job in this state. Deadline: 30 s.</summary>
    internal Task KubectlShowsAsync(string job, string state) =>
        Eventually.SoAsync($"kubectl shows job {job} as {state} to alice", TimeSpan.FromSeconds(30), async () =>
            (await TryKubectlAsync("--kubeconfig", this["KUBECONFIG_ALICE"], "-n", "team-a", "get", "slurmjobs",
                "--field-selector", $"status.state={state}", "-o", "name")) is var shown
                && shown.Output.Contains($"/lab-{job}\n", StringComparison.Ordinal) ? ""
                    : $"it shows '{shown.Output}{shown.Error}'");

    /// <summary>How everything stands, for the text of a failure.</summary>
    internal async Task<string> StandingAsync() => string.Join('\n',
    [
        .. (await NodesAsync()).Select(n =>
            $"{n.Key}: {n.Value with { Partitions = [] }} in {string.Join(',', n.Value.Partitions)}"),
        .. (await PodsAsync()).Select(p => p.ToString()),
        Bridge.Tail(),
    ]);

    /// <summary>
    /// A restart of the API server; of a real cluster's, which is not ours to restart, what Bridge sees of one: every
    /// connection breaks, and for three seconds none is taken.
    /// </summary>
    internal async Task RestartApiServerAsync()
    {
        if (!OnRealCluster)
        {
            (await ScriptAsync("apiserver", "kill")).Ok();
            (await ScriptAsync("apiserver", "start")).Ok();
            return;
        }
        KubeProxy.Script.Add(new FaultRule { Fault = new Fault.Reset() });
        KubeProxy.Cut();
        using var pause = new PeriodicTimer(TimeSpan.FromSeconds(3), TimeProvider.System);
        await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        KubeProxy.Script.Clear();
    }

    private async Task StartServersAsync()
    {
        string[] ours = OnRealCluster ? ["slurmrestd", "slurmctld"] : ["slurmrestd", "slurmctld", "apiserver"];
        foreach (var daemon in ours)
        {
            await ScriptAsync(daemon, "continue");
            (await ScriptAsync(daemon, "start")).Ok();
        }
    }

    private async Task<string> NotAtBaseAsync()
    {
        var nodes = await NodesAsync();
        var pods = await PodsAsync();
        var right = nodes.Count == BaseNodes.Length && pods.Count == BaseNodes.Length
            && pods.All(p => p is { Phase: "Running", Deleting: false })
            && BaseNodes.All(n => nodes.GetValueOrDefault(n) is { Idle: true } row && row.HasGpus(8)
                && row.Partitions.Contains("gpu"))
            && (await ClusterReadyAsync()).Status == "True";
        return right ? "" : "this is how it stands:\n" + await StandingAsync();
    }

    // A step is logged when all of its tick are done: none of them may fall into the test that begins now.
    private async Task NothingMoreToDoAsync()
    {
        var (count, since) = (-1, Stopwatch.StartNew());
        await Eventually.SoAsync("Bridge has nothing more to do for a second", TimeSpan.FromSeconds(60), () =>
        {
            if (Steps().Count is var now && now != count)
                (count, since) = (now, Stopwatch.StartNew());
            return Task.FromResult(since.Elapsed > TimeSpan.FromSeconds(1) ? "" : Bridge.Tail());
        });
    }

    private async Task<IReadOnlyList<string>> ExtraNodesAsync() =>
        [.. Items(await GetAsync("/api/v1/nodes?labelSelector=lab.slurmbridge.io%2Fmade%3Dtrue"))
            .Select(n => Text(n, "metadata", "name")).Except(BaseNodes)];

    private static IEnumerable<JsonObject> Items(JsonObject list) => (list["items"] as JsonArray
        ?? []).OfType<JsonObject>();

    private static string Text(JsonObject of, string part, string field) => (string?)of[part]?[field] ?? "";
}
