using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;

namespace Bridge.Control.Ports;

/// <summary>One Slurm cluster as the loop sees it. Implemented by the adapter and by the simulation.</summary>
public interface ISlurmPort
{
    /// <summary>The newest view; the same value while nothing changed.</summary>
    SlurmView View { get; }

    /// <summary>
    /// Reads what may have changed, as cheaply as it can, and replaces <see cref="View"/>. A failed read keeps the last
    /// content and marks
    /// the source. Never throws for a neighbour's fault.
    /// </summary>
    Task<SlurmView> ReadAsync(CancellationToken cancel);

    /// <summary>
    /// Asks Slurm anew, right before a slurmd is ended, whether that ends a job. Done: none runs on the node, and none
    /// can start, because the node is still kept from work for the reason that the plan knew; or slurmctld lives and
    /// has no record of the node, as the plan knew. Conflict: it is otherwise. Unavailable: Slurm does not say.
    /// </summary>
    /// <param name="node">The node whose slurmd is to end.</param>
    /// <param name="heldFor">The reason that the plan saw on the drained, failing or down node; null where it saw no
    /// record.</param>
    /// <param name="cancel">Gives up asking.</param>
    Task<StepResult> ConfirmIdleAsync(NodeName node, string? heldFor, CancellationToken cancel);

    Task<StepResult> DrainAsync(DrainNodes step, CancellationToken cancel);

    Task<StepResult> ResumeAsync(ResumeNodes step, CancellationToken cancel);

    Task<StepResult> TagAsync(TagNodes step, CancellationToken cancel);

    Task<StepResult> DeleteNodesAsync(DeleteSlurmNodes step, CancellationToken cancel);

    Task<StepResult> PutPartitionAsync(PutPartition step, CancellationToken cancel);

    Task<StepResult> DeletePartitionAsync(DeletePartition step, CancellationToken cancel);
}
