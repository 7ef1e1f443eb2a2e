namespace Bridge.Core.Health;

/// <summary>What an XID, SXID or NVML event means.</summary>
/// <param name="Code">The number.</param>
/// <param name="Name">The driver's name for it.</param>
/// <param name="Class">A class of the table: application, ignore, reset, reboot, hardware …</param>
/// <param name="Text">In words.</param>
/// <param name="Why">Where the sources disagree: which one the table follows, and why.</param>
public sealed record XidRule(long Code, string Name, string Class, string Text, string? Why = null);

/// <summary>What follows from a class of events.</summary>
public sealed record XidClass(Severity Severity, Consequence Consequence);

/// <summary>When events of the same code on the same GPU repeat, the hardware must be looked at.</summary>
/// <param name="Classes">Classes that are counted.</param>
/// <param name="Count">This many within the window escalate.</param>
/// <param name="Window">How far back is counted.</param>
/// <param name="Consequence">What follows then.</param>
public sealed record XidRepeat(
    IReadOnlySet<string> Classes, int Count, TimeSpan Window, Consequence Consequence);
