namespace Bridge.Core.Tests.Tidy;

/// <summary>
/// The sources that the tidy tests read: what git would see under src and tests, without build output.
/// </summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Sources(params string[] folders) =>
        folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), "*.cs", SearchOption.AllDirectories))
            .Where(f => !Relative(f).Split('/').Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Bridge.sln")))
                return folder.FullName;
        throw new InvalidOperationException(
            $"no Bridge.sln above {AppContext.BaseDirectory}: run the tests from a checkout");
    }
}
