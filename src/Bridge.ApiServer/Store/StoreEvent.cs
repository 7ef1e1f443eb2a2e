namespace Bridge.ApiServer.Store;

/// <summary>
/// One change: added when <see cref="Before"/> is null, deleted when <see cref="After"/> is null, else modified. Both
/// are kept because a selector may match only one of them.
/// </summary>
public sealed record StoreEvent<T>(ulong Revision, StoredObject<T>? Before, StoredObject<T>? After)
    where T : struct
{
    /// <summary>What was before, at the revision of the change: how a deletion is told.</summary>
    public StoredObject<T>? Last { get; } = Before?.At(Revision);
}

/// <summary>One wish of a feeder: the object that a key now has, or null for none.</summary>
public readonly record struct ObjectChange<T>(StoreKey Key, T? Value)
    where T : struct;
