using Bridge.Control;
using Bridge.Control.Ports;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Bridge.Slurm.Reading;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Writing;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm;

/// <summary>One Slurm cluster behind its slurmrestd.</summary>
public sealed class SlurmPort : ISlurmPort, IDisposable
{
    private readonly TokenSource tokens;
    private readonly RestClient client;
    private readonly SlurmReader reader;
    private readonly NodeWriter nodes;
    private readonly TagWriter tags;
    private readonly PartitionWriter partitions;
    private readonly SemaphoreSlim oneRead = new(1, 1);

    /// <param name="options">Where they cannot work (<see cref="SlurmOptions.Problems"/>) nobody is asked anything, and
    /// the view says why.</param>
    /// <param name="key">The HS256 key.</param>
    /// <param name="text">Slurm's own client, where it can be run; null where not.</param>
    /// <param name="leads">Asked right before each write: without leadership nothing is written.</param>
    /// <param name="clock">Time of tokens, deadlines and budget.</param>
    /// <param name="log">The adapter's log.</param>
    public SlurmPort(SlurmOptions options, TokenKeySource key, SlurmTextClient? text, Func<bool> leads,
        TimeProvider clock, ILogger<SlurmPort> log)
    {
        tokens = new TokenSource(options.User, options.TokenLifetime, key, clock);
        client = new RestClient(options, tokens, clock, log);
        var negotiator = new Negotiator(client, log);
        var api = new SlurmApi(client, negotiator, leads, log);
        reader = new SlurmReader(api, negotiator, text, options, new ReadContext(clock, log));
        nodes = new NodeWriter(api, negotiator);
        tags = new TagWriter(api, negotiator);
        partitions = new PartitionWriter(api, negotiator);
    }

    public SlurmView View => reader.View;

    /// <summary>Requests sent to slurmrestd so far.</summary>
    public long Requests => client.Requests;

    /// <summary>
    /// A Slurm hook (PrologSlurmctld, EpilogSlurmctld) named this job: the next read asks for it. Safe from any thread.
    /// </summary>
    public void Notify(JobId job) => reader.Notify(job);

    /// <summary>
    /// Jobs that were alive when they were last seen, in an earlier life of Bridge: how they ended is asked of
    /// accounting. Before the first read.
    /// </summary>
    public void Recall(IEnumerable<SlurmJob> living) => reader.Recall(living);

    public async Task<SlurmView> ReadAsync(CancellationToken cancel)
    {
        await oneRead.WaitAsync(Timeout.Infinite, cancel);
        try
        {
            return await reader.TickAsync(cancel);
        }
        finally
        {
            oneRead.Release();
        }
    }

    public Task<StepResult> ConfirmIdleAsync(NodeName node, string? heldFor, CancellationToken cancel) =>
        nodes.ConfirmIdleAsync(node, heldFor, cancel);

    public Task<StepResult> DrainAsync(DrainNodes step, CancellationToken cancel) =>
        WroteAsync(nodes.DrainAsync(step, cancel));

    public Task<StepResult> ResumeAsync(ResumeNodes step, CancellationToken cancel) =>
        WroteAsync(nodes.ResumeAsync(step, cancel));

    public Task<StepResult> TagAsync(TagNodes step, CancellationToken cancel) =>
        WroteAsync(tags.TagAsync(step, cancel));

    public Task<StepResult> DeleteNodesAsync(DeleteSlurmNodes step, CancellationToken cancel) =>
        WroteAsync(nodes.DeleteAsync(step, cancel));

    public Task<StepResult> PutPartitionAsync(PutPartition step, CancellationToken cancel) =>
        WroteAsync(partitions.PutAsync(step, cancel));

    public Task<StepResult> DeletePartitionAsync(DeletePartition step, CancellationToken cancel) =>
        WroteAsync(partitions.DeleteAsync(step, cancel));

    public void Dispose()
    {
        client.Dispose();
        tokens.Dispose();
        oneRead.Dispose();
    }

    // Whatever came of it, the world may have changed: the next read looks.
    private async Task<StepResult> WroteAsync(Task<StepResult> write)
    {
        var result = await write;
        reader.Look();
        return result;
    }
}
