using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Daemon.Probe;

/// <summary>First line of a watch.</summary>
internal sealed record WatchStarted(int Version, string Watch, string? Library, IReadOnlyList<WatchedGpu> Gpus);

/// <summary>One event of a watch, with what the table says of it.</summary>
internal sealed record WatchEvent(
    int Version, string Watch, GpuEvent Event, string Name, string? Class, Severity? Severity,
    Consequence? Consequence, string? Text);

/// <summary>What the watching child writes: the start, an event, or a sign of life.</summary>
internal sealed record WatchLine(WatchStarted? Started, GpuEvent? Event, NvmlAnswer? Failed);
