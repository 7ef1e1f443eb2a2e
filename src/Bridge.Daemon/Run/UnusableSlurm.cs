using Bridge.Control;
using Bridge.Control.Ports;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;

namespace Bridge.Daemon.Run;

/// <summary>
/// The port of a SlurmCluster whose spec cannot work. It cannot be read, and says why, so that the reason gets into the
/// resource's status by the same way as that of a Slurm that does not answer.
/// </summary>
/// <param name="why">One sentence.</param>
/// <param name="since">When it was found out.</param>
public sealed class UnusableSlurm(string why, DateTimeOffset since) : ISlurmPort
{
    public SlurmView View { get; } = new()
    {
        Nodes = new SourceState(false, since, why),
        Partitions = new SourceState(false, since, why),
        Jobs = new SourceState(false, since, why),
    };

    public Task<SlurmView> ReadAsync(CancellationToken cancel) => Task.FromResult(View);

    public Task<StepResult> ConfirmIdleAsync(NodeName node, string? heldFor, CancellationToken cancel) => Refused();

    public Task<StepResult> DrainAsync(DrainNodes step, CancellationToken cancel) => Refused();

    public Task<StepResult> ResumeAsync(ResumeNodes step, CancellationToken cancel) => Refused();

    public Task<StepResult> TagAsync(TagNodes step, CancellationToken cancel) => Refused();

    public Task<StepResult> DeleteNodesAsync(DeleteSlurmNodes step, CancellationToken cancel) => Refused();

    public Task<StepResult> PutPartitionAsync(PutPartition step, CancellationToken cancel) => Refused();

    public Task<StepResult> DeletePartitionAsync(DeletePartition step, CancellationToken cancel) => Refused();

    private Task<StepResult> Refused() => Task.FromResult(StepResult.Unavailable(why));
}
