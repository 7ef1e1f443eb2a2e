using Bridge.ApiServer.Selectors;

namespace Bridge.ApiServer.Serving;

/// <summary>What resourceVersionMatch asks.</summary>
internal enum VersionMatch
{
    Unset,
    Exact,
    NotOlderThan,
}

/// <summary>How much of an object a table row carries (metav1.IncludeObjectPolicy).</summary>
internal enum IncludeObject
{
    Metadata,
    None,
    Object,
}

/// <summary>metav1.ListOptions and TableOptions, read and checked.</summary>
internal sealed record ListOptions<T>
    where T : struct
{
    public required LabelQuery Labels { get; init; }

    public required FieldSelector<T> Fields { get; init; }

    /// <summary>At most so many objects; 0 is no limit.</summary>
    public int Limit { get; init; }

    public ContinueToken? Continue { get; init; }

    /// <summary>Null when unset ("newest"), 0 for "any".</summary>
    public ulong? ResourceVersion { get; init; }

    public VersionMatch Match { get; init; }

    public bool Watch { get; init; }

    public bool Bookmarks { get; init; }

    /// <summary>Null when unset: then a watch without resourceVersion still starts with what exists.</summary>
    public bool? SendInitialEvents { get; init; }

    public TimeSpan? Timeout { get; init; }

    public IncludeObject Include { get; init; }

    public bool Selects => !Labels.IsEmpty || !Fields.IsEmpty;
}
