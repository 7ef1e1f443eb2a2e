using System.Text.Json;

namespace Bridge.Gpu.Rules;

/// <summary>
/// A JSON value with its key path. Every read that finds something wrong adds a sentence to the shared list of errors
/// and answers with a stand-in, so that one load names every error of a file.
/// </summary>
internal sealed class DataNode(JsonElement element, string path, List<string> errors)
{
    private readonly HashSet<string> read = new(StringComparer.Ordinal);

    public string Path => path;

    public void Error(string key, string what) => errors.Add($"{Join(key)}: {what}");

    public string Text(string key) => OptionalText(key, required: true) ?? "";

    public string? OptionalText(string key, bool required = false)
    {
        if (!Take(key, required, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
        Error(key, $"must be a text that is not empty, is {Show(value)}");
        return null;
    }

    public double Number(string key, double least, double most, double? otherwise = null)
    {
        var fallback = otherwise ?? least;
        if (!Take(key, otherwise is null, out var value)) return fallback;
        if (value.ValueKind != JsonValueKind.Number)
        {
            Error(key, $"must be a number, is {Show(value)}");
            return fallback;
        }
        var number = value.GetDouble();
        if (number >= least && number <= most) return number;
        Error(key, most < double.MaxValue
            ? $"must be between {least} and {most}, is {number}"
            : $"must be {least} or more, is {number}");
        return fallback;
    }

    public long Whole(string key, long least, long most, long? otherwise = null)
    {
        var number = Number(key, least, most, otherwise);
        if (number.Equals(Math.Floor(number))) return (long)number;
        Error(key, $"must be a whole number, is {number}");
        return least;
    }

    public T Choice<T>(string key, T? otherwise = null)
        where T : struct, Enum
    {
        if (!Take(key, otherwise is null, out var value)) return otherwise ?? default;
        var names = Enum.GetNames<T>();
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var name = names.FirstOrDefault(n => JsonNamingPolicy.CamelCase.ConvertName(n) == text);
        if (name is not null) return Enum.Parse<T>(name);
        var allowed = string.Join(", ", names.Select(JsonNamingPolicy.CamelCase.ConvertName));
        Error(key, $"must be one of {allowed}, is {Show(value)}");
        return otherwise ?? default;
    }

    public List<string> Texts(string key)
    {
        var texts = new List<string>();
        foreach (var (item, at) in Items(key))
        {
            if (item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 } text) texts.Add(text);
            else errors.Add($"{at}: must be a text that is not empty, is {Show(item)}");
        }
        return texts;
    }

    public List<DataNode> Objects(string key)
    {
        var nodes = new List<DataNode>();
        foreach (var (item, at) in Items(key))
        {
            if (item.ValueKind == JsonValueKind.Object) nodes.Add(new DataNode(item, at, errors));
            else errors.Add($"{at}: must be an object, is {Show(item)}");
        }
        return nodes;
    }

    /// <summary>
    /// The object below a key; an empty one where it is missing, which then reports its own missing keys.
    /// </summary>
    public DataNode Object(string key)
    {
        if (Take(key, required: true, out var value) && value.ValueKind == JsonValueKind.Object)
            return new DataNode(value, Join(key), errors);
        if (value.ValueKind != JsonValueKind.Undefined) Error(key, $"must be an object, is {Show(value)}");
        return new DataNode(JsonElement.Parse("{}"), Join(key), []);
    }

    /// <summary>All members of this object as nodes, by key.</summary>
    public IEnumerable<(string Key, DataNode Node)> Members()
    {
        foreach (var member in element.EnumerateObject())
        {
            read.Add(member.Name);
            if (member.Value.ValueKind == JsonValueKind.Object)
                yield return (member.Name, new DataNode(member.Value, Join(member.Name), errors));
            else Error(member.Name, $"must be an object, is {Show(member.Value)}");
        }
    }

    /// <summary>Marks a key as known without looking at it: notes and sources for people.</summary>
    public void Skip(string key) => read.Add(key);

    /// <summary>Reports every key that nobody read: most likely a typing error.</summary>
    public void Finish()
    {
        var known = string.Join(", ", read.Order());
        foreach (var member in element.EnumerateObject())
            if (!read.Contains(member.Name)) Error(member.Name, $"is not a key here; known are {known}");
    }

    private IEnumerable<(JsonElement Item, string Path)> Items(string key)
    {
        if (!Take(key, required: true, out var value)) return [];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
            return value.EnumerateArray().Select((item, i) => (item, $"{Join(key)}[{i}]"));
        Error(key, $"must be a list that is not empty, is {Show(value)}");
        return [];
    }

    private bool Take(string key, bool required, out JsonElement value)
    {
        read.Add(key);
        if (element.TryGetProperty(key, out value)) return true;
        if (required) Error(key, "is missing");
        return false;
    }

    private string Join(string key) => path.EndsWith(": ", StringComparison.Ordinal) ? path + key : $"{path}.{key}";

    private static string Show(JsonElement value)
    {
        var raw = value.GetRawText();
        return raw.Length <= 40 ? raw : string.Concat(raw.AsSpan(0, 37), "...");
    }
}
