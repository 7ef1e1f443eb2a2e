using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Core.View;

/// <summary>
/// What became of the jobs of one reader, content by content: whoever saw an earlier content walks what changed since,
/// and not all jobs. The last contents are kept, so that who passes some over loses nothing.
/// </summary>
public sealed class JobChanges
{
    /// <summary>So many contents back: at four reads a second, a quarter of a minute.</summary>
    public const int MostContents = 64;

    /// <summary>So many ids over all of them: above that, walking all jobs is no dearer.</summary>
    public const int MostIds = 16_384;

    /// <summary>Nobody counts: each content is to be compared whole.</summary>
    public static readonly JobChanges Uncounted = new();

    private readonly object reader = new();
    private readonly ImmutableArray<JobDelta> steps = []; // the last one led to this content
    private readonly long number;

    /// <summary>Before the first content.</summary>
    public JobChanges()
    {
    }

    private JobChanges(JobChanges before, JobDelta step)
    {
        (reader, number) = (before.reader, before.number + 1);
        var kept = before.steps.Add(step);
        var first = Math.Max(0, kept.Length - MostContents);
        for (var ids = kept.Skip(first).Sum(s => s.Size); first < kept.Length && ids > MostIds; first++)
            ids -= kept[first].Size;
        steps = kept[first..];
    }

    /// <summary>The next content, of the same reader.</summary>
    public JobChanges Next(JobDelta step) => new(this, step);

    /// <summary>
    /// What changed since a content that was seen. Null where that is not known any more, or the content was another
    /// reader's: then all jobs are to be compared.
    /// </summary>
    public JobDelta? Since(JobChanges? seen)
    {
        if (seen is not { number: > 0 } || seen.reader != reader || seen.number > number
            || number - seen.number > steps.Length)
            return null;
        var missed = steps.AsSpan()[^(int)(number - seen.number)..];
        if (missed.Length < 2)
            return missed.IsEmpty ? JobDelta.None : missed[0];
        var ids = new HashSet<JobId>();
        var left = ImmutableArray.CreateBuilder<SlurmJob>();
        foreach (var step in missed)
        {
            ids.UnionWith(step.Ids);
            left.AddRange(step.Left);
        }
        return new JobDelta([.. ids], left.DrainToImmutable());
    }
}

/// <summary>The way from one content of the jobs to a later one.</summary>
/// <param name="Ids">Each job that was put or removed, once. What it is now stands in the view.</param>
/// <param name="Left">
/// The last records of those that were removed, or followed by another submission, in this order: an end that came and
/// went between two looks is told here alone.
/// </param>
public sealed record JobDelta(ImmutableArray<JobId> Ids, ImmutableArray<SlurmJob> Left)
{
    public static readonly JobDelta None = new([], []);

    internal int Size => Ids.Length + Left.Length;
}
