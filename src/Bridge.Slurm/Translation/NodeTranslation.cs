using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Text;
using Bridge.Slurm.Wire.V0042;

namespace Bridge.Slurm.Translation;

/// <summary>Wire nodes into the model.</summary>
internal static class NodeTranslation
{
    /// <summary>Null for a record without a usable name.</summary>
    public static SlurmNode? ToModel(Node node) => node.Name is not { } name || !NodeName.IsValid(name)
        ? null
        : new SlurmNode
        {
            Name = new NodeName(name),
            State = NodeStates.Of(node.State ?? []),
            Reason = node.Reason ?? "",
            ReasonSince = node.ReasonChangedAt.Time,
            Cpus = node.Cpus,
            AllocatedCpus = node.AllocCpus,
            MemoryMiB = node.RealMemory,
            Gres = NoneAsEmpty(node.Gres),
            GresUsed = NoneAsEmpty(node.GresUsed),
            Features = Words(node.Features),
            ActiveFeatures = Words(node.ActiveFeatures),
            Weight = node.Weight,
            Comment = node.Comment ?? "",
            Extra = node.Extra ?? "",
            Address = node.Address ?? "",
            Partitions = Words(node.Partitions),
        };

    /// <summary>"" for the texts that Slurm writes for nothing.</summary>
    public static string NoneAsEmpty(string? text) => text is null or "(null)" or "N/A" or "None" ? "" : text;

    private static ImmutableArray<string> Words(string[]? words) => words is null ? []
        : [.. words.Where(w => w.Length > 0)];
}
