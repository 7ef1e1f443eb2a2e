using System.Runtime.InteropServices;

namespace Bridge.Bench;

/// <summary>
/// A variable of the C environment, which .NET's own variables do not reach, for as long as this lives.
/// </summary>
internal sealed partial class CEnvironment : IDisposable
{
    private readonly string name;

    public CEnvironment(string name, string value)
    {
        this.name = name;
        if (Set(name, value, 1) != 0) throw new InvalidOperationException($"setenv {name} failed");
    }

    public void Dispose() => _ = Unset(name);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unset(string name);
}
