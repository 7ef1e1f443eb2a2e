using Bridge.Kube.Client;
using Bridge.Kube.Models;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Bridge.Kube.Leases;

/// <summary>
/// Makes one of several Bridges the leader through a Lease (coordination.k8s.io/v1). Expiry is measured on this
/// process's monotonic clock from when it saw the record change, so wall clocks may be wrong or jump. The library's
/// elector counts by the wall clock, ends with the first lost connection and gives no fencing token.
/// </summary>
public sealed class LeaderElector
{
    private readonly LeaseOptions options;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly ILogger log;
    private readonly LeaseStore store;

    private Leadership? current;

    /// <summary>The record as last seen, and since when this process has seen it so.</summary>
    private V1Lease? seen;
    private long seenAt;

    /// <exception cref="ArgumentException">The options contradict each other; every mistake is named.</exception>
    public LeaderElector(KubeClient client, LeaseOptions options, TimeProvider time, Random random, ILogger log)
    {
        if (options.Mistakes() is { Count: > 0 } mistakes)
            throw new ArgumentException(string.Join("; ", mistakes), nameof(options));
        this.options = options;
        this.time = time;
        this.random = random;
        this.log = log;
        // Two tries fit before the deadline even when each runs into its bound.
        store = new LeaseStore(client, Key, options.RenewDeadline / 2 - options.Retry / 2);
    }

    /// <summary>The present term; null while another leads, or nobody provably does.</summary>
    public Leadership? Current => Volatile.Read(ref current) is { Holds: true } term ? term : null;

    public bool IsLeader => Current is not null;

    private ObjectKey Key => new(options.Namespace, options.Name);

    private DateTime Now => LeaseStore.Micro(time.GetUtcNow());

