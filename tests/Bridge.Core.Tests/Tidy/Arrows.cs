using System.Xml.Linq;

namespace Bridge.Core.Tests.Tidy;

/// <summary>
/// Holds the arrows between projects: Daemon → adapters → Control → Core. Adapters never see each other.
/// </summary>
public sealed class Arrows
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Bridge.Core"] = [],
        ["Bridge.Control"] = ["Bridge.Core"],
        ["Bridge.Kube"] = ["Bridge.Core", "Bridge.Control"],
        ["Bridge.Slurm"] = ["Bridge.Core", "Bridge.Control"],
        ["Bridge.Ledger"] = ["Bridge.Core", "Bridge.Control"],
        ["Bridge.Gpu"] = ["Bridge.Core", "Bridge.Control"],
        ["Bridge.Node"] = ["Bridge.Core", "Bridge.Control"],
        ["Bridge.ApiServer"] = ["Bridge.Core", "Bridge.Control"],
        ["Bridge.Daemon"] =
        [
            "Bridge.Core", "Bridge.Control", "Bridge.Kube", "Bridge.Slurm", "Bridge.Ledger", "Bridge.Gpu",
            "Bridge.Node", "Bridge.ApiServer",
        ],
    };

    [Fact]
    public void Nothing_under_src_knows_the_lab()
    {
        string[] marks = ["Bridge.Lab", "bridge lab", "bridge-lab", "/dev/bridge", "/cluster/"];
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/bin/", StringComparison.Ordinal)
                && !f.Contains("/obj/", StringComparison.Ordinal));
        foreach (var file in sources)
        {
            var text = File.ReadAllText(file);
            Assert.True(!marks.Any(m => text.Contains(m, StringComparison.Ordinal)), $"{file} knows the lab");
        }
    }

    [Fact]
    public void Every_project_reference_follows_an_arrow()
    {
        var projects = Directory.EnumerateFiles(
            Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories).ToList();
        Assert.Equal(Allowed.Keys.Order(), projects.Select(p => Path.GetFileNameWithoutExtension(p)!).Order());
        foreach (var project in projects)
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var wrong = References(project, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r)!)
                .Except(Allowed[name]);
            Assert.True(!wrong.Any(), $"{name} must not reference {string.Join(", ", wrong)}");
        }
    }

    [Fact]
    public void Core_has_no_package_and_no_framework()
    {
        var core = Path.Combine(Repository.Root, "src/Bridge.Core/Bridge.Core.csproj");
        Assert.Empty(References(core, "PackageReference"));
        Assert.Empty(References(core, "FrameworkReference"));
    }

    [Fact]
    public void No_project_pins_a_version_of_its_own()
    {
        foreach (var project in Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories))
            Assert.DoesNotContain(
                XDocument.Load(project).Descendants("PackageReference"), p => p.Attribute("Version") is not null);
    }

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Load(project).Descendants(kind).Select(r => (string)r.Attribute("Include")!)
            .Select(r => r.Replace('\\', '/'));
}
