using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Slurm.Translation;
using Bridge.Slurm.Wire;
using Bridge.Slurm.Wire.V0042;
using Microsoft.Extensions.Logging;

namespace Bridge.Slurm.Rest;

/// <summary>A collection as read at one time.</summary>
/// <param name="Items">The translated records.</param>
/// <param name="LastUpdate">The server's clock at the answer: to be passed back as update_time. Zero is never
/// stored.</param>
/// <param name="Unread">Names of records that could not be read: they are there, and what they hold is not known. ""
/// for one without a name.</param>
internal sealed record Listing<T>(ImmutableArray<T> Items, long LastUpdate, IReadOnlyList<string> Unread);

/// <summary>
/// The endpoints that Bridge uses, in the negotiated version, each as a verdict in terms of the model.
/// </summary>
internal sealed class SlurmApi(RestClient client, Negotiator negotiator, Func<bool> leads, ILogger log)
{
    public Task<Reading<Listing<SlurmNode>>> NodesAsync(
        ServerProfile profile, long updateTime, CancellationToken cancel) =>
        GetAsync(RestRequest.All(profile.Slurm("nodes/") + Since(updateTime)), WireJson.Default.NodesAnswer, Nodes,
            cancel);

    /// <summary>
    /// One node. A name that is not there is Unknown here: slurmrestd does not tell it from a failure (200 with error
    /// 0).
    /// </summary>
    public Task<Reading<SlurmNode>> NodeAsync(ServerProfile profile, NodeName name, CancellationToken cancel) =>
        GetAsync(
            RestRequest.One(profile.Slurm("node/") + Uri.EscapeDataString(name.Value)),
            WireJson.Default.NodesAnswer,
            a => Nodes(a)?.Items.FirstOrDefault(n => n.Name == name),
            cancel);

    public Task<Reading<Listing<SlurmPartition>>> PartitionsAsync(
        ServerProfile profile, long updateTime, CancellationToken cancel)
    {
        var request = RestRequest.All(profile.Slurm("partitions/") + Since(updateTime));
        return profile.Partitions45
            ? GetAsync(
                request,
                WireJson.Default.PartitionsAnswer45,
                a => Listing(a, a.Partitions, PartitionTranslation.ToModel),
                cancel)
            : GetAsync(
                request,
                WireJson.Default.PartitionsAnswer,
                a => Listing(a, a.Partitions, PartitionTranslation.ToModel),
                cancel);
    }

    /// <summary>
    /// A job by its id: its record, with that of an array all its tasks that the controller holds, with that of a het
    /// job all its components; Absent when the controller does not know it (any more).
    /// </summary>
    public Task<Reading<ImmutableArray<SlurmJob>>> JobAsync(
        ServerProfile profile, JobId id, CancellationToken cancel) =>
        GetAsync<JobsAnswer, ImmutableArray<SlurmJob>?>(
            RestRequest.One(profile.Slurm($"job/{id}")),
            WireJson.Default.JobsAnswer,
            // One that cannot be read is there: the answer without it would say that it is not.
            a => a.Jobs is null || a.Unread.Count > 0 ? null : [.. a.Jobs.Select(JobTranslation.ToModel)],
            cancel).ContinueMap(jobs => jobs!.Value);

    public Task<Reading<JobStatesAnswer>> JobStatesAsync(ServerProfile profile, CancellationToken cancel) =>
        GetAsync(
            RestRequest.All(profile.Slurm("jobs/state/")),
            WireJson.Default.JobStatesAnswer,
            a => a.Jobs is null ? null : a,
            cancel);

    public Task<Reading<Statistics>> DiagAsync(ServerProfile profile, CancellationToken cancel) =>
        GetAsync(RestRequest.One(profile.Slurm("diag/")), WireJson.Default.DiagAnswer, a => a.Statistics, cancel);

    /// <summary>
    /// Why no controller answers; "" when one does. Cheap and at once, where any other request would wait ten seconds
    /// for a dead slurmctld.
    /// </summary>
    public async Task<string> SilenceAsync(ServerProfile profile, CancellationToken cancel)
    {
        var reading = await GetAsync(
            RestRequest.Ping(profile.Slurm("ping/")), WireJson.Default.PingAnswer, a => a.Pings, cancel);
        if (reading is not Reading<Ping[]>.Known { Value: var pings })
            return reading.Problem;
        if (pings.Any(p => p.Responding))
            return "";
        var first = pings.FirstOrDefault();
        var why = first?.Status ?? first?.Pinged ?? "no controller is named";
        // The one cause that a person can put right here: slurmrestd passes the token on without looking at it.
        return why.Contains("authentication error", StringComparison.OrdinalIgnoreCase)
            ? $"slurmctld {first?.Hostname} refuses Bridge's token ({why}): "
                + "its key must be that of AuthAltParameters=jwt_key"
            : $"slurmctld {first?.Hostname} does not answer slurmrestd: {why}";
    }

