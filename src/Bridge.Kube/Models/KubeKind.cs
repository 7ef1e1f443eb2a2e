using System.Text.Json.Serialization.Metadata;
using Bridge.Core.Names;
using k8s.Models;

namespace Bridge.Kube.Models;

/// <summary>Where a kind lives in the API. Group is empty for core/v1.</summary>
public sealed record KubeResource(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Path of the collection; an empty namespace means all of them, or that the kind has none.</summary>
    public string Collection(string inNamespace = "")
    {
        var root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        return inNamespace.Length == 0 ? $"{root}/{Plural}"
            : $"{root}/namespaces/{Uri.EscapeDataString(inNamespace)}/{Plural}";
    }

    /// <summary>Path of one object, or of its subresource such as status.</summary>
    public string Path(ObjectKey key, string subresource = "")
    {
        if (key.Name.Length == 0 || Namespaced != key.Namespace.Length > 0)
            throw new ArgumentException($"'{key}' does not name one {Kind}", nameof(key));
        var path = $"{Collection(key.Namespace)}/{Uri.EscapeDataString(key.Name)}";
        return subresource.Length == 0 ? path : $"{path}/{subresource}";
    }
}

/// <summary>A kind with how to read it.</summary>
public sealed record KubeKind<T>(KubeResource Resource, JsonTypeInfo<T> Item, JsonTypeInfo<KubeList<T>> List)
    where T : class;

/// <summary>Every kind that Bridge reads or writes.</summary>
public static class KubeKinds
{
    public static readonly KubeKind<V1Node> Nodes = new(
        new("", "v1", "nodes", "Node", false), KeptFields.Read<V1Node>(), KeptFields.Read<KubeList<V1Node>>());

    public static readonly KubeKind<V1Pod> Pods = new(
        new("", "v1", "pods", "Pod", true), KeptFields.Read<V1Pod>(), KeptFields.Read<KubeList<V1Pod>>());

    public static readonly KubeKind<V1Namespace> Namespaces = new(
        new("", "v1", "namespaces", "Namespace", false), KeptFields.Read<V1Namespace>(),
        KeptFields.Read<KubeList<V1Namespace>>());

    public static readonly KubeKind<V1Secret> Secrets = new(
        new("", "v1", "secrets", "Secret", true), KeptFields.Read<V1Secret>(), KeptFields.Read<KubeList<V1Secret>>());

    public static readonly KubeKind<Corev1Event> Events = new(
        new("", "v1", "events", "Event", true), KeptFields.Read<Corev1Event>(),
        KeptFields.Read<KubeList<Corev1Event>>());

    /// <summary>Read and written through the library's typed calls only.</summary>
    public static readonly KubeResource Leases = new("coordination.k8s.io", "v1", "leases", "Lease", true);

    public static readonly KubeKind<V1ResourceSlice> ResourceSlices = new(
        new("resource.k8s.io", "v1", "resourceslices", "ResourceSlice", false),
        KeptFields.Read<V1ResourceSlice>(),
        KeptFields.Read<KubeList<V1ResourceSlice>>());

    public static readonly KubeKind<Resourcev1ResourceClaim> ResourceClaims = new(
        new("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim", true),
        KeptFields.Read<Resourcev1ResourceClaim>(),
        KeptFields.Read<KubeList<Resourcev1ResourceClaim>>());

    public static readonly KubeKind<SlurmClusterObject> SlurmClusters = new(
        new(WellKnown.Group, WellKnown.Version, "slurmclusters", "SlurmCluster", true),
        BridgeJson.Default.SlurmClusterObject,
        BridgeJson.Default.KubeListSlurmClusterObject);

    public static readonly KubeKind<NodePoolObject> NodePools = new(
        new(WellKnown.Group, WellKnown.Version, "nodepools", "NodePool", true),
        BridgeJson.Default.NodePoolObject,
        BridgeJson.Default.KubeListNodePoolObject);

    public static readonly KubeKind<PartitionPolicyObject> PartitionPolicies = new(
        new(WellKnown.Group, WellKnown.Version, "partitionpolicies", "PartitionPolicy", true),
        BridgeJson.Default.PartitionPolicyObject,
        BridgeJson.Default.KubeListPartitionPolicyObject);
}
