namespace Bridge.Kube.Leases;

/// <summary>
/// Which leader. A store that remembers the highest <see cref="Number"/> can refuse an older one.
/// </summary>
/// <param name="Holder">Its identity.</param>
/// <param name="LeaseCreated">When the API server made the Lease, in whole seconds.</param>
/// <param name="Transitions">Grows with every acquisition, and begins anew with a Lease that is made anew.</param>
public readonly record struct FencingToken(string Holder, DateTimeOffset LeaseCreated, int Transitions)
{
    private const int TransitionBits = 30;

    /// <summary>
    /// Greater for each later leadership: by the creation of the Lease, then by the transitions. The Unix seconds are
    /// in the upper 33 bits, good until 2242; 30 bits of transitions are an acquisition a second for 34 years.
    /// </summary>
    public long Number =>
        (LeaseCreated.ToUnixTimeSeconds() << TransitionBits) + Math.Min(Transitions, (1 << TransitionBits) - 1);

    public override string ToString() => $"{Transitions}:{Holder}";
}

/// <summary>
/// One term of leadership: it begins with an acquisition and ends for good when it cannot be proven any more.
/// </summary>
public sealed class Leadership : IDisposable
{
    private readonly LeaseOptions options;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource lost;
    private long provenAt;

    internal Leadership(FencingToken token, LeaseOptions options, TimeProvider time, long provenAt)
    {
        Token = token;
        this.options = options;
        this.time = time;
        this.provenAt = provenAt;
        lost = new CancellationTokenSource(Left(provenAt), time);
        Lost = lost.Token;
    }

    public FencingToken Token { get; }

    /// <summary>
    /// Fires when the term ends: taken by another, given up, or not renewed in time. Everything done as leader stops on
    /// it.
    /// </summary>
    public CancellationToken Lost { get; }

    /// <summary>
    /// Whether leadership is proven at this moment. Computed from the monotonic clock, so a late timer cannot make it
    /// true.
    /// </summary>
    public bool Holds => !Lost.IsCancellationRequested && Left(Volatile.Read(ref provenAt)) > TimeSpan.Zero;

    public void Dispose() => lost.Dispose();

    /// <summary>A renewal that was sent at this timestamp has succeeded. False: too late, the term is over.</summary>
    internal bool Prove(long sentAt)
    {
        if (!Holds)
            return false;
        Volatile.Write(ref provenAt, sentAt);
        lost.CancelAfter(Left(sentAt));
        return !Lost.IsCancellationRequested;
    }

    internal void End() => lost.Cancel();

    // Counted from before the renewal was sent: others count from when they saw it, which is later.
    private TimeSpan Left(long provenAt)
    {
        var left = options.RenewDeadline - time.GetElapsedTime(provenAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
