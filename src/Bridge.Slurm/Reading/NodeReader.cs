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
    // So many cost less over REST, where an idle tick is a 304 of a few ms, than a process of Slurm's client does.
    private const int RestAtMost = 500;

    private static readonly TimeSpan TextAtLeastEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(10);

    private readonly NodeLines lines = new();
    private readonly KeptSource<NodeName, SlurmNode> nodes = new("nodes", n => n.Name, SameContent.Nodes, log);
    private long updateTime;
    private long? lastFull;
    private long? lastText;
    private volatile bool look;

    // Whether the nodes are as the last text told them: REST may have said something else since.
    private bool fromText;

    public KeptSource<NodeName, SlurmNode> Kept => nodes;

    /// <summary>
    /// Reads what changed, if the budget allows. False when Slurm did not answer: the caller asks for nothing more
    /// then.
    /// </summary>
    public async Task<bool> ReadAsync(ServerProfile profile, bool rang, CancellationToken cancel)
    {
        if (nodes.State.Current && !look && !budget.Allows)
            return true;
        var looks = look;
        if (text is not null && PrefersText() && await text.IsBelievedAsync(profile, cancel))
        {
            var due = !nodes.State.Current || look || rang || Since(lastText) >= TextAtLeastEvery;
            if (!due || await ReadTextAsync(text, cancel))
                return true;
        }
        looks |= Interlocked.Exchange(ref look, false);
        return await ReadRestAsync(profile, looks, cancel);
    }

    /// <summary>
    /// Bridge wrote: the next read looks, without waiting for a bell and whatever the budget says, and takes no 304 for
    /// an answer: slurmctld does not count the deletion of a node as a change. A plan made from before the write would
    /// do it again, or undo it.
    /// </summary>
    public void Look() => look = true;

    private bool PrefersText() => !nodes.State.Synced || nodes.Count > RestAtMost;

    private TimeSpan Since(long? stamp) => stamp is { } then ? clock.GetElapsedTime(then) : TimeSpan.MaxValue;

    private async Task<bool> ReadRestAsync(ServerProfile profile, bool looks, CancellationToken cancel)
    {
        // A clock that jumped on the controller could make an update_time answer 304 for ever: now and then the
        // question is asked without.
        var asked = clock.GetUtcNow();
        var sweep = looks || Since(lastFull) >= SweepEvery;
        var since = sweep || !nodes.State.Synced ? 0 : updateTime;
        var reading = await api.NodesAsync(profile, since, cancel);
        budget.Spend(Rung.Diff, reading.Cost);
        if (since > 0 && reading is Reading<Listing<SlurmNode>>.Unknown { Failed: true })
        {
            // Some versions answer HTTP 500 to a question with update_time when something has changed: Slurm's own bug.
            reading = await api.NodesAsync(profile, 0, cancel);
            budget.Spend(Rung.Diff, reading.Cost);
        }
        switch (reading)
        {
            case Reading<Listing<SlurmNode>>.Known { Value: var listing }:
                nodes.Replace(listing.Items, asked, listing.Unread);
                fromText = false;
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
        lines.Begin();
        var answer = await client.RunAsync(NodeText.Command, lines.Add, cancel);
        lines.End();
        budget.SpendText(ReadBudget.NodeRecord, lines.Count);
        lastText = clock.GetTimestamp();
        // What is no record at all could stand in place of any node.
        if (answer.Problem.Length == 0 && lines.Stray.Length > 0)
            log.TextUnusable("nodes", $"scontrol wrote '{lines.Stray}'");
        if (answer.Problem.Length > 0 || lines.Stray.Length > 0)
        {
            lines.Forget();
            return false; // REST says what is wrong, or reads instead
        }
        if (lines.Same && lines.Count == nodes.Count && nodes.State.Current && fromText)
            nodes.Confirm(asked);
        else
            nodes.Replace(lines.Nodes, asked, lines.Unread);
        fromText = true;
        return true;
    }
}
