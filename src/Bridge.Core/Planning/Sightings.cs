using Bridge.Core.Names;

namespace Bridge.Core.Planning;

/// <summary>
/// When Bridge first saw something of a node, by its own clock: the times that kubelets and slurmctld write may be off
/// by minutes. What one plan does not ask for is forgotten, so what ends and comes again is new.
/// </summary>
public sealed class Sightings
{
    private Dictionary<(NodeName Node, string What), DateTimeOffset> known = [];
    private Dictionary<(NodeName Node, string What), DateTimeOffset> seen = [];

    /// <summary>When this was first seen in an unbroken row of plans; <paramref name="now"/> when it is new.</summary>
    public DateTimeOffset Since(NodeName node, string what, DateTimeOffset now)
    {
        if (!known.TryGetValue((node, what), out var since) || since > now)
            since = now;
        return seen[(node, what)] = since;
    }

    /// <summary>Ends a plan: what it did not ask for is gone.</summary>
    internal void Forget() => (known, seen) = (seen, known.Count == 0 ? known : []);
}
