using System.Collections.Immutable;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;

namespace Bridge.Core.Planning;

/// <summary>The system that a step writes to.</summary>
public enum Plane
{
    Kubernetes,
    Slurm,
}

/// <summary>
/// One thing to do, with what it expects to find. <see cref="Why"/> is one sentence, written once: it becomes the log
/// line, the
/// Kubernetes Event, the ledger row and the output of `bridge plan`.
/// </summary>
/// <param name="About">The Kubernetes object that the Event is recorded on.</param>
/// <param name="Why">The reason, as an administrator would say it.</param>
public abstract record Step(ObjectRef About, string Why)
{
    /// <summary>Steps of one key never run at once, and one key's failure delays only itself.</summary>
    public abstract string Key { get; }

    /// <summary>Whom it asks: who leaves steps unanswered is left alone for a while.</summary>
    public abstract Plane Plane { get; }

    /// <summary>Whether it only writes down what is known (a status, a condition) and changes nothing else.</summary>
    public virtual bool Bookkeeping => false;

    /// <summary>Reason of its Kubernetes Event, one CamelCase word; "" for what is no news.</summary>
    public virtual string EventReason => Bookkeeping ? "" : GetType().Name;
}

/// <summary>Make the ResourceClaim through which a slurmd pod will own its GPUs.</summary>
public sealed record CreateClaim(ObjectRef About, string Why, ClaimSpec Claim) : Step(About, Why)
{
    public override string Key => $"node/{Claim.SlurmNode}";

    public override Plane Plane => Plane.Kubernetes;
}

/// <summary>Make the slurmd pod of a node. Its name is fixed by the node, so a second one cannot exist.</summary>
public sealed record CreatePod(ObjectRef About, string Why, SlurmdPodSpec Pod) : Step(About, Why)
{
    public override string Key => $"node/{Pod.SlurmNode}";

    public override Plane Plane => Plane.Kubernetes;
}

/// <summary>End a slurmd pod; only the one with this uid.</summary>
public sealed record DeletePod(
    ObjectRef About, string Why, NodeName SlurmNode, string Namespace, string Name, string Uid)
    : Step(About, Why)
{
    /// <summary>
    /// Whether its slurmd may still live, so that a job could die with it: Slurm is asked again right before. False
    /// also where an administrator has said that no job matters (<see cref="WellKnown.AbandonAnnotation"/>).
    /// </summary>
    public bool EndsWork { get; init; }

    /// <summary>
    /// Why the node was kept from work when it was planned, as Slurm's reason; null when Slurm had no record of it.
    /// </summary>
    public string? HeldFor { get; init; }

    public override string Key => $"node/{SlurmNode}";

    public override Plane Plane => Plane.Kubernetes;
}

/// <summary>Delete a ResourceClaim that no pod uses any more; only the one with this uid.</summary>
public sealed record DeleteClaim(
    ObjectRef About, string Why, NodeName SlurmNode, string Namespace, string Name, string Uid)
    : Step(About, Why)
{
    public override string Key => $"node/{SlurmNode}";

    public override Plane Plane => Plane.Kubernetes;
}

/// <summary>
/// Drain nodes in Slurm with one reason; each must still be undrained, or drained by Bridge, when the step runs.
/// </summary>
public sealed record DrainNodes(ObjectRef About, string Why, ImmutableArray<NodeName> Nodes, string Reason)
    : Step(About, Why)
{
    public override string Key => $"drain/{Reason}";

    public override Plane Plane => Plane.Slurm;
}

/// <summary>
/// Resume nodes in Slurm whose reason is still exactly this one, of Bridge's or of slurmctld itself.
/// </summary>
public sealed record ResumeNodes(ObjectRef About, string Why, ImmutableArray<NodeName> Nodes, string ExpectedReason)
    : Step(About, Why)
{
    /// <summary>
    /// Whether they are DOWN by slurmctld itself and answer; else a DOWN node stays so until its slurmd comes.
    /// </summary>
    public bool Down { get; init; }

    public override string Key => $"resume/{ExpectedReason}";

    public override Plane Plane => Plane.Slurm;
}

/// <summary>
/// Set what a registration does not carry, or what has changed since, on some nodes: back-reference, weight, features.
/// </summary>
public sealed record TagNodes(ObjectRef About, string Why, ImmutableArray<NodeTag> Tags) : Step(About, Why)
{
    public override string Key => KeyOf(Tags[0].Node);

    public override Plane Plane => Plane.Slurm;

    /// <summary>Key of a step whose first node it is.</summary>
    public static string KeyOf(NodeName first) => $"tag/{first}";
}

