using System.Text;
using YamlDotNet.RepresentationModel;

namespace Bridge.Kube.Client;

/// <summary>One mapping of a kubeconfig, with where it stands, so that errors can say so.</summary>
internal sealed class KubeConfigNode(string file, string at, YamlMappingNode map)
{
    public string Text(string field) =>
        map.Children.TryGetValue(new YamlScalarNode(field), out var node) && node is YamlScalarNode { Value: { } value }
            ? value : "";

    /// <summary>The first of these fields that is there.</summary>
    public string? Has(IEnumerable<string> fields) =>
        fields.FirstOrDefault(f => map.Children.ContainsKey(new YamlScalarNode(f)));

    /// <summary>An entry of clusters, users or contexts by its name.</summary>
    public KubeConfigNode Named(string list, string name, string inner)
    {
        var found = map.Children.TryGetValue(new YamlScalarNode(list), out var node) && node is YamlSequenceNode entries
            ? entries.OfType<YamlMappingNode>()
                .FirstOrDefault(e => new KubeConfigNode(file, "", e).Text("name") == name)
            : null;
        return found is not null && found.Children.TryGetValue(new YamlScalarNode(inner), out var held)
            && held is YamlMappingNode value
            ? new KubeConfigNode(file, $"{list}[{name}].{inner}.", value)
            : throw Wrong(list, $"has no {inner} named '{name}'");
    }

    /// <summary>A file field as a path; relative ones start at the kubeconfig's folder. "" when absent.</summary>
    public string PathOf(string field) =>
        Text(field) is { Length: > 0 } path ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, path) : "";

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
}
