using System.Globalization;

namespace Bridge.Gpu.Sweep;

/// <summary>What the number of a field stands for.</summary>
internal enum FieldValue
{
    /// <summary>Itself.</summary>
    Plain,

    /// <summary>
    /// A bit error rate: mantissa in bits 8 to 11, negative decimal exponent in bits 0 to 7 (nvml.h,
    /// NVML_NVLINK_ERROR_COUNTER_BER_GET). nvidia-smi writes 0xfff, "no error yet", as 15e-255.
    /// </summary>
    BitErrorRate,
}

/// <summary>A datum that NVML serves by number instead of by a function of its own.</summary>
/// <param name="Id">The number.</param>
/// <param name="Name">nvml.h has it as NVML_FI_DEV_ and this.</param>
/// <param name="Signal">The signal that it becomes; of a link field the sum or the worst over all links.</param>
/// <param name="Value">What the number stands for.</param>
internal sealed record NvmlField(uint Id, string Name, string Signal, FieldValue Value = FieldValue.Plain)
{
    /// <summary>"nvmlDeviceGetFieldValues(230 GET_GPU_RECOVERY_ACTION)".</summary>
    public string Call { get; } =
        string.Create(CultureInfo.InvariantCulture, $"nvmlDeviceGetFieldValues({Id} {Name})");

    /// <summary>Counters of the links are added up; of rates the highest counts.</summary>
    public bool Adds => Value == FieldValue.Plain;
}
