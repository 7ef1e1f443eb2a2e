using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Bridge.ApiServer.Serving;

/// <summary>In which shape the client wants objects.</summary>
internal enum ObjectForm
{
    /// <summary>Nothing that the client accepts is served.</summary>
    None,
    Full,

    /// <summary>metav1.Table, what kubectl get prints.</summary>
    Table,

    /// <summary>metav1.PartialObjectMetadata, what garbage collectors and metadata informers read.</summary>
    Metadata,

    /// <summary>apidiscovery.k8s.io/v2 APIGroupDiscoveryList; only /apis has it.</summary>
    AggregatedDiscovery,
}

/// <summary>Reads the Accept header in the client's order of preference.</summary>
internal static class ObjectForms
{
    public static ObjectForm OfObject(StringValues accept) =>
        First(accept, static form => form is not ObjectForm.AggregatedDiscovery);

    public static ObjectForm OfDiscovery(StringValues accept) =>
        First(accept, static form => form is ObjectForm.Full or ObjectForm.AggregatedDiscovery);

    private static ObjectForm First(StringValues accept, Predicate<ObjectForm> served)
    {
        if (StringValues.IsNullOrEmpty(accept))
            return ObjectForm.Full;
        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges))
            return ObjectForm.None;
        // The sort is stable: equal preference keeps the order in which the client named them, which kubectl relies on.
        return ranges.OrderByDescending(r => r.Quality ?? 1).Where(r => r.Quality is not 0).Select(FormOf)
            .FirstOrDefault(f => f is not ObjectForm.None && served(f));
    }

    private static ObjectForm FormOf(MediaTypeHeaderValue range)
    {
        var json = range.MatchesAllTypes
            || (range.Type == "application" && (range.MatchesAllSubTypes || range.SubType == "json"));
        if (!json)
            return ObjectForm.None;
        return (Parameter(range, "as"), Parameter(range, "g"), Parameter(range, "v")) switch
        {
            ("", _, _) => ObjectForm.Full,
            ("Table", "meta.k8s.io", "v1") => ObjectForm.Table,
            ("PartialObjectMetadata" or "PartialObjectMetadataList", "meta.k8s.io", "v1") => ObjectForm.Metadata,
            ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") => ObjectForm.AggregatedDiscovery,
            _ => ObjectForm.None,
        };
    }

    private static string Parameter(MediaTypeHeaderValue range, string name) =>
        range.Parameters.FirstOrDefault(p => p.Name == name)?.Value.ToString() ?? "";
}