/// <summary>Fields of one Slurm node that Bridge owns. Null is "leave alone".</summary>
/// <param name="Node">The node.</param>
/// <param name="Seen">Extra as the plan saw it; with another one it is another slurmd's by now.</param>
/// <param name="Extra">The back-reference.</param>
/// <param name="Weight">Its weight.</param>
/// <param name="Features">Of which only those of Bridge are written.</param>
public sealed record NodeTag(
    NodeName Node, string Seen, string? Extra, int? Weight, ImmutableArray<string>? Features)
{
    /// <summary>What of it is written, in words.</summary>
    public string What { get; init; } = "";
}

/// <summary>Delete node records in Slurm; refused when a job still refers to one.</summary>
public sealed record DeleteSlurmNodes(ObjectRef About, string Why, ImmutableArray<NodeName> Nodes) : Step(About, Why)
{
    /// <summary>
    /// Why they were kept from work when it was planned, as Slurm's reason; null where that says nothing.
    /// </summary>
    public string? HeldFor { get; init; }

    public override string Key => $"node/{Nodes[0]}";

    public override Plane Plane => Plane.Slurm;
}

/// <summary>Create or change a partition: the whole of what Bridge wants of it.</summary>
public sealed record PutPartition(ObjectRef About, string Why, SlurmPartition Partition) : Step(About, Why)
{
    /// <summary>The partition as the plan saw it; null: there was none.</summary>
    public SlurmPartition? Seen { get; init; }

    public override string Key => $"partition/{Partition.Name}";

    public override Plane Plane => Plane.Slurm;
}

/// <summary>Delete a partition that Bridge made; refused while a job names it.</summary>
public sealed record DeletePartition(ObjectRef About, string Why, PartitionName Partition) : Step(About, Why)
{
    public override string Key => $"partition/{Partition}";

    public override Plane Plane => Plane.Slurm;
}

/// <summary>
/// Put Bridge's finalizer on a SlurmCluster (<see cref="WellKnown.ClusterFinalizer"/>) or PartitionPolicy (<see
/// cref="WellKnown.PartitionFinalizer"/>), or take it off, if the object is still at this version.
/// </summary>
public sealed record SetFinalizer(ObjectRef About, string Why, string ResourceVersion, bool Present)
    : Step(About, Why)
{
    /// <summary>Finalizers of others at that version: they stay.</summary>
    public ImmutableArray<string> Others { get; init; } = [];

    public override string Key => $"finalizer/{About}";

    public override Plane Plane => Plane.Kubernetes;
}

/// <summary>Show a foreign drain on the Kubernetes node, or that there is none any more.</summary>
public sealed record SetNodeCondition(ObjectRef About, string Why, string KubeNode, NodeCondition Condition)
    : Step(About, Why)
{
    /// <summary>Of the condition; the port keeps conditions of other types as they are.</summary>
    public string Type { get; init; } = WellKnown.SlurmDrainedCondition;

    public override string Key => $"condition/{KubeNode}/{Type}";

    public override Plane Plane => Plane.Kubernetes;

    public override bool Bookkeeping => true;

    /// <summary>What others did is told as they did it. The condition remembers that it was told.</summary>
    public override string EventReason => Condition.Reason;
}

/// <summary>
/// Cordon a Kubernetes node because Slurm drained it, if nobody else has meanwhile; or uncordon the one that still
/// carries the mark that Bridge so cordoned it.
/// </summary>
public sealed record SetCordon(ObjectRef About, string Why, string KubeNode, bool Cordoned) : Step(About, Why)
{
    /// <summary>The node had no annotation at all when a mark was to be put on it.</summary>
    public bool FirstAnnotation { get; init; }

    public override string Key => $"cordon/{KubeNode}";

    public override Plane Plane => Plane.Kubernetes;
}

/// <summary>Write the status of one of Bridge's own resources.</summary>
public abstract record WriteStatus(ObjectRef About, string Why, ImmutableArray<Condition> Conditions) : Step(About, Why)
{
    /// <summary>
    /// Of the object as the plan saw it. The API server checks no uid on a status, and what was planned for a deleted
    /// object must not reach its successor of the same name.
    /// </summary>
    public required string ResourceVersion { get; init; }

    public override string Key => $"status/{About}";

    public override Plane Plane => Plane.Kubernetes;

    public override bool Bookkeeping => true;
}

public sealed record WriteClusterStatus(
    ObjectRef About, string Why, ImmutableArray<Condition> Conditions, SlurmClusterCounts Counts, string SlurmVersion,
    string DataParser)
    : WriteStatus(About, Why, Conditions);

public sealed record WritePoolStatus(
    ObjectRef About, string Why, ImmutableArray<Condition> Conditions, NodePoolCounts Counts)
    : WriteStatus(About, Why, Conditions);

public sealed record WritePartitionStatus(
    ObjectRef About, string Why, ImmutableArray<Condition> Conditions, PartitionCounts Counts)
    : WriteStatus(About, Why, Conditions);
