namespace Bridge.Slurm;

/// <summary>
/// Gives the bytes of the HS256 key (slurm.conf AuthAltParameters=jwt_key). Asked on every mint, so a rotated key is
/// seen.
/// </summary>
public delegate ValueTask<ReadOnlyMemory<byte>> TokenKeySource(CancellationToken cancel);

/// <summary>
/// How one Slurm cluster is reached, as whom, and what reading it may cost. Validated by <see cref="Problems"/>.
/// </summary>
public sealed record SlurmOptions
{
    /// <summary>slurmrestd: http://HOST:PORT or unix:/PATH.</summary>
    public required string RestUrl { get; init; }

    /// <summary>Slurm user in the tokens; needs AdminLevel=Administrator.</summary>
    public string User { get; init; } = "bridge";

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
        if (Rest.SlurmAddress.TryParse(RestUrl, out _) is { Length: > 0 } problem)
            yield return $"restUrl: {problem}";
        if (User.Length == 0 || User.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
            yield return $"user: '{User}' is not a Slurm user name";
        if (TokenLifetime < TimeSpan.FromSeconds(30) || TokenLifetime > TimeSpan.FromDays(1))
            yield return $"tokenLifetime: {TokenLifetime} is not between 30 seconds and a day";
        if (ReadBudget is < 0.001 or > 1 || double.IsNaN(ReadBudget))
            yield return $"readBudget: {ReadBudget} is not between 0.001 and 1 (of one core)";
    }
}
