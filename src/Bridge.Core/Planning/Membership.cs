using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>Sentences about what keeps Kubernetes nodes out of a pool, by pool name.</summary>
public sealed class MembershipProblems
{
    private readonly Dictionary<string, List<string>> byPool = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Of(string pool) => byPool.TryGetValue(pool, out var found) ? found : [];

    internal void Add(string pool, string sentence)
    {
        if (!byPool.TryGetValue(pool, out var sentences))
            byPool[pool] = sentences = [];
        sentences.Add(sentence);
    }
}

/// <summary>
/// Which Kubernetes node belongs to which pool, under which Slurm name. A collision is a problem of the pool, never a
/// rename.
/// </summary>
public static class Membership
{
    public static (IReadOnlyDictionary<NodeName, Member> Members, MembershipProblems Problems) Resolve(
        ClusterView view) =>
        Resolve(view, null);

    /// <param name="view">What is seen.</param>
    /// <param name="last">What was known of the same cluster and pools: a node that is as it was is not described
    /// again.</param>
    internal static (IReadOnlyDictionary<NodeName, Member> Members, MembershipProblems Problems) Resolve(
        ClusterView view, KubeSide? last)
    {
        var members = new Dictionary<NodeName, Member>();
        var problems = new MembershipProblems();
        // Every node of a cluster that is deleted leaves it.
        var pools = view.Cluster.Deleting ? [] : view.Kube.Pools
            .Where(p => p.Ref.Namespace == view.Cluster.Ref.Namespace && p.Spec.Cluster == view.Cluster.Ref.Name
                && !p.Deleting)
            .OrderBy(p => p.Ref.Name, StringComparer.Ordinal)
            .ToImmutableArray();
        if (pools.IsEmpty)
            return (members, problems);
        foreach (var node in view.Kube.Nodes.Values.OrderBy(n => n.Name, StringComparer.Ordinal))
            if (Place(node, pools, members, problems) is { } placed)
                members[placed.Name] = last?.Known(placed.Name, node, placed.Pool, view.Kube.DevicesOf(node.Name))
                    ?? Bulkhead.Try(
                        () => Describe(view, node, placed.Pool, placed.Name),
                        failure => new Member(node, placed.Pool, null, failure)
                        {
                            Devices = view.Kube.DevicesOf(node.Name),
                        });
        return (members, problems);
    }

    private static Member Describe(ClusterView view, KubeNode node, NodePool pool, NodeName name)
    {
        var member = DesiredNodes.Describe(view, node, pool);
        if (member.Desired is not { } desired)
            return member;
        member = member with { ClaimName = SlurmdPods.ClaimName(name, desired) };
        return member with { SpecHash = SlurmdPods.SpecHash(view.Cluster.Spec, member, name) };
    }

    private static (NodeName Name, NodePool Pool)? Place(
        KubeNode node, ImmutableArray<NodePool> pools, Dictionary<NodeName, Member> members,
        MembershipProblems problems)
    {
        if (node.Deleting || node.Labels.ContainsKey(WellKnown.SlinkyExternalNodeLabel))
            return null;
        NodePool? taken = null;
        foreach (var pool in pools)
        {
            if (!Selects(pool.Spec.NodeSelector, node))
                continue;
            if (taken is null)
                taken = pool;
            else
                problems.Add(pool.Ref.Name, $"node {node.Name} also matches pool {taken.Ref.Name}, which keeps it; "
                    + "narrow one nodeSelector");
        }
        if (taken is null)
            return null;
        var name = SlurmNameOf(node);
        if (!NodeName.IsValid(name))
            problems.Add(taken.Ref.Name,
                $"node {node.Name} would be called '{name}' in Slurm, which is no node name; set label "
                    + $"{WellKnown.SlurmNodeLabel}");
        else if (members.TryGetValue(new NodeName(name), out var other))
            problems.Add(taken.Ref.Name,
                $"nodes {other.Node.Name} and {node.Name} would both be called {name} in Slurm; set label "
                    + $"{WellKnown.SlurmNodeLabel} on one");
        else
            return (new NodeName(name), taken);
        return null;
    }

    /// <summary>
    /// Bridge's label, then Slinky's label, then Slinky's annotation, then the first label of the node's own name.
    /// </summary>
    public static string SlurmNameOf(KubeNode node) =>
        node.Labels.GetValueOrDefault(WellKnown.SlurmNodeLabel)
        ?? node.Labels.GetValueOrDefault(WellKnown.SlinkySlurmNodeLabel)
        ?? node.Annotations.GetValueOrDefault(WellKnown.SlinkyHostnameAnnotation)
        ?? NodeName.FromKube(node.Name).Value;

    /// <summary>
    /// metav1.LabelSelector, except that an empty one selects nothing: no pool swallows a cluster by an omission.
    /// </summary>
    public static bool Selects(NodeSelector selector, KubeNode node)
    {
        if (selector.MatchLabels.IsEmpty && selector.MatchExpressions.IsEmpty)
            return false;
        foreach (var (key, value) in selector.MatchLabels)
            if (!node.Labels.TryGetValue(key, out var actual) || actual != value)
                return false;
        foreach (var requirement in selector.MatchExpressions)
            if (!Satisfies(requirement, node))
                return false;
        return true;
    }

    private static bool Satisfies(LabelRequirement requirement, KubeNode node)
    {
        var has = node.Labels.TryGetValue(requirement.Key, out var value);
        return requirement.Operator switch
        {
            "In" => has && requirement.Values.Contains(value!),
            "NotIn" => !has || !requirement.Values.Contains(value!),
            "Exists" => has,
            "DoesNotExist" => !has,
            _ => false,
        };
    }
}
