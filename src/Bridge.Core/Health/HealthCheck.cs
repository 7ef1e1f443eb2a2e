namespace Bridge.Core.Health;

/// <summary>One row of the check table: which signal, against which line, with which consequence.</summary>
public sealed record HealthCheck
{
    /// <summary>Unique name in the table, e.g. "row-remap-failed".</summary>
    public required string Name { get; init; }

    /// <summary>A name of <see cref="SignalCatalog"/>.</summary>
    public required string Signal { get; init; }

    /// <summary>Products of the product table, or "*" for all.</summary>
    public required IReadOnlyList<string> Products { get; init; }

    /// <summary>The measured value fails where it compares like this to the threshold.</summary>
    public required Comparison Fails { get; init; }

    /// <summary>In the signal's unit, never negative; a share is between 0 and 1.</summary>
    public required double Threshold { get; init; }

    /// <summary>What is compared.</summary>
    public Measure Measure { get; init; } = Measure.Value;

    /// <summary>How far back an increase or a share looks.</summary>
    public TimeSpan? Window { get; init; }

    /// <summary>When the check says anything at all.</summary>
    public CheckCondition When { get; init; } = CheckCondition.Always;

    /// <summary>Sweeps in a row that must be bad before the check fails; fewer are a suspicion.</summary>
    public int Sweeps { get; init; } = 1;

    /// <summary>How bad it is.</summary>
    public required Severity Severity { get; init; }

    /// <summary>What should follow.</summary>
    public required Consequence Consequence { get; init; }

    /// <summary>What the failure means, for the person who reads the drain reason.</summary>
    public required string Text { get; init; }

    /// <summary>Where the line comes from.</summary>
    public required IReadOnlyList<Provenance> Provenance { get; init; }
}

/// <summary>A source of a rule: a document or project, and where to find it.</summary>
public sealed record Provenance(string Source, string Link);

/// <summary>How the value compares to the threshold when the check fails.</summary>
public enum Comparison
{
    /// <summary>Greater than.</summary>
    Above,

    /// <summary>Greater than or equal to.</summary>
    AtLeast,

    /// <summary>Less than.</summary>
    Below,

    /// <summary>Less than or equal to.</summary>
    AtMost,

    /// <summary>Equal to.</summary>
    Is,

    /// <summary>Anything else than.</summary>
    IsNot,
}

/// <summary>What of a signal is compared.</summary>
public enum Measure
{
    /// <summary>The value as it is now.</summary>
    Value,

    /// <summary>How much a counter grew within the window, restarts of the counter respected.</summary>
    Increase,

    /// <summary>The share of the sweeps in the window in which the value was not 0.</summary>
    Share,
}

/// <summary>When a check applies.</summary>
public enum CheckCondition
{
    /// <summary>In every state.</summary>
    Always,

    /// <summary>Only while the GPU works: an idle GPU lowers its PCIe generation and its clocks.</summary>
    UnderLoad,

    /// <summary>Only while no process computes.</summary>
    Idle,
}

/// <summary>How bad a failed check is.</summary>
public enum Severity
{
    /// <summary>Worth a line.</summary>
    Info,

    /// <summary>Worth a look.</summary>
    Warning,

    /// <summary>The GPU or the node should not get work.</summary>
    Critical,
}

/// <summary>What should follow a failed check, mildest first. From Drain on the node gets no new work.</summary>
public enum Consequence
{
    /// <summary>Event and metric only.</summary>
    Observe,

    /// <summary>A comment on the Slurm node.</summary>
    Comment,

    /// <summary>Drain; a person decides.</summary>
    Drain,

    /// <summary>Drain, then reset the GPU once idle.</summary>
    Reset,

    /// <summary>Drain, then reboot once idle.</summary>
    Reboot,

    /// <summary>Drain; the hardware must be looked at.</summary>
    Inspect,
}
