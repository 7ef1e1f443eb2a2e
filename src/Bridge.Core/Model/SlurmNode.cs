using System.Collections.Immutable;
using Bridge.Core.Names;

namespace Bridge.Core.Model;

/// <summary>Node state of slurmctld: one base state and any number of flags (slurmrestd's node_states).</summary>
[Flags]
public enum SlurmNodeState
{
    None = 0,
    Unknown = 1 << 0,
    Down = 1 << 1,
    Idle = 1 << 2,
    Allocated = 1 << 3,
    Mixed = 1 << 4,
    Error = 1 << 5,
    Future = 1 << 6,
    Drain = 1 << 7,
    Completing = 1 << 8,
    NotResponding = 1 << 9,
    InvalidReg = 1 << 10,
    Fail = 1 << 11,
    Maintenance = 1 << 12,
    Reserved = 1 << 13,
    Undrain = 1 << 14,
    Cloud = 1 << 15,
    DynamicNorm = 1 << 16,
    External = 1 << 17,
    PoweredDown = 1 << 18,
    PoweringUp = 1 << 19,
    PoweringDown = 1 << 20,
    Planned = 1 << 21,
    Reboot = 1 << 22,

    /// <summary>A word that this version of Bridge does not know.</summary>
    Other = 1 << 30,
}

/// <summary>One node as slurmctld tells it.</summary>
public sealed record SlurmNode
{
    public required NodeName Name { get; init; }
    public SlurmNodeState State { get; init; }
    public string Reason { get; init; } = "";

    /// <summary>When the reason was set; null when slurmctld does not say.</summary>
    public DateTimeOffset? ReasonSince { get; init; }

    public int Cpus { get; init; }
    public int AllocatedCpus { get; init; }

    /// <summary>RealMemory, in MiB.</summary>
    public long MemoryMiB { get; init; }

    /// <summary>Configured Gres, such as gpu:h100:8; empty for none and for "(null)".</summary>
    public string Gres { get; init; } = "";

    /// <summary>Gres in use, such as gpu:h100:2(IDX:0-1).</summary>
    public string GresUsed { get; init; } = "";

    public ImmutableArray<string> Features { get; init; } = [];

    /// <summary>Those of Features that jobs can ask for now.</summary>
    public ImmutableArray<string> ActiveFeatures { get; init; } = [];

    public int Weight { get; init; }
    public string Comment { get; init; } = "";
    public string Extra { get; init; } = "";
    public string Address { get; init; } = "";
    public ImmutableArray<string> Partitions { get; init; } = [];

    public bool Drains => State.HasFlag(SlurmNodeState.Drain);

    /// <summary>Whether slurmctld still ties a job to the node: allocated, mixed or completing.</summary>
    public bool Busy =>
        AllocatedCpus > 0
        || (State & (SlurmNodeState.Allocated | SlurmNodeState.Mixed | SlurmNodeState.Completing)) != 0;

    /// <summary>Whether a slurmd answers for it.</summary>
    public bool Responding =>
        (State & (SlurmNodeState.NotResponding | SlurmNodeState.Down | SlurmNodeState.Unknown)) == 0;

    /// <summary>Whether it is kept from work, by whomever: no job starts on it.</summary>
    public bool Held => (State & (SlurmNodeState.Drain | SlurmNodeState.Fail | SlurmNodeState.Down)) != 0;

    /// <summary>
    /// Somebody else keeps it from work and says why: drained, failing, or down. Draining such a node would take their
    /// reason, and the end of that drain would put the node to work (slurmctld clears FAIL when a node is drained).
    /// </summary>
    public bool HeldByOthers =>
        Held
        && !Reason.StartsWith(WellKnown.ReasonPrefix, StringComparison.Ordinal)
        && ((State & (SlurmNodeState.Drain | SlurmNodeState.Fail)) != 0 || !IsOwnReasonForDown(Reason));

    /// <summary>
    /// slurmctld itself set it DOWN, where nobody or only Bridge kept it from work: its slurmd did not answer, or came
    /// back as from a reboot. It stays so unless ReturnToService (slurm.conf) says otherwise.
    /// </summary>
    public bool DownBySlurm => State.HasFlag(SlurmNodeState.Down) && Reason.Length > 0 && !HeldByOthers;

    /// <summary>Whether a slurmd answers for it, also where it is DOWN all the same.</summary>
    public bool Answers => (State & (SlurmNodeState.NotResponding | SlurmNodeState.Unknown)) == 0;

    /// <summary>slurmctld's reason on a node whose slurmd started later than it was last heard of.</summary>
    public bool CameBackAsFromReboot => Reason.EndsWith(Rebooted, StringComparison.Ordinal);

    /// <summary>Whether its reason is this one, to which slurmctld may have added its own for DOWN.</summary>
    public bool IsHeldFor(string reason) => Reason == reason
        || (Reason.StartsWith(reason + Added, StringComparison.Ordinal)
            && IsOwnReasonForDown(Reason[(reason.Length + Added.Length)..]));

    private const string Added = " : ";
    private const string Rebooted = "Node unexpectedly rebooted";

    // What slurmctld itself writes. It adds to what is there already, after a colon.
    private static bool IsOwnReasonForDown(string reason) =>
        reason.Length == 0 || reason.Split(Added).All(r => r is "Not responding" or Rebooted);

    public bool DrainedByBridge => Drains && Reason.StartsWith(WellKnown.ReasonPrefix, StringComparison.Ordinal);
}
