using Bridge.Control.Ports;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Text;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Reading;

/// <summary>
/// One look at Slurm per tick, into one immutable view. While nothing changed: three requests (job counters, nodes,
/// partitions), the
/// last two answered 304. A neighbour that does not answer costs one ping a tick, and empties nothing.
/// </summary>
internal sealed class SlurmReader
{
    private readonly SlurmApi api;
    private readonly Negotiator negotiator;
    private readonly ReadBudget budget;
    private readonly NodeReader nodes;
    private readonly PartitionReader partitions;
    private readonly JobReader jobs;
    private readonly TextClient? client;
    private bool down;

    public SlurmReader(SlurmApi api, Negotiator negotiator, SlurmTextClient? text, SlurmOptions options,
        ReadContext context)
    {
        this.api = api;
        this.negotiator = negotiator;
        budget = new ReadBudget(options.ReadBudget, context.Clock);
        client = text is null ? null : new TextClient(text, budget, context);
        nodes = new NodeReader(api, client, budget, context.Clock, context.Log);
        partitions = new PartitionReader(api, budget, context.Clock, context.Log);
        jobs = new JobReader(api, client is null ? null : new JobTextReader(client, budget), budget, options, context);
    }

    /// <summary>The newest view; the same value while nothing changed.</summary>
    public SlurmView View { get; private set; } = new();

    /// <inheritdoc cref="JobReader.Notify"/>
    public void Notify(JobId id) => jobs.Notify(id);

    /// <inheritdoc cref="JobReader.Recall"/>
    public void Recall(IEnumerable<SlurmJob> living) => jobs.Recall(living);

    /// <inheritdoc cref="NodeReader.Look"/>
    public void Look()
    {
        nodes.Look();
        partitions.Look();
    }

    public async Task<SlurmView> TickAsync(CancellationToken cancel)
    {
        var problem = await TryTickAsync(cancel);
        down = problem.Length > 0;
        if (down)
        {
            nodes.Kept.Fail(problem);
            partitions.Kept.Fail(problem);
            jobs.Fail(problem);
        }
        Publish();
        return View;
    }

    private async Task<string> TryTickAsync(CancellationToken cancel)
    {
        var asked = await negotiator.AskAsync(cancel);
        // Mostly it is known already.
        if (asked.Cost != default)
            budget.Spend(Rung.Bell, asked.Cost);
        if (asked is not Reading<ServerProfile>.Known { Value: var profile })
            return asked.Problem;
        if (down && await api.SilenceAsync(profile, cancel) is { Length: > 0 } silent)
            return silent;
        // Not of the budget: it is the fixed price of a tick, and what the budget is spent by.
        var bell = await api.DiagAsync(profile, cancel);
        ReadMetrics.Read(Rung.Bell, "rest", bell.Cost.Elapsed);
        // Whoever may not read diag, or meets a version without it, still reads: the ping says whether anybody is
        // there.
        if (bell is Reading<Statistics>.Unknown && await api.SilenceAsync(profile, cancel) is { Length: > 0 } dead)
            return dead;
        var rang = jobs.Ring(bell is Reading<Statistics>.Known { Value: var counters } ? counters : null);
        if (!await nodes.ReadAsync(profile, rang, cancel))
            return nodes.Kept.State.Error;
        if (!await partitions.ReadAsync(profile, cancel))
            return partitions.Kept.State.Error;
        return await jobs.ReadAsync(profile, cancel);
    }

    private void Publish()
    {
        var profile = negotiator.Profile;
        var view = View with
        {
            Nodes = nodes.Kept.State,
            NodesByName = nodes.Kept.Content,
            Partitions = partitions.Kept.State,
            PartitionsByName = partitions.Kept.Content,
            Jobs = jobs.Kept.State,
            JobsById = jobs.Kept.Content,
            JobChanges = jobs.Changes(),
            ClusterName = profile?.Cluster ?? View.ClusterName,
            TextClientProblem = client?.Problem ?? "",
            Version = profile?.Release ?? View.Version,
            DataParser = profile?.DataParser ?? View.DataParser,
            Capabilities = profile?.Capabilities ?? View.Capabilities,
        };
        if (view != View)
            View = view;
    }
}
