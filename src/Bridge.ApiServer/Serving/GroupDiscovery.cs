using Bridge.ApiServer.Meta;

namespace Bridge.ApiServer.Serving;

/// <summary>The discovery documents of one group version; they never change while the server lives.</summary>
internal sealed class GroupDiscovery
{
    public GroupDiscovery(IReadOnlyList<ResourceNames> resources)
    {
        (Group, Version) = (resources[0].Group, resources[0].Version);
        var version = new GroupVersionForDiscovery(resources[0].GroupVersion, Version);
        var group = new ApiGroup(Group, [version], version);
        Groups = new ApiGroupList([group]);
        OneGroup = group with { Kind = "APIGroup", ApiVersion = "v1" };
        Resources = new ApiResourceList(resources[0].GroupVersion, [.. resources.Select(Describe)]);
        Aggregated = new ApiGroupDiscoveryList(
        [
            new ApiGroupDiscovery(
                new ObjectMeta { Name = Group },
                [new ApiVersionDiscovery(Version, [.. resources.Select(DescribeAggregated)])]),
        ]);
    }

    public string Group { get; }

    public string Version { get; }

    public ApiGroupList Groups { get; }

    public ApiGroup OneGroup { get; }

    public ApiResourceList Resources { get; }

    public ApiGroupDiscoveryList Aggregated { get; }

    private static ApiResource Describe(ResourceNames names) => new(names.Plural, names.Singular, true, names.Kind)
    {
        Verbs = names.Verbs,
        ShortNames = names.ShortNames,
        Categories = names.Categories,
    };

    private static ApiResourceDiscovery DescribeAggregated(ResourceNames names) => new(
        names.Plural,
        new GroupVersionKind(names.Group, names.Version, names.Kind),
        "Namespaced",
        names.Singular,
        names.Verbs)
    {
        ShortNames = names.ShortNames,
        Categories = names.Categories,
    };
}
