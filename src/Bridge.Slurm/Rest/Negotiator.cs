using System.Text.Json;
using Bridge.Core.View;
using Bridge.Slurm.Wire;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Rest;

/// <summary>
/// Finds out what slurmrestd serves. Asked once, and again when an answer shows another release or an endpoint is gone:
/// 1.8 MB of
/// OpenAPI once per release of Slurm, read for its paths only.
/// </summary>
internal sealed class Negotiator(RestClient client, ILogger log)
{
    private ServerProfile? profile;

    /// <summary>What is known at present; null before the first answer.</summary>
    public ServerProfile? Profile => profile;

    /// <summary>The next <see cref="AskAsync"/> asks the server again.</summary>
    public void Forget() => profile = null;

    /// <summary>An answer told the server's release: another one than negotiated with means asking again.</summary>
    public void Saw(string? release)
    {
        if (!string.IsNullOrEmpty(release) && profile is { } known && known.Release != release)
            Forget();
    }

    /// <summary>What the server serves, from memory when it is known.</summary>
    public async Task<Reading<ServerProfile>> AskAsync(CancellationToken cancel)
    {
        if (profile is { } known)
            return new Reading<ServerProfile>.Known(known, default);
        var document = await client.SendAsync(RestRequest.All("openapi/v3"), cancel);
        var served = Served(document, out var problem);
        var versions = served?.Versions ?? ServerProfile.Supported;
        // Only a server that says so has none. Whatever else came in its place, half a document or the page of a proxy,
        // would be kept as "can do nothing" until the release changes.
        if (served is null && document is not RestAnswer.Answered { Status: 404 })
            return new Reading<ServerProfile>.Unknown(problem);
        var version = ServerProfile.Supported.FirstOrDefault(versions.Contains);
        if (version is null)
            return new Reading<ServerProfile>.Unknown(
                $"{client.Address} serves data_parser {string.Join(", ", versions)}; Bridge needs one of "
                    + $"{string.Join(", ", ServerProfile.Supported.Reverse())} (Slurm 24.11 or newer)");
        return await PingAsync(version, served, cancel);
    }

    private async Task<Reading<ServerProfile>> PingAsync(string newest, ServedPaths? served, CancellationToken cancel)
    {
        // With an OpenAPI document the version is known; without one the versions are tried, newest first.
        Reading<ServerProfile> last = new Reading<ServerProfile>.Unknown("no version tried");
        foreach (var version in served is null ? ServerProfile.Supported : [newest])
        {
            var answer = await client.SendAsync(RestRequest.Ping($"slurm/{version}/ping/"), cancel);
            var ping = Judge.Read(answer, WireJson.Default.PingAnswer);
            if (ping is Reading<Wire.V0042.PingAnswer>.Known { Value: var value })
                return await IsSlurmUserAsync(version, served, cancel)
                    ? new Reading<ServerProfile>.Unknown(client.Refusal)
                    : Keep(new ServerProfile(version, value.Meta?.Slurm?.Release ?? "",
                        value.Meta?.Slurm?.Cluster ?? "",
                        served?.Capabilities(version) ?? SlurmCapabilities.None), ping.Cost);
            last = ping.Map(_ => default(ServerProfile)!);
            if (last is not Reading<ServerProfile>.Unknown { Endpoint: true })
                return last;
        }
        return last;
    }

    // The names that the daemon refuses are known before anything is sent; this one only slurmctld knows.
    private async Task<bool> IsSlurmUserAsync(string version, ServedPaths? served, CancellationToken cancel)
    {
        if (served?.Has("get", version, "conf") != true)
            return false;
        var answer = await client.SendAsync(RestRequest.One($"slurm/{version}/conf/"), cancel);
        var slurmUser = Judge.Read(answer, WireJson.Default.ConfAnswer) is Reading<Wire.V0045.ConfAnswer>.Known known
            ? known.Value.SlurmConf?.SlurmUser : null;
        if (slurmUser != client.User)
            return false;
        client.Refuse($"user: '{slurmUser}' is the SlurmUser of this Slurm, whose token may act as anybody. Name a "
            + "Slurm user of Bridge's own with AdminLevel=Administrator, such as bridge");
        return true;
    }

    private Reading<ServerProfile> Keep(ServerProfile found, AnswerCost cost)
    {
        profile = found;
        log.Negotiated(client.Address, found.Release, found.DataParser, found.Capabilities);
        return new Reading<ServerProfile>.Known(found, cost);
    }

    private static ServedPaths? Served(RestAnswer answer, out string problem)
    {
        problem = answer switch
        {
            RestAnswer.Silent silent => silent.Reason,
            RestAnswer.Answered { Status: 401 or 511 } refused =>
                $"slurmrestd refuses Bridge's token (HTTP {refused.Status} {refused.Excerpt})",
            RestAnswer.Answered other => $"no OpenAPI document: HTTP {other.Status}: {other.Excerpt}",
            _ => "",
        };
        if (answer is not RestAnswer.Answered { Status: 200 } document)
            return null;
        try
        {
            return ServedPaths.Of(document.Body.Span);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problem = "the OpenAPI document is not whole JSON";
            return null;
        }
    }
}
