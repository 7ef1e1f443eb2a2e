using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>
/// Collects the readings of one GPU. The first answer "lost" or "reset required" is remembered, and everything after it
/// is not asked for: each further call on a lost GPU can take seconds.
/// </summary>
internal sealed class ReadingSet
{
    private readonly Dictionary<string, Reading> readings = new(128, StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Reading> Readings => readings;

    public bool Lost { get; private set; }

    public bool ResetRequired { get; private set; }

    /// <summary>True where asking on makes no sense.</summary>
    public bool Gone => Lost || ResetRequired;

    public void Add<T>(string signal, NvmlResult<T> result, Func<T, double> value)
    {
        readings[signal] = result.Ok
            ? new Reading(value(result.Value))
            : Reading.Absent(result.Code.Absence(), result.Explain());
        Note(result.Code);
    }

    public void Add(string signal, NvmlResult<uint> result) => Add(signal, result, static v => v);

    public void Add(string signal, NvmlResult<ulong> result) => Add(signal, result, static v => v);

    public void Set(string signal, double value) => readings[signal] = new Reading(value);

    public void Set(string signal, Reading reading) => readings[signal] = reading;

    public double? Value(string signal) => readings.GetValueOrDefault(signal)?.Value;

    public void Note(NvmlReturn code)
    {
        Lost |= code == NvmlReturn.GpuIsLost;
        ResetRequired |= code == NvmlReturn.ResetRequired;
    }
}
