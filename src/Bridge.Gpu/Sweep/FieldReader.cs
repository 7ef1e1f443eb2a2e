using System.Globalization;
using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>Reads data that NVML serves by field number; each has a return code of its own.</summary>
internal static class FieldReader
{
    public static NvmlResult<double> One(NvmlDevice gpu, uint field)
    {
        Span<NvmlFieldValue> values = [new NvmlFieldValue { FieldId = field }];
        var name = string.Create(CultureInfo.InvariantCulture, $"nvmlDeviceGetFieldValues({field})");
        var code = gpu.Fields(values);
        if (code != NvmlReturn.Success) return new NvmlResult<double>(name, code, 0);
        code = (NvmlReturn)values[0].Return;
        // A driver that does not know the field says "invalid argument" for it: an old driver, not a broken GPU.
        if (code == NvmlReturn.InvalidArgument) code = NvmlReturn.FunctionNotFound;
        return new NvmlResult<double>(name, code, Decode(values[0]));
    }

    /// <summary>nvmlValueType_t: which member of the union was filled.</summary>
    private static double Decode(NvmlFieldValue value) => value.ValueType switch
    {
        0 => BitConverter.UInt64BitsToDouble(value.Value),
        1 => (uint)value.Value,
        2 or 3 => value.Value,
        4 => (long)value.Value,
        5 => (int)(uint)value.Value,
        6 => (ushort)value.Value,
        _ => value.Value,
    };
}
