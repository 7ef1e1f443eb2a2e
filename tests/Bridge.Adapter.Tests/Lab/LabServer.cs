using System.Diagnostics;
using Bridge.Kube.Client;

namespace Bridge.Adapter.Tests.Lab;

/// <summary>
/// The lab's API server on real etcd, without scheduler and node runtime; never the cluster of BRIDGE_LAB_KUBECONFIG.
/// Where it is not built the tests fail and say so.
/// </summary>
public sealed class LabServer : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("bridge-lab-").FullName;
    private KubeEndpoint? endpoint;

    /// <summary>Empty when the server runs.</summary>
    public string WhyNot { get; private set; } = "";

    public string Folder => folder;

    public KubeEndpoint Endpoint => endpoint ?? throw new InvalidOperationException(WhyNot);

    public async ValueTask InitializeAsync()
    {
        var cache = Environment.GetEnvironmentVariable("BRIDGE_CACHE") ?? "/var/cache/bridge";
        if (!File.Exists($"{cache}/apiserver/bin/labapi"))
        {
            WhyNot = $"the lab's API server is not built in {cache}: run scripts/setup";
            return;
        }
        await ScriptAsync("kube-up", $"{folder}/lab");
        var line = File.ReadLines($"{folder}/lab/env")
            .First(l => l.StartsWith("KUBECONFIG=", StringComparison.Ordinal));
        endpoint = KubeConfigFile.Read(line["KUBECONFIG=".Length..], null, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        if (WhyNot.Length == 0)
            await ScriptAsync("kube-down", $"{folder}/lab", "--wipe");
        Directory.Delete(folder, true);
    }

    private static async Task ScriptAsync(string name, params string[] arguments)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Bridge.sln")))
            root = root.Parent ?? throw new DirectoryNotFoundException("the tests run outside the repository");
        var start = new ProcessStartInfo(Path.Combine(root.FullName, "scripts", name), arguments)
            { RedirectStandardError = true };
        // What is tested here is the lab's own scheduler, which would fight with a real cluster's.
        start.Environment.Remove("BRIDGE_LAB_KUBECONFIG");
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{name} failed: {error}");
    }
}
