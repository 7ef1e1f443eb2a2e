using System.Globalization;
using System.Text.Json.Nodes;
using Bridge.Lab.Models;

namespace Bridge.Lab.Nodes;

/// <summary>What a pod's only container is doing.</summary>
internal abstract record ContainerPhase
{
    /// <summary>Not running, and will be started (again).</summary>
    internal sealed record Waiting(string Reason, string Message) : ContainerPhase;

    internal sealed record Running(DateTimeOffset Since) : ContainerPhase;

    /// <summary>Ended for good.</summary>
    internal sealed record Terminated(int ExitCode, DateTimeOffset StartedAt, DateTimeOffset FinishedAt)
        : ContainerPhase;
}

/// <summary>
/// What the node runtime knows of a pod, as the status that a kubelet would report (core/v1 PodStatus).
/// </summary>
internal sealed record ContainerReport
{
    public required ContainerPhase Phase { get; init; }
    public required int RestartCount { get; init; }
    public required string Address { get; init; }
    public required DateTimeOffset Started { get; init; }

    /// <summary>How the run before this one ended; null for the first.</summary>
    public ContainerPhase.Terminated? Last { get; init; }

    /// <summary>A strategic merge patch of pods/status.</summary>
    public JsonObject ToPatch(LabPod pod, DateTimeOffset now)
    {
        var container = pod.Spec.Containers.Count > 0 ? pod.Spec.Containers[0] : new LabContainer();
        var ready = Phase is ContainerPhase.Running;
        var status = new JsonObject
        {
            ["phase"] = PodPhase(),
            ["hostIP"] = "127.0.0.1",
            ["startTime"] = Time(Started),
            ["conditions"] = new JsonArray(
                Condition("Initialized", true, "", now),
                Condition("ContainersReady", ready, ready ? "" : "ContainersNotReady", now),
                Condition("Ready", ready, ready ? "" : "ContainersNotReady", now)),
            ["containerStatuses"] = new JsonArray(new JsonObject
            {
                ["name"] = container.Name,
                ["image"] = container.Image,
                ["imageID"] = "",
                ["ready"] = ready,
                ["started"] = ready,
                ["restartCount"] = RestartCount,
                ["state"] = State(Phase),
                ["lastState"] = Last is null ? new JsonObject() : State(Last),
            }),
        };
        if (Address.Length > 0)
        {
            status["podIP"] = Address;
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = Address });
        }
        return new JsonObject { ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid }, ["status"] = status };
    }

    private string PodPhase() => Phase switch
    {
        ContainerPhase.Running => "Running",
        ContainerPhase.Terminated { ExitCode: 0 } => "Succeeded",
        ContainerPhase.Terminated => "Failed",
        // A pod that has run before stays Running while its container is restarted.
        _ => RestartCount > 0 || Last is not null ? "Running" : "Pending",
    };

    private static JsonObject State(ContainerPhase phase) => phase switch
    {
        ContainerPhase.Waiting waiting => new JsonObject
        {
            ["waiting"] = new JsonObject { ["reason"] = waiting.Reason, ["message"] = waiting.Message },
        },
        ContainerPhase.Running running => new JsonObject
        {
            ["running"] = new JsonObject { ["startedAt"] = Time(running.Since) },
        },
        ContainerPhase.Terminated ended => new JsonObject
        {
            ["terminated"] = new JsonObject
            {
                ["exitCode"] = ended.ExitCode,
                ["reason"] = ended.ExitCode == 0 ? "Completed" : "Error",
                ["startedAt"] = Time(ended.StartedAt),
                ["finishedAt"] = Time(ended.FinishedAt),
            },
        },
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "no such phase"),
    };

    private static JsonObject Condition(string type, bool holds, string reason, DateTimeOffset now) => new()
    {
        ["type"] = type,
        ["status"] = holds ? "True" : "False",
        ["reason"] = reason,
        ["lastTransitionTime"] = Time(now),
    };

    public static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
