using k8s.Models;

namespace Bridge.Kube.Models;

/// <summary>An object of the Kubernetes API, as far as Bridge reads it.</summary>
public interface IKubeObject
{
    Meta Metadata { get; }
}

/// <summary>What tells one stored object from another, and one state of it from the next.</summary>
public readonly record struct ObjectIdentity(ObjectKey Key, string Uid, string ResourceVersion)
{
    /// <summary>Of a model of the library, in which whatever is absent is null, or of a record of ours.</summary>
    public static ObjectIdentity Of(object stored) => stored switch
    {
        IKubeObject { Metadata: var meta } => new(meta.Key(), meta.Uid, meta.ResourceVersion),
        IMetadata<V1ObjectMeta> { Metadata: var meta } => new(
            new(meta?.NamespaceProperty ?? "", meta?.Name ?? ""), meta?.Uid ?? "", meta?.ResourceVersion ?? ""),
        _ => throw new ArgumentException($"{stored.GetType()} has no metadata", nameof(stored)),
    };
}

/// <summary>
/// ObjectMeta. A slim record: fields that Bridge does not know are dropped on reading, so no record but Lease is ever
/// sent back whole. The setters turn absent and null into empty, because source-generated readers skip initializers of
/// init-only members.
/// </summary>
public sealed record Meta
{
    public string Name { get; init => field = value ?? ""; } = "";
    public string Namespace { get; init => field = value ?? ""; } = "";
    public string Uid { get; init => field = value ?? ""; } = "";

    /// <summary>Opaque: compared for equality only.</summary>
    public string ResourceVersion { get; init => field = value ?? ""; } = "";

    public long Generation { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? Empty; } = Empty;
    public IReadOnlyDictionary<string, string> Annotations { get; init => field = value ?? Empty; } = Empty;
    public IReadOnlyList<string> Finalizers { get; init => field = value ?? []; } = [];
    public IReadOnlyList<OwnerReference> OwnerReferences { get; init => field = value ?? []; } = [];
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set while the object is being deleted: it goes when its finalizers are gone.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    private static readonly Dictionary<string, string> Empty = [];

    public ObjectKey Key() => new(Namespace, Name);
}

/// <summary>Identifies an object within its kind; Namespace is empty for cluster-scoped kinds.</summary>
public readonly record struct ObjectKey(string Namespace, string Name) : IComparable<ObjectKey>
{
    public int CompareTo(ObjectKey other)
    {
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public static bool operator <(ObjectKey left, ObjectKey right) => left.CompareTo(right) < 0;

    public static bool operator >(ObjectKey left, ObjectKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(ObjectKey left, ObjectKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ObjectKey left, ObjectKey right) => left.CompareTo(right) >= 0;

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}

public sealed record OwnerReference
{
    public string ApiVersion { get; init => field = value ?? ""; } = "";
    public string Kind { get; init => field = value ?? ""; } = "";
    public string Name { get; init => field = value ?? ""; } = "";
    public string Uid { get; init => field = value ?? ""; } = "";
    public bool? Controller { get; init; }
    public bool? BlockOwnerDeletion { get; init; }
}

/// <summary>Any object read for its metadata alone: bookmarks, answers to writes.</summary>
public sealed record PartialObject : IKubeObject
{
    public string Kind { get; init => field = value ?? ""; } = "";
    public Meta Metadata { get; init => field = value ?? new(); } = new();
}
