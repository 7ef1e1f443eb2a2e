using System.Text.Json.Nodes;
using Bridge.Adapter.Tests.KubeFake;
using Bridge.Control;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Kube.Writes;
using Bridge.Lab;
using Bridge.Lab.Fixtures;
using Bridge.Lab.Models;
using Bridge.Lab.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Lab;

/// <summary>
/// Scheduler and node runtime on the lab's real API server; a pod's program is a shell script here, not a slurmd.
/// </summary>
public sealed class LabClusterTests(LabServer server) : IClassFixture<LabServer>
{
    private static readonly ObjectKey Pod = new("slurm", "slurmd-gpu-1");
    private static readonly ObjectKey Claim = new("slurm", "gpus-gpu-1");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pod_gets_its_devices_runs_restarts_survives_its_runtime_and_leaves_nothing()
    {
        Assert.False(server.WhyNot.Length > 0, server.WhyNot);
        using var client = new KubeClient(server.Endpoint, new KubeLimits(), TimeProvider.System);
        var writer = new LabWriter(client);
        var fixture = new NodeFixture { Name = "gpu-1", Product = GpuProduct.Find("NVIDIA H100 80GB HBM3")!, Gpus = 4 };
        Assert.Equal(StepResult.Done, await new LabFixtures(client, TimeProvider.System).ApplyAsync([fixture], Cancel));
        await PostAsync(writer, KubeKinds.Namespaces.Resource.Collection(), """{"metadata":{"name":"slurm"}}""");
        await PostAsync(
            writer, KubeKinds.Secrets.Resource.Collection("slurm"), """{"metadata":{"name":"key"},"data":{"slurm.key":"YWJj"}}""");
        await PostAsync(writer, LabKinds.Claims.Resource.Collection("slurm"), ClaimBody);
        await PostAsync(writer, LabKinds.Pods.Resource.Collection("slurm"), PodBody);
        var files = Path.Combine(server.Folder, "pods", "slurm_slurmd-gpu-1");

        string address;
        await using (new RunningLab(client, Options()))
        {
            var pod = await UntilAsync(client, p => p.Status.Phase == "Running", "the pod runs");
            address = pod.Status.PodIP;
            Assert.StartsWith("10.231.1.", address, StringComparison.Ordinal);
            Assert.Equal(["/dev/bridge/h100-0", "/dev/bridge/h100-1", "/dev/bridge/h100-2", "/dev/bridge/h100-3"],
                await File.ReadAllLinesAsync(files + "/gpus", Cancel));
            Assert.Equal("abc", await File.ReadAllTextAsync(files + "/secrets/slurm.key", Cancel));
            var claim = await client.GetAsync(LabKinds.Claims, Claim, Cancel);
            Assert.Equal(4, claim.Status.Allocation!.Devices.Results.Count);
            Assert.Equal(pod.Metadata.Uid, Assert.Single(claim.Status.ReservedFor).Uid);

            await writer.PatchAsync(new WriteTarget(LabKinds.Pods.Resource, Pod, "status"), NotReady(), Cancel);
            await UntilAsync(client, Ready, "the node runtime says again that the pod is ready");

            await File.WriteAllTextAsync(server.Folder + "/end", "", Cancel);
            await UntilAsync(
                client, p => p.Status.ContainerStatuses is [{ RestartCount: 1 }], "the container was started again");
        }
        await using (new RunningLab(client, Options()))
        {
            var pod = await UntilAsync(
                client, p => p.Status.ContainerStatuses is [{ RestartCount: > 1 }], "the next runtime starts it anew");
            Assert.Equal(address, pod.Status.PodIP);

            var target = new WriteTarget(LabKinds.Pods.Resource, Pod);
            Assert.Equal(StepResult.Done, await writer.DeleteAsync(target, pod.Metadata.Uid, null, Cancel));
            await UntilGoneAsync(client);
            await Eventually.TrueAsync(
                () => client.GetAsync(LabKinds.Claims, Claim, Cancel).Result.Status.Allocation is null,
                "the claim gives its devices back");
        }
        Assert.False(Directory.Exists(files + "/secrets"));
        Assert.Contains(
            "hello from slurmd-gpu-1", await File.ReadAllTextAsync(files + "/log", Cancel), StringComparison.Ordinal);
    }

    private NodeRuntimeOptions Options()
    {
        var program = Path.Combine(server.Folder, "pod");
        // Ends once when it finds the file "end", else on TERM.
        File.WriteAllText(program, $"""
            #!/bin/sh
            echo "hello from $3"
            while sleep 0.1; do [ ! -e {server.Folder}/end ] || [ ! "$(rm -v {server.Folder}/end)" ] || exit 3; done
            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return new NodeRuntimeOptions
        {
            LabDirectory = server.Folder, PodProgram = program, RestartFirst = TimeSpan.FromMilliseconds(50),
        };
    }

    private static async Task PostAsync(LabWriter writer, string path, string body) =>
        Assert.Equal(StepResult.Done, await writer.PostAsync(path, JsonNode.Parse(body)!.AsObject(), Cancel));

    private static async Task<LabPod> UntilAsync(KubeClient client, Predicate<LabPod> condition, string what)
    {
        LabPod? pod = null;
        await Eventually.TrueAsync(() => condition(pod = client.GetAsync(LabKinds.Pods, Pod, Cancel).Result), what);
        return pod!;
    }

    private static bool Ready(LabPod pod) => pod.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" });

    // As node lifecycle writes it while a node is silent.
    private static JsonObject NotReady() => new()
    {
        ["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "False" }),
        },
    };

    private static Task UntilGoneAsync(KubeClient client) => Eventually.TrueAsync(
        () => client.GetAsync(LabKinds.Pods, Pod, Cancel).ContinueWith(
            t => t.Exception?.InnerException is KubeException { Failure.Code: 404 }, TaskScheduler.Default).Result,
        "the deleted pod is gone");

    private const string ClaimBody = """
        {"metadata":{"name":"gpus-gpu-1"},"spec":{"devices":{"requests":[{"name":"gpus","exactly":{
          "deviceClassName":"gpu.nvidia.com","allocationMode":"All"}}]}}}
        """;

    private const string PodBody = """
        {"metadata":{"name":"slurmd-gpu-1"},"spec":{"terminationGracePeriodSeconds":5,
          "nodeSelector":{"kubernetes.io/hostname":"gpu-1"},
          "resourceClaims":[{"name":"gpus","resourceClaimName":"gpus-gpu-1"}],
          "volumes":[{"name":"key","secret":{"secretName":"key"}}],
          "containers":[{"name":"slurmd","image":"none","command":["slurmd"]}]}}
        """;

    /// <summary>Scheduler and node runtime until disposed.</summary>
    private sealed class RunningLab : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task running;

        public RunningLab(KubeClient client, NodeRuntimeOptions options) =>
            running = LabRunner.RunAsync(client, options, scheduler: true, NullLoggerFactory.Instance, stop.Token);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
        }
    }
}
