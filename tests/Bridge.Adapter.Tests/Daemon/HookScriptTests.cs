using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>slurm-conf/bridge-hook as slurmctld runs it, before a server that writes down what comes.</summary>
public sealed class HookScriptTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef";

    private readonly string folder = Directory.CreateTempSubdirectory("bridge-hook-").FullName;
    private readonly Channel<string> heard = Channel.CreateUnbounded<string>();
    private WebApplication app = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.ListenUnixSocket(Path.Combine(folder, "one.sock"));
            kestrel.ListenUnixSocket(Path.Combine(folder, "two.sock"));
        });
        app = builder.Build();
        app.Run(context =>
        {
            var over = context.Connection.LocalIpAddress is null ? "socket" : "tcp";
            heard.Writer.TryWrite($"{over} {context.Request.Method} {context.Request.Path}"
                + $"{context.Request.QueryString} {context.Request.Headers.Authorization}".TrimEnd());
            return Task.CompletedTask;
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task It_rings_every_socket_and_every_address_with_the_token()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), Token, TestContext.Current.CancellationToken);
        var tcp = app.Urls.Single(u => u.StartsWith("http://127", StringComparison.Ordinal));
        Assert.Equal(0, await RunAsync(
            $"SOCKETS='{folder}/*.sock'\nURLS='http://127.0.0.1:9 {tcp}'\nTOKEN_FILE={folder}/token\n"));
        const string ring = "POST /hooks/slurmctld?event=end&job=4711";
        Assert.Equal(
            [$"socket {ring}", $"socket {ring}", $"tcp {ring} Bearer {Token}"],
            (await HeardAsync(3)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("SOCKETS=(no sh\n")]
    [InlineData("exit 7\n")]
    [InlineData("URLS=http://127.0.0.1:9\nTOKEN_FILE=/nowhere\n")]
    public async Task It_never_fails(string settings) => Assert.Equal(0, await RunAsync(settings));

    private async Task<int> RunAsync(string settings)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Bridge.sln")))
            at = at.Parent!;
        var conf = Path.Combine(folder, "bridge-hook.conf");
        await File.WriteAllTextAsync(conf, settings, TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("sh", [Path.Combine(at.FullName, "slurm-conf/bridge-hook")]);
        start.Environment["BRIDGE_HOOK_CONF"] = conf;
        start.Environment["SLURM_SCRIPT_CONTEXT"] = "epilog_slurmctld";
        start.Environment["SLURM_JOB_ID"] = "4711";
        using var script = Process.Start(start)!;
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        return script.ExitCode;
    }

    private async Task<List<string>> HeardAsync(int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        var all = new List<string>();
        while (all.Count < count)
            all.Add(await heard.Reader.ReadAsync(patience.Token));
        return all;
    }
}
