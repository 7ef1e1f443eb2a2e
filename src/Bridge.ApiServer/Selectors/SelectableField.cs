using Bridge.ApiServer.Store;

namespace Bridge.ApiServer.Selectors;

/// <summary>
/// A field that --field-selector knows. <see cref="Has"/> tells whether an object has the value; a field may have
/// several.
/// </summary>
public sealed record SelectableField<T>(string Path, Func<StoredObject<T>, string, bool> Has)
    where T : struct;
