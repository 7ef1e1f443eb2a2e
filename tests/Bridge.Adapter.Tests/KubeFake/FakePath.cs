using Bridge.Kube.Models;

namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>A request path taken apart. Name and Subresource are empty where the path has none.</summary>
internal sealed record FakePath(KubeResource Resource, string Namespace, string Name, string Subresource)
{
    public static readonly KubeResource ConfigMaps = new("", "v1", "configmaps", "ConfigMap", true);

    private static readonly KubeResource[] Known =
    [
        KubeKinds.Nodes.Resource, KubeKinds.Pods.Resource, KubeKinds.Namespaces.Resource, KubeKinds.Secrets.Resource,
        ConfigMaps,
        KubeKinds.Events.Resource, KubeKinds.Leases, KubeKinds.ResourceSlices.Resource,
        KubeKinds.ResourceClaims.Resource,
        KubeKinds.SlurmClusters.Resource, KubeKinds.NodePools.Resource, KubeKinds.PartitionPolicies.Resource,
    ];

    public ObjectKey Key => new(Namespace, Name);

    /// <summary>Null for a path that no kind has.</summary>
    public static FakePath? Parse(string path)
    {
        var parts = path.Trim('/').Split('/');
        var head = parts[0] == "api" ? 2 : 3;
        if (parts[0] is not ("api" or "apis") || parts.Length <= head)
            return null;
        var group = parts[0] == "api" ? "" : parts[1];
        var rest = parts[head..];
        var ns = rest is ["namespaces", var inNamespace, _, ..] ? inNamespace : "";
        if (ns.Length > 0)
            rest = rest[2..];
        var resource = Known.FirstOrDefault(
            k => k.Group == group && k.Version == parts[head - 1] && k.Plural == rest[0]);
        return resource is null
            ? null
            : new FakePath(resource, ns, rest.ElementAtOrDefault(1) ?? "", rest.ElementAtOrDefault(2) ?? "");
    }
}
