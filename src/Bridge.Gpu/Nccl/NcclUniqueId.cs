using System.Runtime.CompilerServices;

namespace Bridge.Gpu.Nccl;

/// <summary>ncclUniqueId: passed by value to the communicator's start.</summary>
[InlineArray(Size)]
internal struct NcclUniqueId
{
    public const int Size = 128;
    private byte first;
}
