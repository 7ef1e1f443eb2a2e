using Bridge.Gpu.Nvml;

namespace Bridge.Gpu.Sweep;

/// <summary>Reads data that NVML serves by field number; each has a return code of its own.</summary>
internal static class FieldReader
{
    /// <summary>All fields of the GPU itself, in one call.</summary>
    public static void Read(NvmlDevice gpu, ReadingSet set)
    {
        var fields = NvmlFields.OfGpu;
        var answers = new NvmlResult<double>[fields.Count];
        Ask(gpu, fields, 0, answers);
        for (var i = 0; i < fields.Count; i++) set.Add(fields[i].Signal, answers[i], v => v);
    }

    /// <summary>Asks for several fields at once.</summary>
    /// <param name="gpu">Whom.</param>
    /// <param name="fields">What.</param>
    /// <param name="scope">The link of a link field, else 0.</param>
    /// <param name="answers">One for each field.</param>
    public static void Ask(
        NvmlDevice gpu, IReadOnlyList<NvmlField> fields, uint scope, Span<NvmlResult<double>> answers)
    {
        Span<NvmlFieldValue> values = stackalloc NvmlFieldValue[fields.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = new NvmlFieldValue { FieldId = fields[i].Id, ScopeId = scope };
        var call = gpu.Fields(values);
        for (var i = 0; i < values.Length; i++)
        {
            var code = call == NvmlReturn.Success ? (NvmlReturn)values[i].Return : call;
            // A driver that does not know the field says "invalid argument" for it: an old driver, not a broken GPU.
            if (code == NvmlReturn.InvalidArgument) code = NvmlReturn.FunctionNotFound;
            answers[i] = new NvmlResult<double>(fields[i].Call, code, Decode(values[i], fields[i].Value));
        }
    }

    private static double Decode(NvmlFieldValue value, FieldValue stands) => stands == FieldValue.BitErrorRate
        ? (value.Value >> 8 & 0xf) * Math.Pow(10, -(double)(value.Value & 0xff))
        : Number(value);

    /// <summary>nvmlValueType_t: which member of the union was filled.</summary>
    private static double Number(NvmlFieldValue value) => value.ValueType switch
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
