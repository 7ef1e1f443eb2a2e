using System.Text.Json;

namespace Bridge.Gpu.Rules;

/// <summary>
/// One of the data files: the embedded text, or the site's own where the folder holds a file of that name.
/// </summary>
internal static class RulesFile
{
    private static readonly JsonDocumentOptions Options = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    public static DataNode? Open(string name, string? folder, List<string> errors)
    {
        try
        {
            var own = folder is null ? null : Path.Combine(folder, name);
            var text = own is not null && File.Exists(own) ? File.ReadAllText(own) : Embedded(name);
            var root = JsonDocument.Parse(text, Options).RootElement;
            if (root.ValueKind == JsonValueKind.Object)
            {
                var node = new DataNode(root, $"{name}: ", errors);
                node.Whole("version", 1, 1);
                return node;
            }
            errors.Add($"{name}: must hold one JSON object");
        }
        catch (JsonException wrong)
        {
            errors.Add($"{name}: is not JSON: {wrong.Message}");
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{name}: cannot be read: {wrong.Message}");
        }
        return null;
    }

    private static string Embedded(string name)
    {
        using var stream = typeof(RulesFile).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly holds no {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
