using System.Text.Json;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Selectors;
using Bridge.ApiServer.Store;

namespace Bridge.ApiServer.Serving;

/// <summary>All that the server needs to know about a resource: a new one is a new value of this.</summary>
public sealed record ResourceKind<T>
    where T : struct
{
    public required ResourceNames Names { get; init; }

    /// <summary>metadata of the object that clients see.</summary>
    public required Func<StoredObject<T>, ObjectMeta> MetadataOf { get; init; }

    /// <summary>An object's label of a key; null where it has none.</summary>
    public required Func<StoredObject<T>, string, string?> LabelOf { get; init; }

    public required IReadOnlyList<ObjectColumn<T>> Columns { get; init; }

    /// <summary>Beside metadata.name and metadata.namespace, which every resource has.</summary>
    public required IReadOnlyList<SelectableField<T>> Fields { get; init; }

    /// <summary>
    /// JSON object of OpenAPI v3 schemas by name. The one that carries x-kubernetes-group-version-kind is the kind's
    /// own; references to ObjectMeta and ListMeta are resolved by the server.
    /// </summary>
    public required ReadOnlyMemory<byte> Schemas { get; init; }

    internal IReadOnlyList<SelectableField<T>> AllFields =>
    [
        new("metadata.name", static (o, v) => o.Key.Name == v),
        new("metadata.namespace", static (o, v) => o.Key.Namespace == v),
        .. Fields,
    ];
}

/// <summary>
/// A column of kubectl's table. The cell is one JSON value; times that pass are told against the clock given.
/// </summary>
public sealed record ObjectColumn<T>(
    TableColumn Definition, Action<Utf8JsonWriter, StoredObject<T>, DateTimeOffset> WriteCell)
    where T : struct;
