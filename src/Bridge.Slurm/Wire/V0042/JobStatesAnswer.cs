namespace Bridge.Slurm.Wire.V0042;

/// <summary>GET jobs/state/: every job, array tasks spelled out, het components as ID+OFFSET.</summary>
internal sealed record JobStatesAnswer : Envelope
{
    public JobStateRow[]? Jobs { get; init; }
}

internal sealed record JobStateRow
{
    /// <summary>
    /// ID, ID_TASK or ID+OFFSET, where ID is the record's own job id (not the array's or the leader's).
    /// </summary>
    public string? JobId { get; init; }

    public string[]? State { get; init; }
}
