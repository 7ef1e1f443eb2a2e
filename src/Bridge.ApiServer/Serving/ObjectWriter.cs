using System.Text.Json;
using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Store;

namespace Bridge.ApiServer.Serving;

/// <summary>Writes objects, lists and watch events of one resource in the form that one client asked for.</summary>
internal sealed class ObjectWriter<T>(
    ResourceKind<T> kind, ObjectStore<T> store, ObjectForm form, IncludeObject include, TimeProvider time)
    where T : struct
{
    /// <summary>Annotation of the bookmark that ends the initial events (KEP-3157).</summary>
    public const string InitialEventsEnd = "k8s.io/initial-events-end";

    public void WriteObject(Utf8JsonWriter json, StoredObject<T> stored)
    {
        switch (form)
        {
            case ObjectForm.Table:
                StartTable(json, new ServedListMeta { ResourceVersion = stored.Version });
                WriteRow(json, stored);
                EndList(json);
                break;
            case ObjectForm.Metadata:
                WriteMetadata(json, kind.MetadataOf(stored));
                break;
            default:
                json.WriteRawValue(store.Json(stored), skipInputValidation: true);
                break;
        }
    }

    public void StartList(Utf8JsonWriter json, ServedListMeta meta)
    {
        if (form is ObjectForm.Table)
        {
            StartTable(json, meta);
            return;
        }
        var partial = form is ObjectForm.Metadata;
        WriteHead(json, partial ? "PartialObjectMetadataList" : kind.Names.Kind + "List",
            partial ? "meta.k8s.io/v1" : kind.Names.GroupVersion, meta);
        json.WriteStartArray("items"u8);
    }

    public void WriteItem(Utf8JsonWriter json, StoredObject<T> stored)
    {
        if (form is ObjectForm.Table)
            WriteRow(json, stored);
        else
            WriteObject(json, stored);
    }

    public static void EndList(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public void WriteEvent(Utf8JsonWriter json, string type, StoredObject<T> stored)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WritePropertyName("object"u8);
        WriteObject(json, stored);
        json.WriteEndObject();
    }

    /// <summary>A bookmark is an object of the asked form with nothing but a resourceVersion.</summary>
    public void WriteBookmark(Utf8JsonWriter json, ulong revision, bool endsInitialEvents)
    {
        var meta = new ObjectMeta
        {
            ResourceVersion = ResourceVersion.Format(revision),
            Annotations = endsInitialEvents ? new Dictionary<string, string> { [InitialEventsEnd] = "true" } : null,
        };
        json.WriteStartObject();
        json.WriteString("type"u8, "BOOKMARK"u8);
        json.WritePropertyName("object"u8);
        if (form is ObjectForm.Table)
            WriteBookmarkTable(json, meta);
        else if (form is ObjectForm.Metadata)
            WriteMetadata(json, meta);
        else
            WriteBare(json, meta);
        json.WriteEndObject();
    }

    public static void WriteError(Utf8JsonWriter json, Failure status)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "ERROR"u8);
        json.WritePropertyName("object"u8);
        JsonSerializer.Serialize(json, status, MetaJson.Default.Failure);
        json.WriteEndObject();
    }

    private void StartTable(Utf8JsonWriter json, ServedListMeta meta)
    {
        WriteHead(json, "Table", "meta.k8s.io/v1", meta);
        json.WriteStartArray("columnDefinitions"u8);
        foreach (var column in kind.Columns)
            JsonSerializer.Serialize(json, column.Definition, MetaJson.Default.TableColumn);
        json.WriteEndArray();
        json.WriteStartArray("rows"u8);
    }

    private void WriteRow(Utf8JsonWriter json, StoredObject<T> stored)
    {
        json.WriteStartObject();
        json.WriteStartArray("cells"u8);
        var now = time.GetUtcNow();
        foreach (var column in kind.Columns)
            column.WriteCell(json, stored, now);
        json.WriteEndArray();
        if (include is not IncludeObject.None)
            json.WritePropertyName("object"u8);
        if (include is IncludeObject.Metadata)
            WriteMetadata(json, kind.MetadataOf(stored));
        else if (include is IncludeObject.Object)
            json.WriteRawValue(store.Json(stored), skipInputValidation: true);
        json.WriteEndObject();
    }

    private void WriteBookmarkTable(Utf8JsonWriter json, ObjectMeta meta)
    {
        StartTable(json, new ServedListMeta { ResourceVersion = meta.ResourceVersion });
        json.WriteStartObject();
        json.WriteStartArray("cells"u8);
        foreach (var _ in kind.Columns)
            json.WriteNullValue();
        json.WriteEndArray();
        json.WritePropertyName("object"u8);
        WriteMetadata(json, meta);
        json.WriteEndObject();
        EndList(json);
    }

    private void WriteBare(Utf8JsonWriter json, ObjectMeta meta)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, kind.Names.Kind);
        json.WriteString("apiVersion"u8, kind.Names.GroupVersion);
        json.WritePropertyName("metadata"u8);
        JsonSerializer.Serialize(json, meta, MetaJson.Default.ObjectMeta);
        json.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter json, ObjectMeta meta) =>
        JsonSerializer.Serialize(
            json, new PartialObjectMetadata { Metadata = meta }, MetaJson.Default.PartialObjectMetadata);

    private static void WriteHead(Utf8JsonWriter json, string kindName, string apiVersion, ServedListMeta meta)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, kindName);
        json.WriteString("apiVersion"u8, apiVersion);
        json.WritePropertyName("metadata"u8);
        JsonSerializer.Serialize(json, meta, MetaJson.Default.ServedListMeta);
    }
}
