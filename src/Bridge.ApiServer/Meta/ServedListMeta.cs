namespace Bridge.ApiServer.Meta;

/// <summary>metav1.ListMeta.</summary>
public sealed record ServedListMeta
{
    public string? ResourceVersion { get; init; }

    /// <summary>Where the next page starts; absent on the last one.</summary>
    public string? Continue { get; init; }

    /// <summary>Objects after this page; absent when selectors make it unknown, as the real API server does.</summary>
    public long? RemainingItemCount { get; init; }
}