    /// <summary>
    /// Tries to lead until told to stop. For each term, <paramref name="lead"/> runs until it ends; it must end soon
    /// after the term's
    /// <see cref="Leadership.Lost"/> fires, and no new term begins before it has. On an orderly stop the lease is given
    /// up, so that the next Bridge need not wait for it to lapse.
    /// </summary>
    public async Task RunAsync(Func<Leadership, Task> lead, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (await TryAcquireAsync(stop) is { } term)
                await LeadAsync(term, lead, stop);
            else
                await WaitAsync(stop);
        }
    }

    private async Task LeadAsync(Leadership term, Func<Leadership, Task> lead, CancellationToken stop)
    {
        using (term)
        {
            Volatile.Write(ref current, term);
            Log.LeaseAcquired(log, options.Identity, Key.ToString(), term.Token.ToString());
            var leading = lead(term);
            try
            {
                await RenewUntilLostAsync(term, leading, stop);
            }
            finally
            {
                term.End();
                Volatile.Write(ref current, null);
                await leading;
            }
            await ReleaseAsync(term);
        }
    }

    private async Task RenewUntilLostAsync(Leadership term, Task leading, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, term.Lost);
        while (!ended.IsCancellationRequested && !leading.IsCompleted)
        {
            await WaitAsync(ended.Token);
            if (!ended.IsCancellationRequested && await RenewAsync(term, ended.Token) is { } why)
            {
                Log.LeaseLost(log, options.Identity, Key.ToString(), why);
                return;
            }
        }
        if (term.Lost.IsCancellationRequested)
            Log.LeaseLost(log, options.Identity, Key.ToString(), "it could not be renewed in time");
    }

    /// <summary>
    /// Null: renewed, or nothing is known and the term's own clock decides. Else why the term is over.
    /// </summary>
    private async Task<string?> RenewAsync(Leadership term, CancellationToken cancel)
    {
        try
        {
            var sentAt = time.GetTimestamp();
            if (await store.WriteAsync(Mine(seen!, seen!.Spec.AcquireTime, term.Token.Transitions), cancel) is
                { } renewed)
            {
                Saw(renewed);
                return term.Prove(sentAt) ? null : "the renewal came too late";
            }
            // Somebody wrote in between: perhaps our own renewal, whose answer was lost.
            if (await store.ReadAsync(cancel) is not { } found)
                return "somebody deleted it";
            Saw(found);
            return IsOf(found, term.Token) ? null : $"'{found.Spec.HolderIdentity}' holds it";
        }
        catch (KubeException e)
        {
            Log.LeaseUnanswered(log, options.Identity, Key.ToString(), e.Message);
            return null;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<Leadership?> TryAcquireAsync(CancellationToken stop)
    {
        try
        {
            var found = await store.ReadAsync(stop);
            if (found is not null)
                Saw(found);
            if (found is not null && !Free(found))
                return null;
            // Who saw a lease that was deleted goes on counting: the next one may be made in the same second.
            var transitions = ((found ?? seen)?.Spec.LeaseTransitions ?? 0) + 1;
            var sentAt = time.GetTimestamp();
            var written = await store.WriteAsync(Mine(found ?? Fresh(), Now, transitions), stop);
            if (written is null)
                return null;
            Saw(written);
            return new Leadership(
                new FencingToken(options.Identity, LeaseStore.Created(written), transitions), options, time, sentAt);
        }
        catch (KubeException e)
        {
            Log.LeaseUnanswered(log, options.Identity, Key.ToString(), e.Message);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    // The holder's own duration counts: it may run with other options.
    private bool Free(V1Lease lease) =>
        string.IsNullOrEmpty(lease.Spec.HolderIdentity)
        || time.GetElapsedTime(seenAt) >= TimeSpan.FromSeconds(Math.Max(1, lease.Spec.LeaseDurationSeconds ?? 1));

    private static bool IsOf(V1Lease lease, FencingToken token) =>
        new FencingToken(lease.Spec.HolderIdentity ?? "", LeaseStore.Created(lease), lease.Spec.LeaseTransitions ?? 0)
            == token;

    private void Saw(V1Lease lease)
    {
        if (seen?.Metadata.ResourceVersion != lease.Metadata.ResourceVersion)
            seenAt = time.GetTimestamp();
        var holder = lease.Spec.HolderIdentity ?? "";
        if (holder.Length > 0 && holder != options.Identity && holder != seen?.Spec.HolderIdentity)
            Log.LeaseHeldByOther(log, Key.ToString(), holder, options.Identity);
        seen = lease;
    }

    private V1Lease Fresh() => new()
    {
        ApiVersion = $"{V1Lease.KubeGroup}/{V1Lease.KubeApiVersion}",
        Kind = V1Lease.KubeKind,
        Metadata = new V1ObjectMeta { Name = options.Name, NamespaceProperty = options.Namespace },
        Spec = new V1LeaseSpec(),
    };

    private V1Lease Mine(V1Lease basis, DateTime? acquired, int transitions) => basis with
    {
        Spec = basis.Spec with
        {
            HolderIdentity = options.Identity,
            LeaseDurationSeconds = (int)options.Duration.TotalSeconds,
            AcquireTime = acquired,
            RenewTime = Now,
            LeaseTransitions = transitions,
        },
    };

    // The caller's token has fired by now and would only keep the lease from being given up; the store bounds each
    // request by itself.
    private async Task ReleaseAsync(Leadership term)
    {
        try
        {
            var found = await store.ReadAsync(CancellationToken.None);
            if (found is null || !IsOf(found, term.Token))
                return;
            var free = found with
                { Spec = found.Spec with
                { HolderIdentity = "", LeaseDurationSeconds = 1, RenewTime = Now } };
            if (await store.WriteAsync(free, CancellationToken.None) is not null)
                Log.LeaseReleased(log, options.Identity, Key.ToString());
        }
        catch (KubeException e)
        {
            Log.LeaseUnanswered(log, options.Identity, Key.ToString(), e.Message);
        }
    }

    private async Task WaitAsync(CancellationToken cancel)
    {
        try
        {
            await Task.Delay(options.Retry * (1 + random.NextDouble() / 5), time, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The caller looks at its tokens.
        }
    }
}
