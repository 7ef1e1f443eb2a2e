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

    private readonly Executor executor = new(kube, null, leads, time, log);

    /// <inheritdoc cref="Executor.Tried"/>
    public event Action<StepOutcome>? Tried
    {
        add => executor.Tried += value;
        remove => executor.Tried -= value;
    }

    /// <inheritdoc cref="Tick"/>
    public async Task<TimeSpan> TickAsync(ObjectRef key, CancellationToken cancel)
    {
        var plan = UnservedPlanner.Plan(kube.View, time.GetUtcNow());
        var executed = await executor.ExecuteAsync([.. plan], cancel);
        return executed.Again < Rest ? executed.Again.Value : Rest;
    }
}
