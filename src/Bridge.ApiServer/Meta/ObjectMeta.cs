namespace Bridge.ApiServer.Meta;

/// <summary>The part of metav1.ObjectMeta that an object served from a snapshot has.</summary>
public sealed record ObjectMeta
{
    public string? Name { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    /// <summary>
    /// Opaque to clients; here a decimal number that only grows (see <see cref="Store.ObjectStore{T}"/>).
    /// </summary>
    public string? ResourceVersion { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>metav1.PartialObjectMetadata: an object without spec and status.</summary>
public sealed record PartialObjectMetadata
{
    public string Kind { get; init; } = "PartialObjectMetadata";

    public string ApiVersion { get; init; } = "meta.k8s.io/v1";

    public required ObjectMeta Metadata { get; init; }
}
