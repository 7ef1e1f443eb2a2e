using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Bridge.Slurm;
using static Bridge.Daemon.Settings.RunSettings;

namespace Bridge.Daemon.Settings;

/// <summary>Reads what SlurmClusters may ask of this process.</summary>
public static partial class SlurmLimitsReader
{
    private const string Passwd = "/etc/passwd";

    /// <summary>What was given; each mistake is refused, with what would be right.</summary>
    public static SlurmLimits Read(GivenSettings given) => new()
    {
        RefusedUsers = [.. given.Texts(SlurmUser) is { Length: > 0 } named ? named : ["slurm"], .. Superusers()],
        SocketFolders = [.. given.Texts(SlurmrestdSockets).Select(folder => Folder(folder, given))],
        TextClients = Clients(given),
    };

    private static ImmutableDictionary<string, ImmutableArray<string>> Clients(GivenSettings given)
    {
        var clients = ImmutableDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var text in given.Texts(SlurmClient))
        {
            var parts = Named().Match(text);
            var name = parts.Groups["name"].Value;
            var command = parts.Groups["command"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (command.Length == 0)
                given.Refuse(SlurmClient, $"'{text}' has no command; it should be such as lab=/opt/slurm/run");
            else if (!clients.TryAdd(name, [.. command]))
                given.Refuse(SlurmClient, name.Length == 0
                    ? $"'{text}' is the second without a name; give it one: NAME=COMMAND"
                    : $"the name {name} is given twice");
        }
        return clients.ToImmutable();
    }

    private static string Folder(string folder, GivenSettings given)
    {
        var full = Path.GetFullPath(folder);
        if (!folder.StartsWith('/') || full == "/")
            given.Refuse(SlurmrestdSockets, $"'{folder}' is not the absolute path of a folder, such as /run/slurm");
        return full;
    }

    // root is the name of user 0 wherever Slurm runs; here there may be more of them.
    private static IEnumerable<string> Superusers() => File.Exists(Passwd)
        ? File.ReadLines(Passwd).Select(line => line.Split(':')).Where(user => user.Length > 2 && user[2] == "0")
            .Select(user => user[0]).Append("root").Distinct()
        : ["root"];

    [GeneratedRegex("^((?<name>[a-z0-9]([a-z0-9-]*[a-z0-9])?)=)?(?<command>.*)$", RegexOptions.Singleline)]
    private static partial Regex Named();
}
