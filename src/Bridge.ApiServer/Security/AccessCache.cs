namespace Bridge.ApiServer.Security;

/// <summary>
/// Remembers for a short while what an authorizer decided, so that a client which asks often is not asked about as
/// often; questions that are under way are asked once. What could not be decided is not remembered.
/// </summary>
/// <param name="ask">The authorizer.</param>
/// <param name="time">Tells when an answer lapses.</param>
/// <param name="most">So many answers are kept; when they are more, all are forgotten.</param>
public sealed class AccessCache(Authorize ask, TimeProvider time, int most = 4_096)
{
    /// <summary>How long a right that was taken away may still be used.</summary>
    public static readonly TimeSpan AllowedFor = TimeSpan.FromSeconds(10);

    /// <summary>Shorter: who was just given a right waits for it.</summary>
    public static readonly TimeSpan DeniedFor = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (AccessDecision Decision, long At)> decided = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task<AccessDecision>> asked = new(StringComparer.Ordinal);

    public async ValueTask<AccessDecision> AuthorizeAsync(AccessRequest request, CancellationToken cancel)
    {
        var key = KeyOf(request);
        Task<AccessDecision>? asking;
        lock (gate)
        {
            if (decided.TryGetValue(key, out var known) && Holds(known.Decision, known.At))
                return known.Decision;
            if (!asked.TryGetValue(key, out asking))
                // Not by the first caller's token: others wait for the same answer. The authorizer has its own bound.
                asked[key] = asking = AskAsync(key, request);
        }
        return await asking.WaitAsync(cancel);
    }

    private async Task<AccessDecision> AskAsync(string key, AccessRequest request)
    {
        await Task.Yield(); // Nothing of the authorizer runs under the caller's lock.
        try
        {
            var decision = await ask(request, CancellationToken.None);
            if (decision.Verdict is not AccessVerdict.Unknown)
                Keep(key, decision);
            return decision;
        }
        finally
        {
            lock (gate)
                asked.Remove(key);
        }
    }

    private void Keep(string key, AccessDecision decision)
    {
        lock (gate)
        {
            if (decided.Count >= most)
                decided.Clear();
            decided[key] = (decision, time.GetTimestamp());
        }
    }

    private bool Holds(AccessDecision decision, long at) =>
        time.GetElapsedTime(at) < (decision.Verdict is AccessVerdict.Allowed ? AllowedFor : DeniedFor);

    // All that the authorizer is told. Lengths keep two lists from looking like one.
    private static string KeyOf(AccessRequest request)
    {
        var user = request.User;
        List<string> parts = [request.Verb, request.Group, request.Resource, request.Namespace, request.Name,
            user.Name, user.Uid, $"{user.Groups.Count}", .. user.Groups];
        foreach (var (name, values) in user.Extra.OrderBy(e => e.Key, StringComparer.Ordinal))
            parts.AddRange([name, $"{values.Count}", .. values]);
        return string.Concat(parts.Select(p => $"{p.Length}:{p}"));
    }
}
