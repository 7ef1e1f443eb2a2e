using Bridge.Core.Planning;
using Bridge.Core.View;

namespace Bridge.Control.Ports;

/// <summary>Kubernetes as the loop sees it. Implemented by the adapter and by the simulation.</summary>
public interface IKubePort
{
    /// <summary>The newest view; a new value whenever anything changed, the same one while nothing did.</summary>
    KubeView View { get; }

    /// <summary>Raised after <see cref="View"/> has changed. Handlers return at once.</summary>
    event Action? Changed;

    Task<StepResult> CreateClaimAsync(ClaimSpec claim, CancellationToken cancel);

    Task<StepResult> CreatePodAsync(SlurmdPodSpec pod, CancellationToken cancel);

    Task<StepResult> DeletePodAsync(DeletePod step, CancellationToken cancel);

    Task<StepResult> DeleteClaimAsync(DeleteClaim step, CancellationToken cancel);

    Task<StepResult> SetFinalizerAsync(SetFinalizer step, CancellationToken cancel);

    Task<StepResult> SetNodeConditionAsync(SetNodeCondition step, CancellationToken cancel);

    Task<StepResult> SetCordonAsync(SetCordon step, CancellationToken cancel);

    Task<StepResult> WriteStatusAsync(WriteStatus step, CancellationToken cancel);
}
