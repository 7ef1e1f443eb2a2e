using Bridge.Core.Names;

namespace Bridge.Core.Planning;

/// <summary>
/// What Kubernetes and Slurm refused, by the object in whose status it stands: a node's by its pool, a partition's by
/// its policy; what Slurm refuses of nodes, or of a node that no pool has any more, by the SlurmCluster.
/// </summary>
internal sealed class Refusals
{
    /// <summary>Reason of the condition.</summary>
    public const string Reason = "Refused";

    // One conflict says that the plan was stale, and one silence that a neighbour was busy: the next plan knows better.
    private const int Patience = 3;

    private static readonly string[] OfSlurmsNodes = ["drain/", "resume/", "tag/"];

    private readonly Dictionary<string, List<string>> byObject = new(StringComparer.Ordinal);

    public Refusals(Fleet fleet)
    {
        if (fleet.View.Refusals.IsEmpty)
            return;
        var pools = fleet.Rows.Where(r => r.Member is not null)
            .ToDictionary(r => r.Member!.Node.Name, r => r.Member!.Pool.Ref, StringComparer.Ordinal);
        foreach (var refusal in fleet.View.Refusals.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            if (!refusal.Rejected && refusal.Times < Patience)
                continue;
            var sentence = $"{(refusal.Rejected ? "refused" : "not done")}: {refusal.Why}: {refusal.Reason}";
            var pool = refusal.About.Kind == "Node" ? pools.GetValueOrDefault(refusal.About.Name) : null;
            if (OfSlurmsNodes.Any(k => refusal.Key.StartsWith(k, StringComparison.Ordinal)))
                Add(fleet.View.Cluster.Ref, sentence);
            else if (refusal.About.Kind == "Node")
                Add(pool ?? fleet.View.Cluster.Ref, sentence);
            else
                Add(refusal.About, sentence);
        }
        OfCluster = Of(fleet.View.Cluster.Ref);
    }

    public IReadOnlyList<string> OfCluster { get; } = [];

    public IReadOnlyList<string> Of(ObjectRef about) => byObject.GetValueOrDefault(about.ToString()) ?? [];

    private void Add(ObjectRef about, string sentence)
    {
        if (!byObject.TryGetValue(about.ToString(), out var sentences))
            byObject[about.ToString()] = sentences = [];
        sentences.Add(sentence);
    }
}

/// <summary>Several sentences as one message: the first few, and how many more there are.</summary>
internal static class Sentences
{
    private const int Most = 5;

    public static string Join(IReadOnlyCollection<string> sentences) => Join(sentences, "; ");

    /// <summary>The same of things that are no sentences.</summary>
    public static string List(IReadOnlyCollection<string> things) => Join(things, ", ");

    /// <summary>A number of things.</summary>
    public static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static string Join(IReadOnlyCollection<string> all, string between) => string.Join(between, all.Take(Most))
        + (all.Count > Most ? $"{between}and {all.Count - Most} more" : "");
}
