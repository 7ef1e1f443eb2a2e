using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Bridge.Daemon.Settings;

/// <summary>What a settings file says: YAML, of which JSON is a part. Nothing in it is passed over.</summary>
/// <param name="Path">Where it was read.</param>
/// <param name="Values">By key path.</param>
/// <param name="Problems">One sentence each.</param>
public sealed record SettingFile(
    string Path, IReadOnlyDictionary<string, ImmutableArray<string>> Values, IReadOnlyList<string> Problems)
{
    public static readonly SettingFile None = new("", ImmutableDictionary<string, ImmutableArray<string>>.Empty, []);

    public static SettingFile Read(string path, IReadOnlyList<Setting> settings)
    {
        var reading = new Reading(path, settings.ToDictionary(s => s.Key, StringComparer.Ordinal));
        try
        {
            var yaml = new YamlStream();
            using var text = File.OpenText(path);
            yaml.Load(text);
            if (yaml.Documents.Count > 0)
                reading.Node("", yaml.Documents[0].RootNode);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            reading.Problems.Add($"{path} cannot be read: {wrong.Message}");
        }
        catch (YamlException wrong)
        {
            reading.Problems.Add($"{path} is not YAML or JSON: line {wrong.Start.Line}: {wrong.Message}");
        }
        return new SettingFile(path, reading.Values, reading.Problems);
    }

    private sealed class Reading(string path, Dictionary<string, Setting> settings)
    {
        public Dictionary<string, ImmutableArray<string>> Values { get; } = new(StringComparer.Ordinal);

        public List<string> Problems { get; } = [];

        public void Node(string key, YamlNode node)
        {
            var isSection = key.Length == 0
                || settings.Keys.Any(k => k.StartsWith(key + ".", StringComparison.Ordinal));
            if (isSection && node is YamlMappingNode section)
                foreach (var (name, inner) in section.Children)
                    Node(key.Length == 0 ? Scalar(name) : $"{key}.{Scalar(name)}", inner);
            else if (isSection && !(node is YamlScalarNode { Value: null or "" or "null" or "~" }))
                Refuse(key, $"it is a {Kind(node)}, where a mapping is expected");
            else if (!isSection && !settings.ContainsKey(key))
                Refuse(key, $"there is no such setting; there are {string.Join(", ", Near(key))}");
            else if (!isSection)
                Leaf(settings[key], node);
        }

        private void Leaf(Setting setting, YamlNode node)
        {
            if (node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" })
                return;
            if (node is YamlScalarNode { Value: { } value })
                Values[setting.Key] = [value];
            else if (setting.Many && node is YamlSequenceNode list && list.Children.All(c => c is YamlScalarNode))
                Values[setting.Key] = [.. list.Children.Select(Scalar)];
            else
                Refuse(setting.Key, $"it is a {Kind(node)}, where {(setting.Many ? "a list of texts" : "a text")} "
                    + $"is expected: {setting.Value}");
        }

        // Of the same section, so that the right word is among a few.
        private IEnumerable<string> Near(string key)
        {
            var section = key.Contains('.') ? key[..(key.IndexOf('.') + 1)] : "";
            var near = settings.Keys.Where(k => section.Length > 0 && k.StartsWith(section, StringComparison.Ordinal));
            return near.Any() ? near : settings.Keys;
        }

        private void Refuse(string key, string why) =>
            Problems.Add(key.Length == 0 ? $"{path}: {why}" : $"{key} (from {path}): {why}");

        private static string Scalar(YamlNode node) => (node as YamlScalarNode)?.Value ?? "?";

        private static string Kind(YamlNode node) =>
            node is YamlMappingNode ? "mapping" : node is YamlSequenceNode ? "list" : "text";
    }
}
