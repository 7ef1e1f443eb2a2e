using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Bridge.Slurm.Rest;

namespace Bridge.Slurm;

/// <summary>
/// Gives the bytes of the HS256 key (slurm.conf AuthAltParameters=jwt_key). Asked on every mint, so a rotated key is
/// seen.
/// </summary>
public delegate ValueTask<ReadOnlyMemory<byte>> TokenKeySource(CancellationToken cancel);

/// <summary>
/// Gives the authorities that a certificate of slurmrestd may come from. Asked by each connection, so a rotated one is
/// seen.
/// </summary>
/// <exception cref="IOException">They cannot be read; the message says why.</exception>
public delegate ValueTask<X509Certificate2Collection> TrustSource(CancellationToken cancel);

/// <summary>
/// How one Slurm cluster is reached, as whom, and what reading it may cost. Validated by <see cref="Problems"/>.
/// </summary>
public sealed partial record SlurmOptions
{
    /// <summary>slurmrestd: https://HOST:PORT, http://HOST:PORT or unix:/PATH.</summary>
    public required string RestUrl { get; init; }

    /// <summary>Slurm user in the tokens; needs AdminLevel=Administrator.</summary>
    public string User { get; init; } = "bridge";

    /// <summary>Authorities of an https address; null: the system's.</summary>
    public TrustSource? Trust { get; init; }

    /// <summary>Whether tokens may travel readable, over http to another machine.</summary>
    public bool AllowPlainHttp { get; init; }

    /// <summary>Which of the daemon's text clients is this Slurm's; "" is the one without a name.</summary>
    public string TextClient { get; init; } = "";

    /// <summary>What the daemon lets be asked of it.</summary>
    public SlurmLimits Limits { get; init; } = new();

    /// <summary>How long a minted token lives; it is renewed after four fifths of it.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Share of one core that reading may take of Slurm's daemons, 0.001 to 1.</summary>
    public double ReadBudget { get; init; } = 0.05;

    /// <summary>How long a finished job stays in the view.</summary>
    public TimeSpan KeepFinished { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Finished jobs kept in the view at most; the oldest go first.</summary>
    public int KeepFinishedAtMost { get; init; } = 20_000;

    /// <summary>
    /// Time between two full reads that nothing asked for: they repair what bells and pushes can miss.
    /// </summary>
    public TimeSpan Sweep { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Every reason why these options cannot work, each naming its key and what would be right; empty when they can.
    /// </summary>
    public IEnumerable<string> Problems()
    {
        if (AddressProblem() is { Length: > 0 } problem)
            yield return $"restUrl: {problem}";
        if (Limits.UserProblem(User) is { Length: > 0 } refused)
            yield return $"user: {refused}";
        if (Limits.TextClientProblem(TextClient) is { Length: > 0 } unknown)
            yield return $"slurmClient: {unknown}";
        // Slurm takes a number for the user with that id: '0' would be root by another name.
        if (!UserName().IsMatch(User))
            yield return $"user: '{User}' is not a Slurm user name: a letter or _, then letters, digits, '_', '.' and "
                + "'-', such as bridge";
        if (TokenLifetime < TimeSpan.FromSeconds(30) || TokenLifetime > TimeSpan.FromDays(1))
            yield return $"tokenLifetime: {TokenLifetime} is not between 30 seconds and a day";
        if (ReadBudget is < 0.001 or > 1 || double.IsNaN(ReadBudget))
            yield return $"readBudget: {ReadBudget} is not between 0.001 and 1 (of one core)";
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.-]*\z")]
    private static partial Regex UserName();

    private string AddressProblem()
    {
        if (SlurmAddress.TryParse(RestUrl, out var address) is { Length: > 0 } problem)
            return problem;
        if (address!.Socket is { } path)
            return Limits.SocketProblem(path);
        return address.Readable && !AllowPlainHttp
            ? $"over {RestUrl} an administrator's token can be read on the way: use https:// (spec.caRef names its "
                + "authority), or say spec.allowPlainHttp: true"
            : "";
    }
}
