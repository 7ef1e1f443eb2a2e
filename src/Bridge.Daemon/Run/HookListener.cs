using Bridge.Core.Names;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bridge.Daemon.Run;

/// <summary>
/// Listens on a unix socket for Slurm's hooks (slurm-conf/): `POST /hooks/slurmctld?event=start&amp;job=ID`. A hook
/// only names a job; what is true of it is then read from Slurm, so a forged or lost ring does no harm.
/// </summary>
public sealed class HookListener : IAsyncDisposable
{
    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly WebApplication app;

    private HookListener(WebApplication app) => this.app = app;

    /// <param name="path">The socket; one of an earlier process is replaced. It stays when this one ends: whoever
    /// rings then is refused.</param>
    /// <param name="ring">Called with the job, on a request's thread: returns at once.</param>
    /// <param name="logs">Where the web server logs.</param>
    /// <param name="cancel">Gives up starting.</param>
    /// <exception cref="IOException">The socket cannot be made there.</exception>
    public static async Task<HookListener> StartAsync(
        string path, Action<JobId> ring, ILoggerFactory logs, CancellationToken cancel)
    {
        // Made beside its place and moved there: who rings never meets a socket that does not answer yet, and a leader
        // that ends late takes away its own, not its successor's.
        var made = $"{path}.{Environment.ProcessId}";
        File.Delete(made);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(made));
        var app = builder.Build();
        app.UseRouting();
        app.MapPost("/hooks/slurmctld", (HttpContext context) =>
        {
            if (!uint.TryParse(context.Request.Query["job"], out var job) || job == 0)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return context.Response.WriteAsync("job: a Slurm job id is needed, such as job=4711\n");
            }
            ring(new JobId(job));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
        await app.StartAsync(cancel);
        // slurmctld runs as SlurmUser, which is not Bridge's user; the folder decides who may reach the socket.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(made, Everybody);
        File.Move(made, path, overwrite: true);
        return new HookListener(app);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }
}
