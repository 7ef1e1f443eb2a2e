using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace Bridge.Kube.Models;

/// <summary>
/// How the library's models are read in bulk: of each type only the fields in the table, which is what Bridge reads.
/// The rest is skipped as bytes: a node of 18 kB costs what its few fields cost, and a new field of the API nothing.
/// Objects read so are never written back.
/// </summary>
internal static class KeptFields
{
    /// <summary>The fields of a type by their names in JSON; a type that is not here is read whole.</summary>
    public static readonly IReadOnlyDictionary<Type, string[]> Of = new Dictionary<Type, string[]>
    {
        [typeof(V1ObjectMeta)] =
        [
            "name", "namespace", "uid", "resourceVersion", "generation", "labels", "annotations", "finalizers",
            "ownerReferences", "creationTimestamp", "deletionTimestamp",
        ],
        [typeof(V1NodeSpec)] = ["unschedulable", "taints"],
        [typeof(V1NodeStatus)] = ["allocatable", "conditions"],
        [typeof(V1PodSpec)] = ["nodeName", "resourceClaims"],
        [typeof(V1PodStatus)] = ["phase", "reason", "message", "conditions", "containerStatuses"],
        [typeof(V1ContainerStatus)] = ["name", "ready", "restartCount", "state"],
        [typeof(Resourcev1ResourceClaim)] = ["metadata", "status"],
        [typeof(V1ResourceClaimStatus)] = ["allocation", "reservedFor"],
        [typeof(V1AllocationResult)] = ["devices"],
        [typeof(V1ResourceSliceSpec)] = ["driver", "pool", "nodeName", "devices"],
        [typeof(V1Device)] = ["name", "attributes", "taints", "allowMultipleAllocations"],
        [typeof(V1DeviceAttribute)] = ["string", "version"],
    };

    private static readonly JsonSerializerOptions Options = Make();

    public static JsonTypeInfo<T> Read<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions Make()
    {
        JsonSerializerOptions? library = null;
        KubernetesJson.AddJsonOptions(options => library = options);
        var resolver = library!.TypeInfoResolver
            ?? throw new InvalidOperationException("the library's JSON options have no resolver");
        return new JsonSerializerOptions(library) { TypeInfoResolver = resolver.WithAddedModifier(Keep) };
    }

    private static void Keep(JsonTypeInfo type)
    {
        if (!Of.TryGetValue(type.Type, out var kept))
            return;
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (!kept.Contains(type.Properties[i].Name))
                type.Properties.RemoveAt(i);
        }
    }
}
