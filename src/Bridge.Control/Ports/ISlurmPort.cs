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

    Task<StepResult> DrainAsync(DrainNodes step, CancellationToken cancel);

    Task<StepResult> ResumeAsync(ResumeNodes step, CancellationToken cancel);

    Task<StepResult> TagAsync(TagNodes step, CancellationToken cancel);

    Task<StepResult> DeleteNodesAsync(DeleteSlurmNodes step, CancellationToken cancel);

    Task<StepResult> PutPartitionAsync(PutPartition step, CancellationToken cancel);

    Task<StepResult> DeletePartitionAsync(DeletePartition step, CancellationToken cancel);
}
