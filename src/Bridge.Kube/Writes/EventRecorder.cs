using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Bridge.Control;
using Bridge.Core.Names;
using Bridge.Kube.Models;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Bridge.Kube.Writes;

/// <summary>
/// Records core/v1 Events, one after the other. The same words about the same object within ten minutes raise the count
/// of one Event. Best effort: a failure is logged, and so is what comes faster than it can be sent.
/// </summary>
public sealed class EventRecorder(KubeWriter writer, TimeProvider time, ILogger log)
{
    /// <summary>The first nodes of a large fleet bring tens of thousands at once; client-go keeps as many.</summary>
    public const int MostWaiting = 1000;

    private const int MostRemembered = 1024;
    private const int LongestMessage = 1024;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly Dictionary<Told, Written> written = [];
    private readonly Channel<Waiting> waiting = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true });

    private int dropped;

    /// <summary>Returns at once; <see cref="RunAsync"/> sends.</summary>
    /// <param name="about">The object that the Event is shown on.</param>
    /// <param name="apiVersion">Of that object's kind.</param>
    /// <param name="warning">Warning or Normal.</param>
    /// <param name="said">Reason, one CamelCase word, and the message, one sentence.</param>
    public void Record(ObjectRef about, string apiVersion, bool warning, (string Reason, string Message) said)
    {
        var message = said.Message.Length <= LongestMessage ? said.Message : said.Message[..LongestMessage];
        var told = new Told(about, warning, said.Reason, message);
        if (!waiting.Writer.TryWrite(new Waiting(told, apiVersion, time.GetUtcNow())))
            Interlocked.Increment(ref dropped);
    }

    /// <summary>Sends what is recorded until told to stop; what still waits then is not sent.</summary>
    /// <exception cref="OperationCanceledException">Told to stop.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await SendAsync(await waiting.Reader.ReadAsync(stop), stop);
            // One line for a whole burst, once it is over.
            if (waiting.Reader.Count == 0 && Interlocked.Exchange(ref dropped, 0) is > 0 and var lost)
                Log.EventsDropped(log, lost, MostWaiting);
        }
    }

    private async Task SendAsync(Waiting next, CancellationToken stop)
    {
        var (told, apiVersion, at) = next;
        var result = StepResult.Gone;
        if (Repeated(told, at) is { } again)
            result = await RaiseAsync(again, at, stop);
        if (result is StepResult.GoneResult)
            result = await CreateAsync(told, apiVersion, at, stop);
        if (result is not StepResult.DoneResult)
            Log.EventLost(log, told.Reason, told.About.ToString(), result.ToString());
    }

    private Written? Repeated(Told told, DateTimeOffset now)
    {
        if (!written.TryGetValue(told, out var known) || now - known.Last > Window)
            return null;
        return written[told] = known with { Count = known.Count + 1, Last = now };
    }

    private Task<StepResult> RaiseAsync(Written again, DateTimeOffset now, CancellationToken cancel) =>
        writer.MergeAsync(
        new WriteTarget(KubeKinds.Events.Resource, again.Key),
        new JsonObject { ["count"] = again.Count, ["lastTimestamp"] = Seconds(now) },
        "",
        cancel);

    private async Task<StepResult> CreateAsync(
        Told told, string apiVersion, DateTimeOffset now, CancellationToken cancel)
    {
        // Events about cluster-scoped objects live in "default"; the time makes the name unique, as client-go does it.
        var about = told.About;
        var ns = about.Namespace.Length > 0 ? about.Namespace : "default";
        var name = $"{about.Name}.{now.UtcTicks.ToString("x", CultureInfo.InvariantCulture)}";
        var body = Body(told, apiVersion, new ObjectKey(ns, name), now);
        var result = await writer.CreateAsync(
            body,
            (api, c) => api.CoreV1.CreateNamespacedEventAsync(
                body, ns, fieldManager: WellKnown.FieldManager, cancellationToken: c),
            cancel);
        if (result is StepResult.DoneResult)
            Remember(told, new Written(new ObjectKey(ns, name), 1, now));
        return result;
    }

    private void Remember(Told told, Written written)
    {
        if (this.written.Count >= MostRemembered)
        {
            foreach (var old in this.written.OrderBy(w => w.Value.Last).Take(MostRemembered / 2).Select(w => w.Key)
                .ToList())
                this.written.Remove(old);
        }
        this.written[told] = written;
    }

    private static Corev1Event Body(Told told, string apiVersion, ObjectKey key, DateTimeOffset now) => new()
    {
        ApiVersion = Corev1Event.KubeApiVersion,
        Kind = Corev1Event.KubeKind,
        Metadata = new V1ObjectMeta { Name = key.Name, NamespaceProperty = key.Namespace },
        InvolvedObject = new V1ObjectReference
        {
            ApiVersion = apiVersion,
            Kind = told.About.Kind,
            NamespaceProperty = told.About.Namespace,
            Name = told.About.Name,
            Uid = told.About.Uid,
        },
        Reason = told.Reason,
        Message = told.Message,
        Type = told.Warning ? "Warning" : "Normal",
        Count = 1,
        FirstTimestamp = now.UtcDateTime,
        LastTimestamp = now.UtcDateTime,
        Source = new V1EventSource { Component = WellKnown.FieldManager },
        ReportingComponent = WellKnown.FieldManager,
    };

    /// <summary>metav1.Time has whole seconds.</summary>
    internal static string Seconds(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private sealed record Told(ObjectRef About, bool Warning, string Reason, string Message);

    private sealed record Waiting(Told Told, string ApiVersion, DateTimeOffset At);

    private sealed record Written(ObjectKey Key, int Count, DateTimeOffset Last);
}
