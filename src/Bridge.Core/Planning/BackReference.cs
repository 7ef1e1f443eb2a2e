using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;

namespace Bridge.Core.Planning;

/// <summary>
/// What Bridge writes into a Slurm node's Extra, so that its picture can be rebuilt after a restart: whose node this
/// is, and which GPUs
/// are behind its Gres.
/// </summary>
public sealed record BackReference
{
    // As Write begins it: the JSON of others is not worth an attempt to read it.
    private const string Beginning = "{\"ns\":";

    [JsonPropertyName("ns")]
    public required string Namespace { get; init; }

    [JsonPropertyName("pod")]
    public required string Pod { get; init; }

    [JsonPropertyName("node")]
    public required string KubeNode { get; init; }

    [JsonPropertyName("uid")]
    public required string NodeUid { get; init; }

    /// <summary>Uuids in the order of Slurm's index: the first is IDX:0.</summary>
    [JsonPropertyName("gpus")]
    public ImmutableArray<string> Gpus { get; init; } = [];

    [JsonPropertyName("spec")]
    public required string SpecHash { get; init; }

    /// <summary>
    /// Feature that marks a record as Bridge's from its very registration, before Extra can be written.
    /// </summary>
    public static string PoolFeature(string pool) => WellKnown.FeaturePrefix + "pool-" + pool;

    /// <summary>
    /// Whether Bridge's own slurmd registered the record: it has the feature of a pool, or, where somebody set its
    /// features anew, the back-reference.
    /// </summary>
    public static bool Owns(SlurmNode node) =>
        node.Features.Any(f => f.StartsWith(WellKnown.FeaturePrefix + "pool-", StringComparison.Ordinal))
        || (node.Extra.StartsWith(Beginning, StringComparison.Ordinal) && Read(node.Extra) is not null);

    public string Write() => JsonSerializer.Serialize(this, CoreJson.Default.BackReference);

    /// <summary>Null when the text is not one: somebody else's Extra, or none.</summary>
    public static BackReference? Read(string extra)
    {
        if (!extra.StartsWith('{'))
            return null;
        try
        {
            return JsonSerializer.Deserialize(extra, CoreJson.Default.BackReference);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(BackReference))]
[JsonSerializable(typeof(SlurmClusterSpec))]
[JsonSerializable(typeof(NodePoolSpec))]
[JsonSerializable(typeof(SlurmdPodSpec))]
internal sealed partial class CoreJson : JsonSerializerContext;
