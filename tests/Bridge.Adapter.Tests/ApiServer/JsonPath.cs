using System.Globalization;
using System.Text.Json;

namespace Bridge.Adapter.Tests.ApiServer;

/// <summary>Short ways into an answer.</summary>
internal static class JsonPath
{
    /// <summary>The text at a path such as metadata/name or items/0/kind.</summary>
    public static string At(this JsonElement element, string path)
    {
        foreach (var step in path.Split('/'))
        {
            element = element.ValueKind is JsonValueKind.Array
                ? element[int.Parse(step, CultureInfo.InvariantCulture)]
                : element.GetProperty(step);
        }
        return element.ToString();
    }

    public static IEnumerable<string> Texts(this JsonElement element, string property) =>
        element.GetProperty(property).EnumerateArray().Select(e => e.ToString());

    /// <summary>Names of the objects of a list.</summary>
    public static IEnumerable<string> Names(this JsonElement list) =>
        list.GetProperty("items").EnumerateArray().Select(i => i.At("metadata/name"));

    /// <summary>Type and object name of a watch event.</summary>
    public static string Told(this JsonElement change) =>
        change.At("type") is "BOOKMARK" ? "BOOKMARK" : $"{change.At("type")} {change.At("object/metadata/name")}";
}
