using System.Diagnostics;
using System.Runtime.InteropServices;
using Bridge.Gpu.Nvml;

namespace Bridge.Adapter.Tests.Gpu;

/// <summary>
/// The fake libraries, built once, and one state file that this process' copies of them read. The tests that use it run
/// one after the other: the library's state belongs to the process.
/// </summary>
public sealed partial class FakeGpus : IDisposable
{
    private static readonly Lazy<string> Built = new(Build);

    private readonly string folder = Directory.CreateTempSubdirectory("bridge-gpu-").FullName;

    public FakeGpus()
    {
        StateFile = Path.Combine(folder, "state.gpu");
        Write("include h100x8.gpu");
        // The library asks the C environment, which .NET's own variables do not reach.
        if (SetVariable("BRIDGE_FAKE_GPU", StateFile, 1) != 0) throw new InvalidOperationException("setenv failed");
    }

    /// <summary>Folder of scripts/native-build.</summary>
    public static string Folder => Built.Value;

    public string StateFile { get; }

    /// <summary>NVML as of a driver: 535, 550 or 580.</summary>
    public static string Nvml(int driver) => Path.Combine(Folder, $"r{driver}", "libnvidia-ml.so.1");

    /// <summary>A path in this fixture's folder.</summary>
    public string File(string name) => Path.Combine(folder, name);

    /// <summary>Replaces the state as a whole; a reader never sees half of it.</summary>
    public void Write(params string[] lines)
    {
        var draft = StateFile + ".new";
        System.IO.File.WriteAllLines(draft, lines);
        System.IO.File.Move(draft, StateFile, overwrite: true);
    }

    /// <summary>Opens a fake and fails with its own reason where it does not open.</summary>
    public static NvmlLibrary Open(int driver = 580)
    {
        var opening = NvmlLibrary.Open(Nvml(driver));
        return opening.Library ?? throw new InvalidOperationException($"{opening.State}: {opening.Why}");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Build()
    {
        var root = AppContext.BaseDirectory;
        while (!System.IO.File.Exists(Path.Combine(root, "Bridge.sln")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no Bridge.sln above the tests");
        var start = new ProcessStartInfo(Path.Combine(root, "scripts", "native-build"))
        {
            RedirectStandardOutput = true,
        };
        using var build = Process.Start(start) ?? throw new InvalidOperationException("native-build did not start");
        var folder = build.StandardOutput.ReadToEnd().Trim();
        build.WaitForExit();
        return build.ExitCode == 0 ? folder : throw new InvalidOperationException("scripts/native-build failed");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}

/// <summary>Everything that loads the fakes into this process, or starts many children, runs alone.</summary>
[CollectionDefinition("gpu", DisableParallelization = true)]
public sealed class GpuTests : ICollectionFixture<FakeGpus>;
