using System.Buffers;
using System.Text;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Text;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Reading;

/// <summary>
/// Keeps the nodes. Over REST one request is bell and content at once: 304 while nothing changed, else everything.
/// Where Slurm's client
/// can be run and the fleet is large, `scontrol show node -o` replaces it, about twenty times cheaper for slurmrestd
/// and Slurm together.
/// </summary>
internal sealed class NodeReader(SlurmApi api, TextClient? text, ReadBudget budget, TimeProvider clock,
    ILogger log)
{
    // What one node costs in a full GET before it was measured here: the middle of 0.25 to 0.45 ms on 26.05.
    private static readonly TimeSpan RestCostPerNode = TimeSpan.FromMilliseconds(0.35);

    // An idle REST tick is a 304 of a few ms: text must be this much cheaper than a full GET to be worth its process.
    private const int TextAdvantage = 4;

    private static readonly TimeSpan TextAtLeastEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(10);

    private readonly KeptSource<NodeName, SlurmNode> nodes = new("nodes", n => n.Name, SameContent.Nodes, log);
    private long updateTime;
    private long? lastFull;
    private long? lastText;
    private TimeSpan? textCost;
    private volatile bool look;

    public KeptSource<NodeName, SlurmNode> Kept => nodes;

    /// <summary>
    /// Reads what changed, if the budget allows. False when Slurm did not answer: the caller asks for nothing more
    /// then.
    /// </summary>
    public async Task<bool> ReadAsync(ServerProfile profile, bool rang, CancellationToken cancel)
    {
        if (nodes.State.Current && !look && !budget.Allows)
            return true;
        if (text is not null && PrefersText() && await text.IsBelievedAsync(profile, cancel))
        {
            var due = !nodes.State.Current || look || rang || Since(lastText) >= TextAtLeastEvery;
            if (!due || await ReadTextAsync(text, cancel))
                return true;
        }
        look = false;
        return await ReadRestAsync(profile, cancel);
    }

    /// <summary>
    /// Bridge wrote: the next read looks, without waiting for a bell and whatever the budget says. A plan made from
    /// before the write would do it again, or undo it.
    /// </summary>
    public void Look() => look = true;

    private bool PrefersText() =>
        textCost is null || RestCostPerNode * nodes.Count > textCost * TextAdvantage;

    private TimeSpan Since(long? stamp) => stamp is { } then ? clock.GetElapsedTime(then) : TimeSpan.MaxValue;

    private async Task<bool> ReadRestAsync(ServerProfile profile, CancellationToken cancel)
    {
        // A clock that jumped on the controller could make an update_time answer 304 for ever: now and then the
        // question is asked without.
        var asked = clock.GetUtcNow();
        var sweep = Since(lastFull) >= SweepEvery;
        var since = sweep || !nodes.State.Synced ? 0 : updateTime;
        var reading = await api.NodesAsync(profile, since, cancel);
        budget.Spend(reading.Cost);
        if (since > 0 && reading is Reading<Listing<SlurmNode>>.Unknown { Failed: true })
        {
            // Some versions answer HTTP 500 to a question with update_time when something has changed: Slurm's own bug.
            reading = await api.NodesAsync(profile, 0, cancel);
            budget.Spend(reading.Cost);
        }
        switch (reading)
        {
            case Reading<Listing<SlurmNode>>.Known { Value: var listing }:
                nodes.Replace(listing.Items, asked, listing.Unread);
                updateTime = listing.LastUpdate;
                lastFull = clock.GetTimestamp();
                return true;
            case Reading<Listing<SlurmNode>>.Unchanged:
                nodes.Confirm(asked);
                return true;
            default:
                nodes.Fail(reading.Problem);
                updateTime = 0;
                return false;
        }
    }

    private async Task<bool> ReadTextAsync(TextClient client, CancellationToken cancel)
    {
        var asked = clock.GetUtcNow();
        look = false;
        var output = new ArrayBufferWriter<byte>();
        var answer = await client.RunAsync(NodeText.Command, piece => output.Write(piece), cancel);
        textCost = answer.Elapsed;
        lastText = clock.GetTimestamp();
        if (answer.Problem.Length > 0)
            return false; // REST says what is wrong
        // Bytes that are no UTF-8 cost a character each.
        var read = NodeText.Parse(Encoding.UTF8.GetString(output.WrittenSpan));
        if (read.Stray.Length > 0)
        {
            // What is no record at all could stand in place of any node.
            log.TextUnusable("nodes", $"scontrol wrote '{read.Stray}'");
            return false;
        }
        nodes.Replace(read.Nodes, asked, read.Unread);
        return true;
    }
}
