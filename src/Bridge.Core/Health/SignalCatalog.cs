using System.Collections.Frozen;

namespace Bridge.Core.Health;

/// <summary>What a signal's value is.</summary>
public enum SignalKind
{
    /// <summary>A state or a level now.</summary>
    Gauge,

    /// <summary>Counts up; starts again with the driver.</summary>
    VolatileCounter,

    /// <summary>Counts up over the life of the board (InfoROM).</summary>
    LifetimeCounter,
}

/// <summary>Whom a signal belongs to.</summary>
public enum SignalScope
{
    /// <summary>One GPU.</summary>
    Gpu,

    /// <summary>The node.</summary>
    Node,
}

/// <summary>A signal: its name, scope, kind, unit and meaning.</summary>
public sealed record Signal(string Name, SignalScope Scope, SignalKind Kind, string Unit, string Meaning);

/// <summary>Every signal that a sweep may hold or that is derived from it.</summary>
public static partial class SignalCatalog
{
    /// <summary>All signals by name.</summary>
    public static readonly FrozenDictionary<string, Signal> All =
        Rows().ToFrozenDictionary(s => s.Name, StringComparer.Ordinal);

    private static IEnumerable<Signal> Rows() =>
        [
            .. NodeRows(), .. StateRows(), .. MemoryRows(), .. LinkRows(), .. NvLinkCounterRows(), .. PcieRows(),
            .. ThermalRows(),
        ];

    private static Signal Gauge(string name, string unit, string meaning) =>
        new(name, SignalScope.Gpu, SignalKind.Gauge, unit, meaning);

    private static Signal Volatile(string name, string meaning, string unit = "1") =>
        new(name, SignalScope.Gpu, SignalKind.VolatileCounter, unit, meaning);

    private static Signal Lifetime(string name, string meaning) =>
        new(name, SignalScope.Gpu, SignalKind.LifetimeCounter, "1", meaning);

    private static Signal Node(string name, string unit, string meaning) =>
        new(name, SignalScope.Node, SignalKind.Gauge, unit, meaning);
}
