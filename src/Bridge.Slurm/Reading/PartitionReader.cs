using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Rest;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Reading;

/// <summary>Keeps the partitions: few records, 304 while nothing changed.</summary>
internal sealed class PartitionReader(SlurmApi api, ReadBudget budget, TimeProvider clock, ILogger log)
{
    /// <summary>
    /// Deleting a dynamic node takes it out of its partitions without a new update time, so a 304 may be wrong for so
    /// long when somebody else deletes one.
    /// </summary>
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);

    private readonly KeptSource<PartitionName,
        SlurmPartition> partitions = new("partitions", p => p.Name, SameContent.Partitions, clock, log);
    private long updateTime;
    private long lastFull;

    public KeptSource<PartitionName, SlurmPartition> Kept => partitions;

    /// <summary>Bridge wrote: the next read takes no 304 for an answer.</summary>
    public void Look() => updateTime = 0;

    /// <summary>Reads what changed. False when Slurm did not answer.</summary>
    public async Task<bool> ReadAsync(ServerProfile profile, CancellationToken cancel)
    {
        var sweep = !partitions.State.Current || clock.GetElapsedTime(lastFull) >= SweepEvery;
        var reading = await api.PartitionsAsync(profile, sweep ? 0 : updateTime, cancel);
        budget.Spend(reading.Cost);
        switch (reading)
        {
            case Reading<Listing<SlurmPartition>>.Known { Value: var listing }:
                partitions.Replace(listing.Items);
                updateTime = listing.LastUpdate;
                lastFull = clock.GetTimestamp();
                return true;
            case Reading<Listing<SlurmPartition>>.Unchanged:
                partitions.Confirm();
                return true;
            default:
                partitions.Fail(reading.Problem);
                updateTime = 0;
                return false;
        }
    }
}
