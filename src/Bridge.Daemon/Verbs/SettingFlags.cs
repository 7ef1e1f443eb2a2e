using System.CommandLine;
using Bridge.Daemon.Settings;

namespace Bridge.Daemon.Verbs;

/// <summary>Settings as the flags of a verb.</summary>
public static class SettingFlags
{
    /// <summary>Adds the flags that the verb does not have yet; a secret has none.</summary>
    public static void AddTo(Command command, IEnumerable<Setting> settings)
    {
        foreach (var setting in settings)
            if (!setting.Secret && command.Options.All(o => o.Name != setting.Flag))
                command.Options.Add(new Option<string[]>(setting.Flag)
                {
                    Description = setting.Help,
                    HelpName = setting.Value,
                    AllowMultipleArgumentsPerToken = setting.Many,
                });
    }

    /// <summary>What was given of the settings, by flag, by variable or in a file.</summary>
    public static GivenSettings Given(ParseResult parsed, IReadOnlyList<Setting> settings, string? file = null) => new(
        settings, setting => Words(parsed, setting), Environment.GetEnvironmentVariable, file);

    private static List<string>? Words(ParseResult parsed, Setting setting) =>
        parsed.CommandResult.Command.Options.FirstOrDefault(o => o.Name == setting.Flag) is { } option
        && parsed.GetResult(option) is { Implicit: false } result
            ? [.. result.Tokens.Select(t => t.Value)] : null;
}