    public Task<Reading<ReservationsAnswer>> ReservationsAsync(ServerProfile profile, CancellationToken cancel) =>
        GetAsync(
            RestRequest.All(profile.Slurm("reservations/")),
            WireJson.Default.ReservationsAnswer,
            a => a.Reservations is null ? null : a,
            cancel);

    /// <summary>
    /// Accounting records of these jobs that existed at or after a time. Steps are left out: they are most of the
    /// bytes.
    /// </summary>
    public Task<Reading<ImmutableArray<SlurmJob>>> AccountedAsync(
        ServerProfile profile, IEnumerable<JobId> ids, DateTimeOffset since, CancellationToken cancel)
    {
        // Repeated, not joined by commas: a comma list is HTTP 500 "Unspecified error".
        var query = string.Concat(ids.Select(id => $"&step={id}"));
        var start = since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var path = profile.SlurmDb($"jobs/?skip_steps=true&start_time={start}{query}");
        return GetAsync<AccountedJobsAnswer, ImmutableArray<SlurmJob>?>(
            RestRequest.All(path),
            WireJson.Default.AccountedJobsAnswer,
            a => a.Jobs is null ? null : [.. a.Jobs.Select(JobTranslation.ToModel)],
            cancel).ContinueMap(jobs => jobs!.Value);
    }

    /// <summary>
    /// A write. Warnings are logged: a field that slurmrestd ignores is a bug of ours or a version that differs.
    /// Whether Bridge leads is asked here, after whatever was read first: a process that stood still since then wakes
    /// up here, before its timers tell it that another leads.
    /// </summary>
    public async Task<StepResult> WriteAsync(
        HttpMethod method, string path, byte[]? body, string what, CancellationToken cancel)
    {
        if (!leads())
            return StepResult.Unavailable("Bridge leads no longer; nothing was written");
        var answer = await client.SendAsync(RestRequest.Write(method, path, body), cancel);
        var result = Judge.Write(answer, out var warnings);
        if (warnings.Count > 0)
            log.WriteWarned(what, warnings[0]);
        return result;
    }

    public Task<StepResult> UpdateNodesAsync(ServerProfile profile, NodeUpdate update, CancellationToken cancel)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(update, WireJson.Default.NodeUpdate);
        return WriteAsync(HttpMethod.Post, profile.Slurm("nodes/"), body, "nodes", cancel);
    }

    private async Task<Reading<TOut>> GetAsync<TAnswer, TOut>(
        RestRequest request,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<TAnswer> type,
        Func<TAnswer, TOut?> see,
        CancellationToken cancel)
        where TAnswer : Envelope
    {
        var reading = Judge.Read(await client.SendAsync(request, cancel), type);
        // A slurmrestd without accounting serves none of its paths, in any version.
        if (reading is Reading<TAnswer>.Unknown { Endpoint: true }
            && !request.Path.StartsWith("slurmdb/", StringComparison.Ordinal))
            negotiator.Forget();
        if (reading is not Reading<TAnswer>.Known known)
            return reading.Map(_ => default(TOut)!);
        negotiator.Saw(known.Value.Meta?.Slurm?.Release);
        return see(known.Value) is { } seen
            ? new Reading<TOut>.Known(seen, known.Took)
            : new Reading<TOut>.Unknown("HTTP 200 without errors, but without content either");
    }

    private static Listing<SlurmNode>? Nodes(NodesAnswer answer) =>
        Listing(answer, answer.Nodes, NodeTranslation.ToModel);

    private static Listing<TModel>? Listing<TWire, TModel>(
        Envelope answer, TWire[]? records, Func<TWire, TModel?> translate)
        where TModel : class =>
        records is null
            ? null
            : new Listing<TModel>([.. records.Select(translate).OfType<TModel>()], answer.LastUpdate.OrNull ?? 0,
                answer.Unread);

    private static string Since(long updateTime) =>
        updateTime <= 0 ? "" : "?update_time=" + updateTime.ToString(CultureInfo.InvariantCulture);
}

internal static class ReadingTasks
{
    /// <summary>Maps what a pending reading will know.</summary>
    public static async Task<Reading<TOther>> ContinueMap<T, TOther>(
        this Task<Reading<T>> reading, Func<T, TOther> see) => (await reading).Map(see);
}
