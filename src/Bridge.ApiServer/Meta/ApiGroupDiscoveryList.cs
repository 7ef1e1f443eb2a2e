namespace Bridge.ApiServer.Meta;

/// <summary>apidiscovery.k8s.io/v2 APIGroupDiscoveryList: groups, versions and resources in one answer.</summary>
public sealed record ApiGroupDiscoveryList(IReadOnlyList<ApiGroupDiscovery> Items)
{
    public string Kind { get; init; } = "APIGroupDiscoveryList";

    public string ApiVersion { get; init; } = "apidiscovery.k8s.io/v2";

    public ServedListMeta Metadata { get; init; } = new();
}

/// <summary>apidiscovery.k8s.io/v2 APIGroupDiscovery; its name is the group.</summary>
public sealed record ApiGroupDiscovery(ObjectMeta Metadata, IReadOnlyList<ApiVersionDiscovery> Versions);

/// <summary>apidiscovery.k8s.io/v2 APIVersionDiscovery.</summary>
public sealed record ApiVersionDiscovery(string Version, IReadOnlyList<ApiResourceDiscovery> Resources)
{
    public string Freshness { get; init; } = "Current";
}

/// <summary>apidiscovery.k8s.io/v2 APIResourceDiscovery.</summary>
public sealed record ApiResourceDiscovery(
    string Resource, GroupVersionKind ResponseKind, string Scope, string SingularResource, IReadOnlyList<string> Verbs)
{
    public IReadOnlyList<string>? ShortNames { get; init; }

    public IReadOnlyList<string>? Categories { get; init; }
}

/// <summary>metav1.GroupVersionKind.</summary>
public sealed record GroupVersionKind(string Group, string Version, string Kind);
