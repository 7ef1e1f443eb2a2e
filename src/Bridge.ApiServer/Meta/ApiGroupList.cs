namespace Bridge.ApiServer.Meta;

/// <summary>metav1.APIGroupList: the answer of /apis.</summary>
public sealed record ApiGroupList(IReadOnlyList<ApiGroup> Groups)
{
    public string Kind { get; init; } = "APIGroupList";

    public string ApiVersion { get; init; } = "v1";
}

/// <summary>metav1.APIGroup: the answer of /apis/GROUP. As an item of a list it has no kind.</summary>
public sealed record ApiGroup(
    string Name, IReadOnlyList<GroupVersionForDiscovery> Versions, GroupVersionForDiscovery PreferredVersion)
{
    public string? Kind { get; init; }

    public string? ApiVersion { get; init; }
}

/// <summary>metav1.GroupVersionForDiscovery.</summary>
public sealed record GroupVersionForDiscovery(string GroupVersion, string Version);

/// <summary>metav1.APIResourceList: the answer of /apis/GROUP/VERSION.</summary>
public sealed record ApiResourceList(string GroupVersion, IReadOnlyList<ApiResource> Resources)
{
    public string Kind { get; init; } = "APIResourceList";

    public string ApiVersion { get; init; } = "v1";
}

/// <summary>metav1.APIResource.</summary>
public sealed record ApiResource(string Name, string SingularName, bool Namespaced, string Kind)
{
    public required IReadOnlyList<string> Verbs { get; init; }

    public IReadOnlyList<string>? ShortNames { get; init; }

    public IReadOnlyList<string>? Categories { get; init; }
}
