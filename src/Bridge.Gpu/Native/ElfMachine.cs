using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Bridge.Gpu.Native;

/// <summary>Reads from a file for which machine it was built, to say more than the loader does.</summary>
internal static class ElfMachine
{
    /// <summary>A sentence where the file is no library for this machine; null where it is, or is no file.</summary>
    public static string? Describe(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            var header = new byte[20];
            using var file = File.OpenRead(path);
            if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length
                || !header.AsSpan(0, 4).SequenceEqual("\u007fELF"u8))
                return "the file is no ELF library";
            // e_machine stands at 18, in the byte order that e_ident[5] names (elf(5)).
            var machine = header[5] == 2
                ? BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(18))
                : BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(18));
            var (built, here) = (Name(machine), Here());
            return built == here ? null : $"the file is built for {built}, this machine is {here}";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return unreadable.Message;
        }
    }

    private static string Name(int machine) => machine switch
    {
        3 => "x86 (32 bit)",
        21 => "ppc64",
        40 => "arm (32 bit)",
        62 => "x86-64",
        183 => "aarch64",
        _ => $"ELF machine {machine}",
    };

    private static string Here() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "x86-64",
        Architecture.Arm64 => "aarch64",
        var other => other.ToString(),
    };
}
