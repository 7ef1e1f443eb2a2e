using System.Reflection;

namespace Bridge.Adapter.Tests.Packages;

/// <summary>
/// A package whose dependency is pinned too low restores and builds, and fails only when its first type is asked for.
/// </summary>
public sealed class AssemblyReferenceTests
{
    [Fact]
    public void Every_assembly_that_bridge_needs_is_there_in_a_version_that_serves()
    {
        var missing = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<AssemblyName>([new AssemblyName("bridge")]);
        while (waiting.TryDequeue(out var name))
        {
            if (!seen.Add(name.FullName))
                continue;
            try
            {
                foreach (var reference in Assembly.Load(name).GetReferencedAssemblies())
                    waiting.Enqueue(reference);
            }
            catch (Exception e) when (e is FileNotFoundException or FileLoadException)
            {
                missing.Add($"{name.FullName}: {e.Message}");
            }
        }
        Assert.Empty(missing);
        // Each of these is loaded late, by a verb that not every test runs.
        Assert.Superset(
            new HashSet<string> { "KubernetesClient", "YamlDotNet", "Npgsql", "System.CommandLine" },
            seen.Select(s => new AssemblyName(s).Name!).ToHashSet());
    }
}
