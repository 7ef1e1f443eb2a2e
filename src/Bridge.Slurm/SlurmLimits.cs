using System.Collections.Immutable;

namespace Bridge.Slurm;

/// <summary>
/// What the daemon lets a SlurmCluster ask of it. Who may write a SlurmCluster is not who runs Bridge: none of this can
/// be said in the resource.
/// </summary>
public sealed record SlurmLimits
{
    /// <summary>
    /// Users that no token is made for. Slurm lets root and SlurmUser act as anybody, where an administrator cannot.
    /// </summary>
    public ImmutableArray<string> RefusedUsers { get; init; } = ["root", "slurm"];

    /// <summary>Folders below which slurmrestd's unix sockets may be; none: no unix socket is spoken to.</summary>
    public ImmutableArray<string> SocketFolders { get; init; } = [];

    /// <summary>
    /// Name → command prefix that runs Slurm's own client of one cluster; "" is the one without a name.
    /// </summary>
    public ImmutableDictionary<string, ImmutableArray<string>> TextClients { get; init; } =
        ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Why no token is made for a user; "" when one is.</summary>
    public string UserProblem(string user) => RefusedUsers.Contains(user)
        ? $"'{user}' is refused: a token of root or SlurmUser may act as anybody. Name a Slurm user of Bridge's own "
            + "with AdminLevel=Administrator, such as bridge"
        : "";

    /// <summary>Why a unix socket is not spoken to; "" when it is.</summary>
    /// <param name="path">Without '..'.</param>
    public string SocketProblem(string path)
    {
        if (SocketFolders.Any(f => path.StartsWith(f.TrimEnd('/') + "/", StringComparison.Ordinal)))
            return "";
        var allowed = SocketFolders.IsEmpty ? "none is allowed"
            : $"allowed are those in {string.Join(", ", SocketFolders)}";
        return $"the daemon speaks to no socket {path}: {allowed} (bridge run --slurmrestd-sockets DIR)";
    }

    /// <summary>Why Slurm's client of a name cannot be run; "" when it can, or when none is named.</summary>
    public string TextClientProblem(string name)
    {
        if (name.Length == 0 || TextClients.ContainsKey(name))
            return "";
        var named = TextClients.Keys.Where(n => n.Length > 0).Order(StringComparer.Ordinal).ToList();
        var has = named.Count == 0 ? "none by name" : string.Join(", ", named);
        return $"the daemon has no client '{name}'; it has {has} (bridge run --slurm-client {name}=COMMAND)";
    }
}
