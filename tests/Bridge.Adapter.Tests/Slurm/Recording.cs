namespace Bridge.Adapter.Tests.Slurm;

/// <summary>Answers of real servers, cut down to what is read, in Recorded/.</summary>
internal static class Recording
{
    /// <summary>Versions that a 26.05.5 served.</summary>
    public static readonly string[] Versions = ["v0.0.42", "v0.0.43", "v0.0.44", "v0.0.45"];

    public static byte[] Bytes(string folder, string name) => File.ReadAllBytes(Path.Combine(Folder(), folder, name));

    public static string Text(string folder, string name) => File.ReadAllText(Path.Combine(Folder(), folder, name));

    private static string Folder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Bridge.sln")))
            folder =
                Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Bridge.sln above "
                + AppContext.BaseDirectory);
        return Path.Combine(folder, "tests", "Bridge.Adapter.Tests", "Slurm", "Recorded");
    }
}
