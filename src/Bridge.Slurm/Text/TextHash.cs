using System.Buffers.Binary;
using System.Numerics;

namespace Bridge.Slurm.Text;

/// <summary>
/// Tells whether a record is the one of the last read: 64 bits, fast, and of no use against an adversary.
/// </summary>
internal static class TextHash
{
    public const ulong Seed = 0x9E3779B97F4A7C15UL;

    /// <summary>The hash of what came before, and of this.</summary>
    public static ulong Mix(ReadOnlySpan<byte> text, ulong hash)
    {
        hash ^= (ulong)text.Length * 0xFF51AFD7ED558CCDUL;
        for (; text.Length >= 8; text = text[8..])
            hash = BitOperations.RotateLeft(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text), 27)
                * 0x9E3779B185EBCA87UL;
        foreach (var one in text)
            hash = BitOperations.RotateLeft(hash ^ one, 11) * 0xC2B2AE3D27D4EB4FUL;
        return hash ^ (hash >> 29);
    }
}
