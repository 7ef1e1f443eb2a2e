namespace Bridge.Kube.Models;

/// <summary>
/// One page of a list. Items is null when the answer had none, which is not the same as an empty list.
/// </summary>
public sealed record KubeList<T>
    where T : class
{
    public string Kind { get; init => field = value ?? ""; } = "";
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();
    public IReadOnlyList<T>? Items { get; init; }
}

/// <summary>ListMeta. Continue is empty on the last page.</summary>
public sealed record ListMeta
{
    public string ResourceVersion { get; init => field = value ?? ""; } = "";
    public string Continue { get; init => field = value ?? ""; } = "";
}
