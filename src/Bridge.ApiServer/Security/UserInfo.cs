namespace Bridge.ApiServer.Security;

/// <summary>Who asks, as the aggregator authenticated them (authentication.k8s.io UserInfo).</summary>
public sealed record UserInfo(string Name, IReadOnlyList<string> Groups)
{
    public string Uid { get; init; } = "";

    /// <summary>Lower-case keys, as Kubernetes has them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();
}
