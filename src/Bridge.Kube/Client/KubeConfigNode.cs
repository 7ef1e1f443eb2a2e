using System.Collections.Immutable;
using System.Text;
using YamlDotNet.RepresentationModel;

namespace Bridge.Kube.Client;

/// <summary>One mapping of a kubeconfig, with where it stands, so that errors can say so.</summary>
internal sealed class KubeConfigNode(string file, string at, YamlMappingNode map)
{
    public string Text(string field) => this[field] is YamlScalarNode { Value: { } value } ? value : "";

    /// <summary>A mapping within this one; null where there is none.</summary>
    public KubeConfigNode? Inner(string field) =>
        this[field] is YamlMappingNode inner ? new KubeConfigNode(file, $"{at}{field}.", inner) : null;

    public ImmutableArray<string> Texts(string field) =>
        this[field] is YamlSequenceNode list ? [.. list.OfType<YamlScalarNode>().Select(t => t.Value ?? "")] : [];

    public IEnumerable<KubeConfigNode> Items(string field) =>
        this[field] is YamlSequenceNode list
            ? list.OfType<YamlMappingNode>().Select((item, i) => new KubeConfigNode(file, $"{at}{field}[{i}].", item))
            : [];

    /// <summary>An entry of clusters, users or contexts by its name; null where there is none.</summary>
    public KubeConfigNode? Named(string list, string name, string inner) =>
        Items(list).FirstOrDefault(e => e.Text("name") == name)?[inner] is YamlMappingNode value
            ? new KubeConfigNode(file, $"{list}[{name}].{inner}.", value)
            : null;

    /// <summary>Refuses by name what nobody here would honour.</summary>
    public void Only(string otherwise, params ReadOnlySpan<string> known)
    {
        foreach (var field in map.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? ""))
        {
            if (!known.Contains(field))
                throw Wrong(field, $"is not supported{otherwise}");
        }
    }

    /// <summary>A file field as a path; relative ones start at the kubeconfig's folder. "" when absent.</summary>
    public string PathOf(string field) => Text(field) is { Length: > 0 } path ? Beside(path) : "";

    /// <summary>A path as seen from the kubeconfig's folder.</summary>
    public string Beside(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, path);

    /// <summary>
    /// PEM text from FIELD-data (base64), which wins, or from the file that FIELD names; null when neither is there.
    /// </summary>
    public string? Pem(string field)
    {
        if (Text(field + "-data") is not { Length: > 0 } data)
            return PathOf(field) is { Length: > 0 } path ? File.ReadAllText(path) : null;
        try
        {
            return Encoding.ASCII.GetString(Convert.FromBase64String(data));
        }
        catch (FormatException e)
        {
            throw new KubeConfigException(Wrong(field + "-data", "is not base64").Message, e);
        }
    }

    public KubeConfigException Wrong(string field, string what) => new($"kubeconfig {file}: {at}{field} {what}");

    private YamlNode? this[string field] =>
        map.Children.TryGetValue(new YamlScalarNode(field), out var node) ? node : null;
}
