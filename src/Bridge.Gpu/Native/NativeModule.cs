using System.Globalization;
using System.Runtime.InteropServices;

namespace Bridge.Gpu.Native;

/// <summary>How the loading of a native library ended.</summary>
public enum NativeLoadState
{
    /// <summary>It is loaded.</summary>
    Loaded,

    /// <summary>There is no such file.</summary>
    Missing,

    /// <summary>There is a file, but the loader refuses it: other architecture, too old a C library, damaged.</summary>
    Unusable,
}

/// <summary>A loaded library, or why there is none in the loader's own words.</summary>
public sealed record NativeLoading(NativeLoadState State, NativeModule? Module, string Why);

/// <summary>One exported function; the address is 0 where the library does not have it.</summary>
public readonly record struct NativeSymbol(string Name, nint Address)
{
    /// <summary>True where the library has it.</summary>
    public bool Exists => Address != 0;
}

/// <summary>A native library whose functions are looked up one by one: versions differ in what they export.</summary>
public sealed class NativeModule
{
    private readonly nint handle;
    private readonly string name;
    private readonly List<string> missing = [];
    private nint inside;

    private NativeModule(nint handle, string name) => (this.handle, this.name) = (handle, name);

    /// <summary>The file that was loaded: the path that was given, or the real file behind a soname.</summary>
    public string Path => System.IO.Path.IsPathRooted(name) ? name : FileAt(inside) ?? name;

    /// <summary>Functions that were asked for and are not there, in the order of asking.</summary>
    public IReadOnlyList<string> Missing => missing;

    /// <summary>
    /// Loads a library. With a path nothing else is tried: a wrong path must not silently find another library.
    /// </summary>
    /// <param name="path">File to load, or null.</param>
    /// <param name="sonames">Names to try in order without a path.</param>
    public static NativeLoading Open(string? path, params IReadOnlyList<string> sonames)
    {
        var whys = new List<string>();
        foreach (var name in path is null ? sonames : [System.IO.Path.GetFullPath(path)])
        {
            try
            {
                var handle = NativeLibrary.Load(name);
                return new NativeLoading(NativeLoadState.Loaded, new NativeModule(handle, name), "");
            }
            catch (Exception refused) when (refused is DllNotFoundException or BadImageFormatException)
            {
                whys.Add(LoaderReason(refused.Message, name));
            }
        }
        var why = string.Join("; ", whys.Distinct());
        var missing = path is null
            ? whys.TrueForAll(w => w.Contains("No such file", StringComparison.Ordinal))
            : !File.Exists(path);
        return new NativeLoading(missing ? NativeLoadState.Missing : NativeLoadState.Unusable, null, why);
    }

    /// <summary>Looks a function up; a missing one is remembered, not an error.</summary>
    public NativeSymbol Find(string name)
    {
        if (!NativeLibrary.TryGetExport(handle, name, out var address))
        {
            missing.Add(name);
            return new NativeSymbol(name, 0);
        }
        inside = address;
        return new NativeSymbol(name, address);
    }

    /// <summary>The runtime's text is general; its last lines are what the dynamic loader said.</summary>
    private static string LoaderReason(string message, string name)
    {
        var said = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Skip(1).DefaultIfEmpty(message.Trim()).Last();
        var machine = ElfMachine.Describe(name);
        return machine is null ? said : $"{said} ({machine})";
    }

    /// <summary>
    /// The file that is mapped at an address. A soname is a link as a rule, and the map has the file that it leads to.
    /// </summary>
    private static string? FileAt(nint address)
    {
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            // "7f0c2a000000-7f0c2a021000 r-xp 00000000 08:01 1234   /usr/lib/libnvidia-ml.so.550.163.01" (proc(5))
            var path = line.IndexOf('/', StringComparison.Ordinal);
            if (path < 0) continue;
            var range = line.Split(' ', 2)[0].Split('-');
            if (address >= Address(range[0]) && address < Address(range[1])) return line[path..];
        }
        return null;
    }

    private static nint Address(string hexadecimal) =>
        nint.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
