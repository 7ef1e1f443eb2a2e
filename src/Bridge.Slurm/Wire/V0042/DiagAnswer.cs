namespace Bridge.Slurm.Wire.V0042;

/// <summary>GET diag/.</summary>
internal sealed record DiagAnswer : Envelope
{
    public Statistics? Statistics { get; init; }
}

/// <summary>
/// Counters that move whenever a job is submitted, starts or ends: the cheapest bell there is for jobs.
/// </summary>
internal sealed record Statistics
{
    public long JobsSubmitted { get; init; }
    public long JobsStarted { get; init; }
    public long JobsCompleted { get; init; }
    public long JobsCanceled { get; init; }
    public long JobsFailed { get; init; }
}
