using System.Text.Json.Serialization;

namespace Bridge.Kube.Models;

/// <summary>core/v1 and what every answer shares.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Status))]
[JsonSerializable(typeof(PartialObject))]
internal sealed partial class CoreJson : JsonSerializerContext;

/// <summary>slurmbridge.io/v1alpha1.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KubeList<SlurmClusterObject>))]
[JsonSerializable(typeof(KubeList<NodePoolObject>))]
[JsonSerializable(typeof(KubeList<PartitionPolicyObject>))]
internal sealed partial class BridgeJson : JsonSerializerContext;
