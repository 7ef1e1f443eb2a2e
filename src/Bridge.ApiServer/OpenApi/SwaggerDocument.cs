using System.Text;
using System.Text.Json.Nodes;

namespace Bridge.ApiServer.OpenApi;

/// <summary>
/// The document of <see cref="OpenApiDocument"/> in OpenAPI v2. The API server asks every aggregated server for it,
/// once a minute for as long as there is none, and clients that know no v3 read types from the whole that it makes.
/// </summary>
internal static class SwaggerDocument
{
    private const string Schemas = "#/components/schemas/";
    private const string Definitions = "#/definitions/";
    private const string Json = "application/json";

    public static byte[] Of(ReadOnlySpan<byte> openApi)
    {
        var from = JsonNode.Parse(openApi)!.AsObject();
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["swagger"] = "2.0",
            ["info"] = from["info"]!.DeepClone(),
            ["paths"] = Map(from["paths"]!, Path),
            ["definitions"] = Map(from["components"]!["schemas"]!, Schema),
        }.ToJsonString());
    }

    private static JsonObject Path(JsonNode path) => new()
    {
        ["get"] = Operation(path["get"]!.AsObject()),
        ["parameters"] = new JsonArray([.. path["parameters"]!.AsArray().Select(p => Parameter(p!.AsObject()))]),
    };

    private static JsonObject Operation(JsonObject operation)
    {
        var copy = operation.DeepClone().AsObject();
        copy["schemes"] = new JsonArray("https");
        copy["consumes"] = new JsonArray("*/*");
        copy["produces"] = new JsonArray(Json);
        copy["responses"] = Map(operation["responses"]!, response => new JsonObject
        {
            ["description"] = response["description"]!.DeepClone(),
            ["schema"] = Schema(response["content"]![Json]!["schema"]!),
        });
        return copy;
    }

    /// <summary>What v3 has in the parameter's schema, v2 has in the parameter itself.</summary>
    private static JsonObject Parameter(JsonObject parameter)
    {
        var copy = parameter.DeepClone().AsObject();
        copy.Remove("schema");
        foreach (var (name, value) in parameter["schema"]!.AsObject())
            copy[name] = value?.DeepClone();
        return copy;
    }

    /// <summary>A reference stands alone in v2: a default beside it, or an allOf of it alone, goes.</summary>
    private static JsonNode Schema(JsonNode node) => node switch
    {
        JsonObject o when o["$ref"] is { } reference => Reference(reference),
        JsonObject o when o["allOf"] is JsonArray { Count: 1 } all => Reference(all[0]!["$ref"]!),
        JsonObject o => Map(o, Schema),
        JsonArray a => new JsonArray([.. a.Select(i => i is null ? null : Schema(i))]),
        _ => node.DeepClone(),
    };

    private static JsonObject Reference(JsonNode reference) =>
        new() { ["$ref"] = ((string)reference!).Replace(Schemas, Definitions, StringComparison.Ordinal) };

    private static JsonObject Map(JsonNode from, Func<JsonNode, JsonNode> change) =>
        new(from.AsObject().Select(p => KeyValuePair.Create(p.Key, p.Value is null ? null : change(p.Value))));
}
