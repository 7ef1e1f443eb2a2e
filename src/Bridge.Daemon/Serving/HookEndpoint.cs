using System.Net;
using System.Net.Sockets;
using Bridge.Core.Names;
using Bridge.Daemon.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Bridge.Daemon.Serving;

/// <summary>
/// Hears Slurm's hooks (slurm-conf/bridge-hook): `POST /hooks/slurmctld?event=start&amp;job=ID`, on a unix socket whose
/// mode says who may, or on an address where a token does. A hook only names a job; what is true of it is read from
/// Slurm, as often as <see cref="HookBell"/> lets it.
/// </summary>
public sealed class HookEndpoint(HookOptions options, HookBell bell, TimeProvider time)
{
    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private const int LongestShown = 16;

    // Made beside its place and moved there: who rings never meets a socket that does not answer yet, and a daemon
    // that ends late takes away its own, not its successor's.
    private readonly string made = $"{options.Socket}.{Environment.ProcessId}";

    public IEnumerable<ListenEndpoint> Endpoints()
    {
        if (options.Socket is not null)
            yield return new ListenEndpoint("hook-socket", ListenOnSocket, routes => Map(routes, token: null));
        if (options is { Listen: { } address, TokenFile: { } file })
        {
            var token = new TokenFile(file, time);
            yield return new ListenEndpoint("hook-tcp", (kestrel, each) => kestrel.Listen(address, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                each(listen);
            }), routes => Map(routes, token));
        }
    }

    /// <summary>Whether an address is one of its own.</summary>
    public bool ListensAt(EndPoint address) => address switch
    {
        UnixDomainSocketEndPoint socket => socket.ToString() == made,
        _ => address.Equals(options.Listen),
    };

    /// <summary>Puts the socket, which answers by now, in its place.</summary>
    /// <exception cref="IOException">Its mode cannot be set, or it cannot be moved to its place.</exception>
    public void ShowSocket()
    {
        if (options.Socket is not { } path)
            return;
        // slurmctld runs as SlurmUser, which is not Bridge's user: it is let in by the group, which is the folder's
        // where that is set-group-ID.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(made, OwnerAndGroup);
        File.Move(made, path, overwrite: true);
    }

    private void ListenOnSocket(KestrelServerOptions kestrel, Action<ListenOptions> each)
    {
        File.Delete(made);
        kestrel.ListenUnixSocket(made, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            each(listen);
        });
    }

    private void Map(IEndpointRouteBuilder routes, TokenFile? token) =>
        routes.MapPost("/hooks/slurmctld", context => AnswerAsync(context, token));

    private Task AnswerAsync(HttpContext context, TokenFile? token)
    {
        // One ring a connection: how many come is bounded where they are accepted.
        context.Response.Headers.Connection = "close";
        if (token is not null && !token.Is(Bearer(context.Request)))
        {
            bell.Refused("unauthorized");
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return TextAsync(context, StatusCodes.Status401Unauthorized,
                "this address wants the token of --hook-token-file: Authorization: Bearer TOKEN\n");
        }
        if (ProblemOf(context.Request.Query, out var job) is { Length: > 0 } problem)
        {
            bell.Refused("invalid");
            return TextAsync(context, StatusCodes.Status400BadRequest, problem);
        }
        bell.Ring(job);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static string ProblemOf(IQueryCollection query, out JobId job)
    {
        var (id, @event) = (query["job"].ToString(), query["event"].ToString());
        job = default;
        if (@event is not ("start" or "end"))
            return $"event: {Shown(@event)} should be start or end\n";
        if (id.Length > 10 || !id.All(char.IsAsciiDigit) || !uint.TryParse(id, out var number) || number == 0)
            return $"job: {Shown(id)} should be a Slurm job id, a number from 1 to 4294967295, such as job=4711\n";
        job = new JobId(number);
        return "";
    }

    private static string Shown(string seen) => seen.Length == 0 ? "it is missing and"
        : seen.Length > LongestShown ? $"a text of {seen.Length} characters"
        : $"'{string.Concat(seen.Select(c => c is >= ' ' and <= '~' ? c : '?'))}'";

    private static string Bearer(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header
        && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : "";

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    }
}
