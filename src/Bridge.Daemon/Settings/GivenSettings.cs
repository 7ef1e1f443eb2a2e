using System.Collections.Immutable;

namespace Bridge.Daemon.Settings;

/// <summary>
/// What was given of a list of settings, and by what: a flag comes before the environment, that before the file. It
/// gathers what is wrong with them, so that every mistake is told at once.
/// </summary>
public sealed class GivenSettings
{
    private readonly Dictionary<string, (string From, ImmutableArray<string> Values)> given =
        new(StringComparer.Ordinal);
    private readonly List<string> problems = [];

    /// <param name="settings">All that there are.</param>
    /// <param name="flag">The values of a flag; null when it was not given.</param>
    /// <param name="variable">The value of an environment variable; null or "" when it is not set.</param>
    /// <param name="file">Path of the YAML or JSON file; null for none.</param>
    public GivenSettings(IReadOnlyList<Setting> settings, Func<Setting, IReadOnlyList<string>?> flag,
        Func<string, string?> variable, string? file)
    {
        var inFile = file is null ? SettingFile.None : SettingFile.Read(file, settings);
        problems.AddRange(inFile.Problems);
        foreach (var setting in settings)
        {
            if (flag(setting) is { } words)
                given[setting.Key] = (setting.Flag, [.. words]);
            else if (variable(setting.Variable) is { Length: > 0 } text)
                given[setting.Key] = (setting.Variable, setting.Many
                    ? [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]
                    : [text]);
            else if (inFile.Values.TryGetValue(setting.Key, out var values))
                given[setting.Key] = (inFile.Path, values);
        }
    }

    /// <summary>Every mistake so far: key path, whence it came, what was seen and what would be right.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Null when it was not given.</summary>
    public string? Text(Setting setting) =>
        given.TryGetValue(setting.Key, out var found) ? found.Values.LastOrDefault() ?? "" : null;

    /// <summary>Empty when it was not given.</summary>
    public ImmutableArray<string> Texts(Setting setting) =>
        given.TryGetValue(setting.Key, out var found) ? found.Values : [];

    /// <summary>Refuses what was given.</summary>
    /// <param name="setting">What is wrong.</param>
    /// <param name="why">What was seen and what would be right, without a final period.</param>
    public void Refuse(Setting setting, string why) => problems.Add(
        given.TryGetValue(setting.Key, out var found) ? $"{setting.Key} (from {found.From}): {why}"
        : $"{setting.Key}: {why}; give it by {(setting.Secret ? "" : setting.Flag + ", ")}{setting.Variable} or file");

    /// <summary>The value of a setting that cannot be left out; refused where it is.</summary>
    /// <param name="setting">Which.</param>
    /// <param name="with">What needs it.</param>
    public string Needed(Setting setting, Setting with)
    {
        if (Text(setting) is { } text)
            return text;
        Refuse(setting, $"it is needed with {with.Key}");
        return "";
    }

    /// <summary>Refuses each of the settings that was given although what they belong to was not.</summary>
    public void Idle(Setting without, params ReadOnlySpan<Setting> settings)
    {
        foreach (var setting in settings)
            if (given.ContainsKey(setting.Key))
                Refuse(setting, $"it is of no use without {without.Key}");
    }
}
