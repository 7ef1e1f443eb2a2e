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
        SlurmPartition> partitions = new("partitions", p => p.Name, SameContent.Partitions, log);
    private long updateTime;
    private long lastFull;
    private volatile bool look;

    public KeptSource<PartitionName, SlurmPartition> Kept => partitions;

    /// <summary>Bridge wrote: the next read takes no 304 for an answer.</summary>
    public void Look() => look = true;

    /// <summary>Reads what changed. False when Slurm did not answer.</summary>
    public async Task<bool> ReadAsync(ServerProfile profile, CancellationToken cancel)
    {
        var asked = clock.GetUtcNow();
        var sweep = look || !partitions.State.Current || clock.GetElapsedTime(lastFull) >= SweepEvery;
        look = false;
        var since = sweep ? 0 : updateTime;
        var reading = await api.PartitionsAsync(profile, since, cancel);
        budget.Spend(Rung.Diff, reading.Cost);
        if (since > 0 && reading is Reading<Listing<SlurmPartition>>.Unknown { Failed: true })
        {
            // Some versions answer HTTP 500 to a question with update_time when something has changed: Slurm's own bug.
            reading = await api.PartitionsAsync(profile, 0, cancel);
            budget.Spend(Rung.Diff, reading.Cost);
        }
        switch (reading)
        {
            case Reading<Listing<SlurmPartition>>.Known { Value: var listing }:
                partitions.Replace(listing.Items, asked, listing.Unread);
                updateTime = listing.LastUpdate;
                lastFull = clock.GetTimestamp();
                return true;
            case Reading<Listing<SlurmPartition>>.Unchanged:
                partitions.Confirm(asked);
                return true;
            default:
                partitions.Fail(reading.Problem);
                updateTime = 0;
                return false;
        }
    }
}
