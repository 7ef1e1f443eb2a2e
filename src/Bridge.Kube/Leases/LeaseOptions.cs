namespace Bridge.Kube.Leases;

/// <summary>
/// The lease that one of several Bridges holds. With the defaults a crashed leader is replaced within 15 s + one retry,
/// under 20 s.
/// </summary>
public sealed record LeaseOptions
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }

    /// <summary>Unique per process, not only per machine: two processes of one name would fence nobody.</summary>
    public required string Identity { get; init; }

    /// <summary>Others take over when they have seen no renewal for so long.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The leader stops acting when it could not renew for so long. Shorter than Duration by more than clocks may drift
    /// apart.
    /// </summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two tries; a fifth of jitter is added.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Every mistake at once; empty when the options can be used.</summary>
    public IReadOnlyList<string> Mistakes()
    {
        var mistakes = new List<string>();
        if (Identity.Length == 0)
            mistakes.Add("Identity is empty; it must be unique per process");
        if (Duration < TimeSpan.FromSeconds(1) || Duration.Milliseconds != 0)
            mistakes.Add($"Duration {Duration} is not a whole number of seconds, at least one");
        if (RenewDeadline >= Duration)
            mistakes.Add($"RenewDeadline {RenewDeadline} must be shorter than Duration {Duration}");
        if (Retry <= TimeSpan.Zero || Retry * 2 > RenewDeadline)
            mistakes.Add($"Retry {Retry} must be at most half of RenewDeadline {RenewDeadline}");
        return mistakes;
    }
}
