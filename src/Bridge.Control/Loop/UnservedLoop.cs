using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Microsoft.Extensions.Logging;

namespace Bridge.Control.Loop;

/// <summary>
/// observe → plan → act for the pools and policies that name no SlurmCluster. It reads and writes Kubernetes alone.
/// </summary>
public sealed class UnservedLoop(IKubePort kube, Func<bool> leads, TimeProvider time, ILogger<UnservedLoop> log)
{
    /// <summary>Its one key: every change in Kubernetes calls for a tick.</summary>
    public static readonly ObjectRef Key = new("SlurmCluster", "", "");

    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(5);

    private readonly StepGate gate = new(time);

    /// <inheritdoc cref="ClusterLoop.Tried"/>
    public event Action<StepOutcome>? Tried;

    /// <inheritdoc cref="Tick"/>
    public async Task<TimeSpan> TickAsync(ObjectRef key, CancellationToken cancel)
    {
        var next = Rest;
        foreach (var step in UnservedPlanner.Plan(kube.View, time.GetUtcNow()))
        {
            if (gate.NotBefore(step) is null)
            {
                cancel.ThrowIfCancellationRequested();
                if (!leads())
                    break;
                var outcome = new StepOutcome(step, await DoAsync(step, cancel), time.GetUtcNow());
                gate.Record(step, outcome.Result);
                log.Tell(outcome);
                Tried?.Invoke(outcome);
            }
            if (gate.Wait(step) is { } wait && wait < next)
                next = wait;
        }
        return next;
    }

    private Task<StepResult> DoAsync(Step step, CancellationToken cancel) => step switch
    {
        WriteStatus s => kube.WriteStatusAsync(s, cancel),
        SetPartitionFinalizer s => kube.SetPartitionFinalizerAsync(s, cancel),
        _ => throw new NotSupportedException($"no case for {step.GetType().Name} where no cluster is served"),
    };
}
