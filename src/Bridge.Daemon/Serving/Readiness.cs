using System.Text;

namespace Bridge.Daemon.Serving;

/// <summary>How one part of the daemon stands.</summary>
public enum PartState
{
    /// <summary>It does what it is for.</summary>
    Ready,

    /// <summary>
    /// A neighbour's fault, which every other replica meets as well: it is told, and requests still come here, for
    /// they would fare no better elsewhere.
    /// </summary>
    Degraded,

    /// <summary>Not yet: another replica may be ready, so requests should go there.</summary>
    NotReady,
}

/// <summary>One line of /readyz.</summary>
/// <param name="Name">kubernetes, slurm/NAME, job-api-trust, hooks, ledger, leader.</param>
/// <param name="State">Whether requests should come here.</param>
/// <param name="Why">One sentence, without a final period.</param>
public sealed record Part(string Name, PartState State, string Why);

/// <summary>Looks at some parts of the daemon. Called for each request: answers at once.</summary>
public delegate IEnumerable<Part> PartsNow();

/// <summary>What is ready and what is not, and why.</summary>
public sealed class Readiness(IEnumerable<PartsNow> looks)
{
    public IReadOnlyList<Part> Parts() => [.. looks.SelectMany(look => look())];

    /// <summary>The body of /readyz, and whether its status is 200.</summary>
    public static string Render(IReadOnlyList<Part> parts, out bool ready)
    {
        ready = parts.All(p => p.State is not PartState.NotReady);
        var text = new StringBuilder();
        foreach (var part in parts)
            text.Append(part.State switch { PartState.Ready => "[+]", PartState.Degraded => "[!]", _ => "[-]" })
                .Append(part.Name).Append(": ").Append(part.Why).Append('\n');
        return text.Append(ready ? "ready" : "not ready").Append('\n').ToString();
    }
}
