using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.View;
using Bridge.Slurm.Reading;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>Jobs as the reader keeps them, without a Slurm: each <see cref="View"/> is a read.</summary>
internal sealed class CountedJobs(DateTimeOffset now)
{
    private readonly KeptJobs jobs = new(NullLogger.Instance);

    public CountedJobs Put(params IEnumerable<SlurmJob> read)
    {
        foreach (var job in read)
            jobs.Put(job);
        return this;
    }

    public CountedJobs Remove(params IEnumerable<uint> ids)
    {
        foreach (var id in ids)
            jobs.Remove(new JobId(id));
        return this;
    }

    public SlurmJob? Find(uint id) => jobs.Find(new JobId(id));

    public SlurmView View() => new()
    {
        Jobs = new SourceState(true, now), JobsById = jobs.Content, JobChanges = jobs.Changes(),
    };

    public SlurmView Failed(string why) => View() with { Jobs = new SourceState(true, now, why) };
}
