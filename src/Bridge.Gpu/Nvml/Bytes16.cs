using System.Runtime.CompilerServices;

namespace Bridge.Gpu.Nvml;

/// <summary>Sixteen bytes inside a structure.</summary>
[InlineArray(16)]
internal struct Bytes16
{
    private byte first;
}

/// <summary>Thirty-two bytes inside a structure.</summary>
[InlineArray(32)]
internal struct Bytes32
{
    private byte first;
}
