using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Selectors;

namespace Bridge.ApiServer.Serving;

/// <summary>All that the server needs to know about a resource: a new one is a new value of this.</summary>
public sealed record ResourceKind<T>
    where T : ApiObject
{
    public required ResourceNames Names { get; init; }

    public required JsonTypeInfo<T> Json { get; init; }

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
        new("metadata.name", static (o, v) => o.Metadata.Name == v),
        new("metadata.namespace", static (o, v) => o.Metadata.Namespace == v),
        .. Fields,
    ];
}

/// <summary>
/// A column of kubectl's table. The cell is one JSON value; times that pass are told against the clock given.
/// </summary>
public sealed record ObjectColumn<T>(TableColumn Definition, Action<Utf8JsonWriter, T, DateTimeOffset> WriteCell);
