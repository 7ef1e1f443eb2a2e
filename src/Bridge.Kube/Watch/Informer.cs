using System.Collections.Immutable;
using Bridge.Core.View;
using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Microsoft.Extensions.Logging;

namespace Bridge.Kube.Watch;

/// <summary>
/// Keeps a snapshot of one kind: lists (streaming, or in pages), watches, resumes where a watch broke off, and lists
/// again when the server has forgotten that place. While it cannot read, the snapshot stays and <see cref="State"/>
/// says why: unknown is not absent.
/// </summary>
public sealed class Informer<T>
    where T : class
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A watch that stood this long was a good one, also if nothing happened in it and it broke off in the end.
    /// </summary>
    private static readonly TimeSpan GoodAfter = TimeSpan.FromSeconds(1);

    private readonly KubeClient client;
    private readonly KubeKind<T> kind;
    private readonly WatchScope scope;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly ILogger log;
    private readonly Backoff backoff;
    private readonly InformerStore<T> store = new();
    private SourceState state = SourceState.NotYet;

    /// <summary>resourceVersion to resume from; empty: list.</summary>
    private string version = "";

    private bool streamingListRefused;
    private bool streamingListFailed;

    /// <summary>
    /// A list outlived its continue token: the next one asks for everything at once, else it might never end.
    /// </summary>
    private bool listWhole;

    /// <param name="client">Who is asked.</param>
    /// <param name="kind">What is kept.</param>
    /// <param name="scope">Which objects of it.</param>
    /// <param name="time">Times waits and silence.</param>
    /// <param name="random">Jitter; used by this informer alone, since Random is not for several threads.</param>
    /// <param name="log">Failures, each once until it works again.</param>
    public Informer(
        KubeClient client, KubeKind<T> kind, WatchScope scope, TimeProvider time, Random random, ILogger log)
    {
        this.client = client;
        this.kind = kind;
        this.scope = scope;
        this.time = time;
        this.random = random;
        this.log = log;
        backoff = new Backoff(FirstWait, LongestWait, random);
    }

    /// <summary>
    /// The objects as last known; complete once <see cref="State"/> is synced. A new value whenever something changed.
    /// </summary>
    public ImmutableDictionary<ObjectKey, T> Snapshot => store.Snapshot;

    /// <summary>Since moves only when the source fails or recovers, so that a quiet fleet makes no changes.</summary>
    public SourceState State => Volatile.Read(ref state);

    /// <summary>
    /// Raised with what changed, after <see cref="Snapshot"/> has; an empty list means that only <see cref="State"/>
    /// did. Handlers run on the informer's own flow, one at a time: they return at once and do not throw.
    /// </summary>
    public event Action<IReadOnlyList<ObjectChange<T>>>? Changed;

    /// <summary>Runs until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            try
            {
                await RoundAsync(stop);
                // A watch that ends by itself is normal, unless it always does so at once.
                if (time.GetElapsedTime(began) < FirstWait)
                    await WaitAsync(null, stop);
                else
                    backoff.Reset();
            }
            catch (KubeException e)
            {
                // Of a place that the server has forgotten nothing is to be waited for: it is listed again.
                if (time.GetElapsedTime(began) >= GoodAfter || (e.Failure.Expired && version.Length > 0))
                    backoff.Reset();
                Failed(e.Failure);
                await WaitAsync(e.Failure.After, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task WaitAsync(TimeSpan? atLeast, CancellationToken stop)
    {
        try
        {
            await Task.Delay(backoff.Next(atLeast), time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The caller's loop sees it and ends.
        }
    }

    private async Task RoundAsync(CancellationToken stop)
    {
        if (version.Length > 0)
        {
            await FollowAsync(scope.Watch(kind.Resource, version, Life()), null, stop);
            return;
        }
        if (!streamingListRefused && !streamingListFailed)
        {
            await StreamingListAsync(stop);
            return;
        }
        await ListAsync(stop);
        streamingListFailed = false;
    }

    private TimeSpan Life() => client.Limits.WatchLife * (1 + random.NextDouble());

    private async Task StreamingListAsync(CancellationToken stop)
    {
        try
        {
            streamingListFailed = true;
            await FollowAsync(scope.StreamingList(kind.Resource, Life()), [], stop);
        }
        catch (KubeException e) when (e.Failure is { FromApi: true, Code: 400 or 422 })
        {
            // WatchList is off on this server: KEP-3157 lets it answer 422, and pages always work.
            streamingListRefused = true;
            Log.StreamingListRefused(log, kind.Resource.Plural, e.Message);
        }
    }

    private async Task ListAsync(CancellationToken stop)
    {
        var listed = new Dictionary<ObjectKey, T>();
        var next = "";
        string version;
        do
        {
            var page = await PageAsync(next, stop);
            version = page.Metadata.ResourceVersion;
            foreach (var item in page.Items ?? [])
                listed[ObjectIdentity.Of(item).Key] = item;
            next = page.Metadata.Continue;
        }
        while (next.Length > 0);
        listWhole = false;
        Synced(listed, version);
    }

    private async Task<KubeList<T>> PageAsync(string next, CancellationToken stop)
    {
        var plural = kind.Resource.Plural;
        try
        {
            var limit = listWhole ? 0 : client.Limits.PageSize;
            var page = await client.SendAsync(scope.List(kind.Resource, limit, next), kind.List, stop);
            if (!page.Kind.EndsWith("List", StringComparison.Ordinal))
                throw new KubeException($"the API server answered with '{page.Kind}' instead of a list of {plural}");
            return page.Metadata.ResourceVersion.Length > 0
                ? page
                : throw new KubeException($"the API server's list of {plural} has no resourceVersion");
        }
        catch (KubeException e) when (e.Failure.Expired)
        {
            listWhole = true;
            throw;
        }
    }

    /// <summary>
    /// Reads one watch to its end. With <paramref name="initial"/>, its objects are collected until the marked
    /// bookmark.
    /// </summary>
    private async Task FollowAsync(KubeRequest request, Dictionary<ObjectKey, T>? initial, CancellationToken stop)
    {
        var answer = await client.OpenAsync(request, stop);
        await using var stream = new WatchStream<T>(
            answer, await answer.Content.ReadAsStreamAsync(stop), kind.Item, time);
        if (initial is null)
            Recovered();
        while (await stream.ReadAsync(initial is null ? client.Limits.WatchSilence : client.Limits.Request, stop) is
            { } events)
        {
            if (initial is not null)
                initial = Collect(initial, events);
            else
                Take(events);
        }
        if (initial is not null)
            throw new KubeException($"the streaming list of {kind.Resource.Plural} ended before it was complete");
    }

    private Dictionary<ObjectKey, T>? Collect(Dictionary<ObjectKey, T> initial, IReadOnlyList<WatchEvent<T>> events)
    {
        for (var i = 0; i < events.Count; i++)
        {
            var happened = events[i];
            if (happened.Failure is { } failure)
                throw new KubeException(failure);
            if (happened.InitialEnd)
            {
                Synced(initial, happened.Version);
                Take([.. events.Skip(i + 1)]);
                return null;
            }
            if (happened.Object is not { } found)
                continue;
            if (happened.Type == WatchEventType.Deleted)
                initial.Remove(ObjectIdentity.Of(found).Key);
            else
                initial[ObjectIdentity.Of(found).Key] = found;
        }
        return initial;
    }

    private void Take(IReadOnlyList<WatchEvent<T>> events)
    {
        if (events.Count == 0)
            return;
        var changes = store.Apply(events);
        if (events.LastOrDefault(e => e.Version.Length > 0) is { Version.Length: > 0 } last)
        {
            version = last.Version;
            backoff.Reset();
        }
        if (changes.Count > 0)
            Changed?.Invoke(changes);
        if (events[^1].Failure is { } failure)
            throw new KubeException(failure);
    }

    private void Synced(Dictionary<ObjectKey, T> listed, string version)
    {
        var changes = store.Replace(listed);
        this.version = version;
        streamingListFailed = false;
        backoff.Reset();
        Log.Listed(log, kind.Resource.Plural, listed.Count);
        WatchMetrics.Listed(kind.Resource.Plural);
        SetState(new SourceState(true, time.GetUtcNow()));
        Changed?.Invoke(changes);
    }

    private void Recovered()
    {
        if (State.Current)
            return;
        Log.WatchResumed(log, kind.Resource.Plural);
        SetState(new SourceState(true, time.GetUtcNow()));
        Changed?.Invoke([]);
    }

    private void Failed(KubeFailure failure)
    {
        if (failure.Expired)
            version = "";
        WatchMetrics.Failed(kind.Resource.Plural);
        var before = State;
        var why = $"{kind.Resource.Plural}: {failure.Message}";
        if (before.Error == why)
            return;
        Log.ReadFailed(log, kind.Resource.Plural, failure.Code, failure.Message);
        SetState(before with { Error = why, Since = before.Current ? time.GetUtcNow() : before.Since });
        Changed?.Invoke([]);
    }

    private void SetState(SourceState state) => Volatile.Write(ref this.state, state);
}
