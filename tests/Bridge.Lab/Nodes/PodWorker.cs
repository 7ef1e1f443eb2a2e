using Bridge.Control;
using Bridge.Kube.Writes;
using Bridge.Lab.Models;
using Microsoft.Extensions.Logging;

namespace Bridge.Lab.Nodes;

/// <summary>What every pod's worker needs of the runtime.</summary>
internal sealed record PodTools(
    NodeRuntimeOptions Options, LabWriter Writer, PodPreparation Preparation, PodAddresses Addresses, TimeProvider Time,
    ILogger Log);

/// <summary>
/// Runs one pod from its binding to its end, as a kubelet does: prepare, start, report, restart with a growing pause,
/// end in two stages, and take the object away when it was being deleted.
/// </summary>
internal sealed class PodWorker
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(30);

    private readonly PodTools tools;
    private readonly LabPod pod;
    private readonly PodFiles files;
    private readonly string address;
    private readonly DateTimeOffset begun;
    private readonly TaskCompletionSource<DateTimeOffset> ending = new(
        TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? contradicted;
    private ContainerPhase.Terminated? last;
    private int restarts;

    public PodWorker(LabPod pod, PodTools tools)
    {
        this.tools = tools;
        this.pod = pod;
        files = new PodFiles(tools.Options.LabDirectory, pod.Metadata.Key());
        address = tools.Addresses.Take(pod.Status.PodIP);
        begun = tools.Time.GetUtcNow();
        // A pod that ran before this runtime began lost its process with the runtime before: a restart, as after a
        // reboot of the node.
        restarts = pod.Status is { Phase: "Running", ContainerStatuses: [var before, ..] } ? before.RestartCount + 1
            : 0;
    }

    /// <summary>Done when process and files are gone.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public void Begin(CancellationToken stop) => Running = RunAsync(stop);

    /// <summary>The pod is to end; its process may take until the deadline.</summary>
    public void End(LabPod? seen)
    {
        var grace = TimeSpan.FromSeconds(pod.Spec.TerminationGracePeriodSeconds ?? DefaultGrace.TotalSeconds);
        ending.TrySetResult(seen?.Metadata.DeletionTimestamp ?? tools.Time.GetUtcNow() + grace);
    }

    /// <summary>
    /// Reports a running pod again whose object says otherwise: node lifecycle takes Ready away while a node is silent,
    /// and leaves it to the kubelet to give it back.
    /// </summary>
    public void See(LabPod seen)
    {
        if (!seen.Status.Conditions.Any(c => c is { Type: "Ready", Status: "True" }))
            contradicted?.TrySetResult();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            if (!pod.Finished)
                await RunUntilEndedAsync(stop);
            await WaitAsync(Timeout.InfiniteTimeSpan, stop);
            await tools.Writer.DeleteAsync(Target(), pod.Metadata.Uid, 0, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The runtime stops: as at a node's reboot, the object keeps its last status.
        }
        finally
        {
            files.End();
            tools.Addresses.Release(address);
        }
    }

    private async Task RunUntilEndedAsync(CancellationToken stop)
    {
        var pause = tools.Options.RestartFirst;
        while (!ending.Task.IsCompleted)
        {
            var obstacle = await tools.Preparation.PrepareAsync(pod, files, stop);
            if (obstacle.Reason.Length > 0)
            {
                await ReportAsync(new ContainerPhase.Waiting(obstacle.Reason, obstacle.Message), stop);
                await WaitAsync(tools.Options.Retry, stop);
                continue;
            }
            last = await RunOnceAsync(stop);
            if (ending.Task.IsCompleted || !Restarts(last.ExitCode))
            {
                await ReportAsync(last, stop);
                return;
            }
            // A container that ran longer than the longest pause has shown that it can.
            pause = last.FinishedAt - last.StartedAt > tools.Options.RestartCap ? tools.Options.RestartFirst : pause;
            await ReportAsync(
                new ContainerPhase.Waiting(
                "CrashLoopBackOff", $"back-off {pause} restarting container, exit code {last.ExitCode}"), stop);
            await WaitAsync(pause, stop);
            pause = pause * 2 < tools.Options.RestartCap ? pause * 2 : tools.Options.RestartCap;
            restarts++;
        }
    }

    private bool Restarts(int exitCode) => pod.Spec.RestartPolicy switch
    {
        "Never" => false,
        "OnFailure" => exitCode != 0,
        _ => true,
    };

    private async Task<ContainerPhase.Terminated> RunOnceAsync(CancellationToken stop)
    {
        var started = tools.Time.GetUtcNow();
        using var process = PodProcess.Start(Command());
        tools.Log.PodStarted(pod.Metadata.Key().ToString(), pod.Spec.NodeName, address);
        try
        {
            // Never reported as running when it has ended already.
            while (!process.Exited.IsCompleted && !ending.Task.IsCompleted)
            {
                await ReportAsync(new ContainerPhase.Running(started), stop);
                var again = contradicted = new(TaskCreationOptions.RunContinuationsAsynchronously);
                await Task.WhenAny(process.Exited, ending.Task, again.Task).WaitAsync(stop);
            }
        }
        finally
        {
            contradicted = null;
            if (!process.Exited.IsCompleted)
                await process.EndAsync(GraceLeft(), tools.Time);
        }
        tools.Log.PodEnded(pod.Metadata.Key().ToString(), process.ExitCode);
        return new ContainerPhase.Terminated(process.ExitCode, started, tools.Time.GetUtcNow());
    }

    private PodCommand Command()
    {
        var container = pod.Spec.Containers[0];
        var command = container.Command.Count > 0 ? container.Command : [tools.Options.Entrypoint];
        var host = pod.Spec.Hostname.Length > 0 ? pod.Spec.Hostname : pod.Metadata.Name;
        var options = tools.Options;
        return new PodCommand(
            [options.PodProgram, options.LabDirectory, files.Folder, host, address, "--", .. command,
            .. container.Args],
            files.Log,
            TimeSpan.FromSeconds(pod.Spec.TerminationGracePeriodSeconds ?? DefaultGrace.TotalSeconds));
    }

    private TimeSpan GraceLeft()
    {
        if (!ending.Task.IsCompletedSuccessfully)
            return DefaultGrace / 3;
        var left = ending.Task.Result - tools.Time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>
    /// Until it is written, or the object is known to be gone: a lost report would leave a lie in the API.
    /// </summary>
    private async Task ReportAsync(ContainerPhase phase, CancellationToken stop)
    {
        var report = new ContainerReport
            { Phase = phase, RestartCount = restarts, Address = address, Started = begun, Last = last };
        while (true)
        {
            var patch = report.ToPatch(pod, tools.Time.GetUtcNow());
            var result = await tools.Writer.PatchAsync(Target("status"), patch, stop);
            if (result is not StepResult.UnavailableResult unavailable)
                return;
            tools.Log.ReportFailed(pod.Metadata.Key().ToString(), unavailable.Reason);
            await Task.Delay(unavailable.After ?? tools.Options.Retry, tools.Time, stop);
        }
    }

    /// <summary>Waits for a while, or less when the pod is to end.</summary>
    private async Task WaitAsync(TimeSpan atMost, CancellationToken stop)
    {
        try
        {
            await ending.Task.WaitAsync(atMost, tools.Time, stop);
        }
        catch (TimeoutException)
        {
            // Waited long enough.
        }
    }

    private WriteTarget Target(string subresource = "") => new(LabKinds.Pods.Resource, pod.Metadata.Key(), subresource);
}
