namespace Bridge.Gpu.Native;

/// <summary>
/// A call into CUDA or NCCL failed in a place from which there is no way on but to give the whole attempt up. Thrown
/// only
/// inside a probe's child, which turns it into its answer.
/// </summary>
public sealed class NativeCallException(string function, int code, string text)
    : Exception($"{function} returned {code} ({text})")
{
    /// <summary>The function that failed.</summary>
    public string Function { get; } = function;

    /// <summary>What it returned.</summary>
    public int Code { get; } = code;
}
