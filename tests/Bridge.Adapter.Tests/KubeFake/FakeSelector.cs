using System.Text.Json.Nodes;

namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>Label selectors (a=b, a!=b, a, !a) and field selectors (path=value) of a request.</summary>
internal sealed class FakeSelector(string labels, string fields)
{
    public bool Matches(JsonObject item) =>
        Split(labels).All(term => LabelHolds(item["metadata"]?["labels"] as JsonObject, term)) && Split(fields)
            .All(term => FieldHolds(item, term));

    private static string[] Split(string selector) => selector.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static bool LabelHolds(JsonObject? labels, string term)
    {
        if (term.StartsWith('!'))
            return labels?.ContainsKey(term[1..]) != true;
        if (term.Split("!=") is [var unequal, var other])
            return (string?)labels?[unequal] != other;
        return term.Replace("==", "=", StringComparison.Ordinal).Split('=') is [var key, var value]
            ? (string?)labels?[key] == value
            : labels?.ContainsKey(term) == true;
    }

    private static bool FieldHolds(JsonObject item, string term)
    {
        var (path, value) = term.Split('=') is [var p, var v] ? (p, v)
            : throw new InvalidOperationException($"field selector '{term}'");
        JsonNode? at = item;
        foreach (var part in path.Split('.'))
            at = (at as JsonObject)?[part];
        return ((string?)at ?? "") == value;
    }
}
