using System.Globalization;
using System.Text;
using Bridge.Kube.Client;
using Bridge.Kube.Models;

namespace Bridge.Kube.Watch;

/// <summary>Which objects of a kind: empty fields do not restrict.</summary>
/// <param name="Namespace">One namespace.</param>
/// <param name="Labels">Label selector such as a=b,c!=d,e.</param>
/// <param name="Fields">Field selector such as spec.driver=gpu.nvidia.com.</param>
public sealed record WatchScope(string Namespace = "", string Labels = "", string Fields = "")
{
    public static readonly WatchScope All = new();

    /// <summary>
    /// A page of the list. Without a resourceVersion the answer is consistent, straight from the store.
    /// </summary>
    internal KubeRequest List(KubeResource resource, int limit, string next) =>
        Get(
            resource,
            limit > 0 ? $"limit={limit.ToString(CultureInfo.InvariantCulture)}" : "",
            next.Length > 0 ? $"continue={Uri.EscapeDataString(next)}" : "");

    internal KubeRequest Watch(KubeResource resource, string version, TimeSpan life) =>
        Get(resource, "watch=1&allowWatchBookmarks=true", $"resourceVersion={Uri.EscapeDataString(version)}",
            Life(life));

    /// <summary>
    /// A streaming list (KEP-3157): the initial objects as events, then a marked bookmark, then what changes.
    /// </summary>
    internal KubeRequest StreamingList(KubeResource resource, TimeSpan life) =>
        Get(resource, "watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
            Life(life));

    private static string Life(TimeSpan life) =>
        $"timeoutSeconds={((long)life.TotalSeconds).ToString(CultureInfo.InvariantCulture)}";

    private KubeRequest Get(KubeResource resource, params ReadOnlySpan<string> query)
    {
        var path = new StringBuilder(resource.Collection(Namespace));
        var mark = '?';
        foreach (var part in query)
            Append(path, ref mark, part);
        Append(path, ref mark, Labels.Length > 0 ? $"labelSelector={Uri.EscapeDataString(Labels)}" : "");
        Append(path, ref mark, Fields.Length > 0 ? $"fieldSelector={Uri.EscapeDataString(Fields)}" : "");
        return new KubeRequest(HttpMethod.Get, path.ToString());
    }

    private static void Append(StringBuilder path, ref char mark, string part)
    {
        if (part.Length == 0)
            return;
        path.Append(mark).Append(part);
        mark = '&';
    }
}
