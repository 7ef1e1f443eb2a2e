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
    where T : class, IKubeObject
{
    private static readonly TimeSpan _firstWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A watch that stood this long was a good one, also if nothing happened in it and it broke off in the end.
    /// </summary>
    private static readonly TimeSpan _goodAfter = TimeSpan.FromSeconds(1);

    private readonly KubeClient _client;
    private readonly KubeKind<T> _kind;
    private readonly WatchScope _scope;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _log;
    private readonly Backoff _backoff;
    private readonly ObjectStore<T> _store = new();
    private SourceState _state = SourceState.NotYet;

    /// <summary>resourceVersion to resume from; empty: list.</summary>
    private string _version = "";

    private bool _streamingListRefused;
    private bool _streamingListFailed;

    /// <summary>
    /// A list outlived its continue token: the next one asks for everything at once, else it might never end.
    /// </summary>
    private bool _listWhole;

    /// <param name="client">Who is asked.</param>
    /// <param name="kind">What is kept.</param>
    /// <param name="scope">Which objects of it.</param>
    /// <param name="time">Times waits and silence.</param>
    /// <param name="random">Jitter; used by this informer alone, since Random is not for several threads.</param>
    /// <param name="log">Failures, each once until it works again.</param>
    public Informer(
        KubeClient client, KubeKind<T> kind, WatchScope scope, TimeProvider time, Random random, ILogger log)
    {
        _client = client;
        _kind = kind;
        _scope = scope;
        _time = time;
        _random = random;
        _log = log;
        _backoff = new Backoff(_firstWait, _longestWait, random);
    }

    /// <summary>
    /// The objects as last known; complete once <see cref="State"/> is synced. A new value whenever something changed.
    /// </summary>
    public ImmutableDictionary<ObjectKey, T> Snapshot => _store.Snapshot;

    /// <summary>Since moves only when the source fails or recovers, so that a quiet fleet makes no changes.</summary>
    public SourceState State => Volatile.Read(ref _state);

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
            var began = _time.GetTimestamp();
            try
            {
                await RoundAsync(stop);
                // A watch that ends by itself is normal, unless it always does so at once.
                if (_time.GetElapsedTime(began) < _firstWait)
                    await WaitAsync(null, stop);
                else
                    _backoff.Reset();
            }
            catch (KubeException e)
            {
                // Of a place that the server has forgotten nothing is to be waited for: it is listed again.
                if (_time.GetElapsedTime(began) >= _goodAfter || (e.Failure.Expired && _version.Length > 0))
                    _backoff.Reset();
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
            await Task.Delay(_backoff.Next(atLeast), _time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The caller's loop sees it and ends.
        }
    }

    private async Task RoundAsync(CancellationToken stop)
    {
        if (_version.Length > 0)
        {
            await FollowAsync(_scope.Watch(_kind.Resource, _version, Life()), null, stop);
            return;
        }
        if (!_streamingListRefused && !_streamingListFailed)
        {
            await StreamingListAsync(stop);
            return;
        }
        await ListAsync(stop);
        _streamingListFailed = false;
    }

    private TimeSpan Life() => _client.Limits.WatchLife * (1 + _random.NextDouble());

    private async Task StreamingListAsync(CancellationToken stop)
    {
        try
        {
            _streamingListFailed = true;
            await FollowAsync(_scope.StreamingList(_kind.Resource, Life()), [], stop);
        }
        catch (KubeException e) when (e.Failure is { FromApi: true, Code: 400 or 422 })
        {
            // WatchList is off on this server: KEP-3157 lets it answer 422, and pages always work.
            _streamingListRefused = true;
            Log.StreamingListRefused(_log, _kind.Resource.Plural, e.Message);
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
                listed[item.Metadata.Key()] = item;
            next = page.Metadata.Continue;
        }
        while (next.Length > 0);
        _listWhole = false;
        Synced(listed, version);
    }

    private async Task<KubeList<T>> PageAsync(string next, CancellationToken stop)
    {
        var plural = _kind.Resource.Plural;
        try
        {
            var limit = _listWhole ? 0 : _client.Limits.PageSize;
            var page = await _client.SendAsync(_scope.List(_kind.Resource, limit, next), _kind.List, stop);
            if (!page.Kind.EndsWith("List", StringComparison.Ordinal))
                throw new KubeException($"the API server answered with '{page.Kind}' instead of a list of {plural}");
            return page.Metadata.ResourceVersion.Length > 0
                ? page
                : throw new KubeException($"the API server's list of {plural} has no resourceVersion");
        }
        catch (KubeException e) when (e.Failure.Expired)
        {
            _listWhole = true;
            throw;
        }
    }

    /// <summary>
    /// Reads one watch to its end. With <paramref name="initial"/>, its objects are collected until the marked
    /// bookmark.
    /// </summary>
    private async Task FollowAsync(KubeRequest request, Dictionary<ObjectKey, T>? initial, CancellationToken stop)
    {
        var answer = await _client.OpenAsync(request, stop);
        await using var stream = new WatchStream<T>(
            answer, await answer.Content.ReadAsStreamAsync(stop), _kind.Item, _time);
        if (initial is null)
            Recovered();
        while (await stream.ReadAsync(initial is null ? _client.Limits.WatchSilence : _client.Limits.Request, stop) is
            { } events)
        {
            if (initial is not null)
                initial = Collect(initial, events);
            else
                Take(events);
        }
        if (initial is not null)
            throw new KubeException($"the streaming list of {_kind.Resource.Plural} ended before it was complete");
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
                initial.Remove(found.Metadata.Key());
            else
                initial[found.Metadata.Key()] = found;
        }
        return initial;
    }

    private void Take(IReadOnlyList<WatchEvent<T>> events)
    {
        if (events.Count == 0)
            return;
        var changes = _store.Apply(events);
        if (events.LastOrDefault(e => e.Version.Length > 0) is { Version.Length: > 0 } last)
        {
            _version = last.Version;
            _backoff.Reset();
        }
        if (changes.Count > 0)
            Changed?.Invoke(changes);
        if (events[^1].Failure is { } failure)
            throw new KubeException(failure);
    }

    private void Synced(Dictionary<ObjectKey, T> listed, string version)
    {
        var changes = _store.Replace(listed);
        _version = version;
        _streamingListFailed = false;
        _backoff.Reset();
        Log.Listed(_log, _kind.Resource.Plural, listed.Count);
        SetState(new SourceState(true, _time.GetUtcNow()));
        Changed?.Invoke(changes);
    }

    private void Recovered()
    {
        if (State.Current)
            return;
        Log.WatchResumed(_log, _kind.Resource.Plural);
        SetState(new SourceState(true, _time.GetUtcNow()));
        Changed?.Invoke([]);
    }

    private void Failed(KubeFailure failure)
    {
        if (failure.Expired)
            _version = "";
        var before = State;
        var why = $"{_kind.Resource.Plural}: {failure.Message}";
        if (before.Error == why)
            return;
        Log.ReadFailed(_log, _kind.Resource.Plural, failure.Code, failure.Message);
        SetState(before with { Error = why, Since = before.Current ? _time.GetUtcNow() : before.Since });
        Changed?.Invoke([]);
    }

    private void SetState(SourceState state) => Volatile.Write(ref _state, state);
}
