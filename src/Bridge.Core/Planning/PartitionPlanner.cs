using System.Collections.Immutable;
using Bridge.Core.Gpus;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>What a policy comes to: its partition as it should be, and what keeps it from being so.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Nodes">Nodes that belong to it by its pools and models.</param>
/// <param name="Gpus">GPUs of Nodes and Kept.</param>
/// <param name="Kept">Nodes that no longer belong to it, but stay until its jobs there have ended.</param>
/// <param name="NodeList">Nodes and Kept as one hostlist.</param>
/// <param name="Problem">Why it is not acted on, as (reason word, sentence); null when it is.</param>
public sealed record PartitionOutcome(
    PartitionPolicy Policy, ImmutableArray<NodeName> Nodes, int Gpus, ImmutableArray<NodeName> Kept, string NodeList,
    (string Reason, string Message)? Problem);

/// <summary>
/// PartitionPolicy → Slurm partition. The finalizer is the claim: it is put on before the partition is made, so a
/// partition of that name
/// without it is somebody else's and is never touched. Nodes with running jobs of the partition stay in it until those
/// have ended.
/// </summary>
public static class PartitionPlanner
{
    private const string InUse = "InUse";

    public static ImmutableArray<PartitionOutcome> Resolve(Fleet fleet, PlanMemory memory)
    {
        var running = new Lazy<Dictionary<string, HashSet<NodeName>?>>(() => RunningNodes(fleet.View.Slurm));
        var taken = new Dictionary<PartitionName, string>();
        var outcomes = ImmutableArray.CreateBuilder<PartitionOutcome>();
        var cluster = fleet.View.Cluster.Ref;
        foreach (var policy in fleet.View.Kube.Partitions
            .Where(p => p.Ref.Namespace == cluster.Namespace && p.Spec.Cluster == cluster.Name)
            .OrderBy(p => !p.HasFinalizer).ThenBy(p => p.Ref.Name, StringComparer.Ordinal))
        {
            outcomes.Add(Bulkhead.Try(
                () => Resolve(fleet, memory, policy, taken, running),
                failure => new PartitionOutcome(policy, [], 0, [], "", (Bulkhead.Reason, failure))));
            taken.TryAdd(policy.Partition, policy.Ref.Name);
        }
        return outcomes.DrainToImmutable();
    }

    private static PartitionOutcome Resolve(
        Fleet fleet, PlanMemory memory, PartitionPolicy policy, Dictionary<PartitionName, string> taken,
        Lazy<Dictionary<string, HashSet<NodeName>?>> running)
    {
        var rows = RowsOf(fleet, policy.Spec);
        var nodes = rows.Select(r => r.Name).ToImmutableArray();
        var list = ListOf(memory, policy, nodes);
        var problem = Problem(fleet, policy, taken);
        var kept = Kept(fleet.View.Slurm, policy, nodes, list, running);
        if (kept is null)
            return new PartitionOutcome(policy, nodes, 0, [], list, problem ?? ("NodesUnreadable",
                $"partition {policy.Partition} is left as it is: its nodes in Slurm are not understood: "
                    + fleet.View.Slurm.PartitionsByName[policy.Partition].Nodes));
        var gpus = rows.Sum(r => GresText.Gpus(r.Record!.Gres))
            + kept.Value.Sum(n => GresText.Gpus(fleet.RecordsByName[n].Gres));
        var all = kept.Value.IsEmpty ? list : Hostlist.Compress(nodes.Concat(kept));
        return new PartitionOutcome(policy, nodes, gpus, kept.Value, all, problem);
    }

    public static IEnumerable<Step> Plan(Fleet fleet, ImmutableArray<PartitionOutcome> outcomes)
    {
        foreach (var outcome in outcomes)
            if ((Goes(fleet, outcome.Policy) ? Remove(fleet.View.Slurm, outcome) : Keep(fleet.View.Slurm, outcome)) is
                { } step)
                yield return step;
    }

    // The partitions of a cluster that is deleted go as if their policies were; those stay, and name no cluster then.
    private static bool Goes(Fleet fleet, PartitionPolicy policy) => policy.Deleting || fleet.View.Cluster.Deleting;

    private static Step? Keep(SlurmView slurm, PartitionOutcome outcome)
    {
        var policy = outcome.Policy;
        if (outcome.Problem is not null)
            return null;
        if (!policy.HasFinalizer)
            return new SetFinalizer(policy.Ref,
                $"claim the name {policy.Partition} before its partition is made", policy.ResourceVersion,
                Present: true) { Others = policy.OtherFinalizers };
        var wanted = Wanted(outcome);
        if (!slurm.PartitionsByName.TryGetValue(policy.Partition, out var actual))
            return new PutPartition(policy.Ref, $"create partition {policy.Partition} with "
                + $"{Count(outcome.Nodes.Length)}", wanted);
        var changes = PartitionDiff.Describe(actual, wanted);
        return changes.Count == 0
            ? null
            : new PutPartition(
                policy.Ref, $"change partition {policy.Partition}: {string.Join(", ", changes)}", wanted)
                { Seen = actual };
    }

    private static Step? Remove(SlurmView slurm, PartitionOutcome outcome)
    {
        var policy = outcome.Policy;
        if (!policy.HasFinalizer)
            return null;
        if (!slurm.PartitionsByName.TryGetValue(policy.Partition, out var actual))
            return new SetFinalizer(policy.Ref,
                $"partition {policy.Partition} is gone, so its policy may go", policy.ResourceVersion, Present: false)
                { Others = policy.OtherFinalizers };
        var because = policy.Deleting ? "its policy was deleted" : "its SlurmCluster is being deleted";
        if (outcome.Problem is null)
            return new DeletePartition(policy.Ref,
                $"delete partition {policy.Partition}: {because} and no job names it", policy.Partition);
        // Jobs that still wait in it need its nodes to run and end: without them the partition would stay for ever.
        var wanted = actual with { Nodes = Wanted(outcome).Nodes };
        return outcome.Problem is (InUse, _) && PartitionDiff.Describe(actual, wanted) is { Count: > 0 } changes
            ? new PutPartition(policy.Ref,
                $"change partition {policy.Partition} until its jobs have ended: {string.Join(", ", changes)}", wanted)
                { Seen = actual }
            : null;
    }

    private static (string, string)? Problem(
        Fleet fleet, PartitionPolicy policy, Dictionary<PartitionName, string> taken)
    {
        var slurm = fleet.View.Slurm;
        var name = policy.Partition;
        if (taken.TryGetValue(name, out var other))
            return ("NameTaken", $"PartitionPolicy {other} already makes partition {name}; set another "
                + "spec.partitionName");
        if (!PartitionName.IsValid(name.Value))
            return ("InvalidName", $"'{name}' is no partition name; set spec.partitionName to letters, digits, '-' "
                + "and '_'");
        if (!slurm.Capabilities.HasFlag(SlurmCapabilities.WritePartitions))
            return ("CannotWritePartitions", $"Slurm {slurm.Version} with {slurm.DataParser} cannot write partitions "
                + "over REST; "
                + "it takes slurmrestd 26.05 (v0.0.45) or newer");
        if (!policy.HasFinalizer && !policy.Spec.Adopt && slurm.PartitionsByName.ContainsKey(name))
            return ("NotOurs", $"Slurm already has a partition {name} that Bridge did not make; "
                + "set spec.adopt to true to take it over, or spec.partitionName to another name");
        if (Goes(fleet, policy))
            return JobsLeft(fleet, name);
        var unknown = policy.Spec.Pools.Where(p => !fleet.View.Kube.Pools.Any(k =>
            k.Ref.Name == p && k.Ref.Namespace == policy.Ref.Namespace && k.Spec.Cluster == policy.Spec.Cluster))
                .ToList();
        return unknown.Count == 0 ? null : ("UnknownPool", $"spec.pools names {string.Join(", ", unknown)}, "
            + $"but there is no such NodePool of cluster {policy.Spec.Cluster} in namespace {policy.Ref.Namespace}");
    }

    private static (string, string)? JobsLeft(Fleet fleet, PartitionName name)
    {
        var slurm = fleet.View.Slurm;
        if (!slurm.Jobs.Current)
            return ("JobsUnknown", $"partition {name} is deleted once Slurm tells whether jobs name it");
        var jobs = slurm.JobsById.Values.Where(j => !j.Finished && NamesPartition(j, name)).Sum(j => j.Tasks);
        // Pending ones would wait for ever: the nodes of the whole cluster leave.
        var pending = fleet.View.Cluster.Deleting
            ? $"; no pending one starts any more: scancel --partition={name} --state=PENDING" : "";
        return jobs == 0 ? null : (InUse, $"partition {name} stays until its {jobs} running or pending jobs have "
            + $"ended or moved{pending}");
    }

    // A pending job may name several partitions, comma-separated.
    internal static bool NamesPartition(SlurmJob job, PartitionName name) =>
        job.Partition == name.Value
            || (job.Partition.Contains(',', StringComparison.Ordinal) && job.Partition.Split(',').Contains(name.Value));

    private static SlurmPartition Wanted(PartitionOutcome outcome)
    {
        var spec = outcome.Policy.Spec;
        return new SlurmPartition
        {
            Name = outcome.Policy.Partition,
            Nodes = outcome.NodeList,
            State = spec.State.ToString().ToUpperInvariant(),
            MaxTimeMinutes = spec.MaxTimeMinutes,
            DefaultTimeMinutes = spec.DefaultTimeMinutes,
            MaxNodes = spec.MaxNodes,
            PriorityTier = spec.PriorityTier,
            AllowAccounts = spec.AllowAccounts,
            DenyAccounts = spec.DenyAccounts,
            AllowQos = spec.AllowQos,
            Qos = spec.Qos,
            BillingWeights = spec.BillingWeights,
            PreemptMode = spec.PreemptMode.Length == 0 ? [] : [spec.PreemptMode],
        };
    }

    // Only nodes that Slurm knows can be listed: one unknown name makes slurmctld refuse the whole request (error
    // 2018).
    private static ImmutableArray<FleetRow> RowsOf(Fleet fleet, PartitionPolicySpec spec)
    {
        var types = spec.GpuModels.Concat(spec.GpuModels.Select(GpuModels.TypeOf)).ToHashSet(StringComparer.Ordinal);
        // A fleet has few different Gres texts.
        var asked = new Dictionary<string, bool>(StringComparer.Ordinal);
        return
        [
            .. fleet.Rows.Where(r => r is { Member: { } member, Record: { } record }
                && spec.Pools.Contains(member.Pool.Ref.Name)
                && (types.Count == 0 || Asked(record.Gres))),
        ];

        bool Asked(string gres)
        {
            if (!asked.TryGetValue(gres, out var yes))
                asked[gres] = yes = GresText.Parse(gres).Any(g => g.Name == "gpu" && types.Contains(g.Type));
            return yes;
        }
    }

    // Removing a node does not end the partition's jobs there, but they could not be requeued: so it stays until they
    // are done. Null where it cannot be told which nodes the partition has.
    private static ImmutableArray<NodeName>? Kept(
        SlurmView slurm, PartitionPolicy policy, ImmutableArray<NodeName> nodes, string list,
        Lazy<Dictionary<string, HashSet<NodeName>?>> running)
    {
        if (!policy.HasFinalizer || !slurm.PartitionsByName.TryGetValue(policy.Partition, out var actual)
            || actual.Nodes.Length == 0 || actual.Nodes == list)
            return [];
        if (Hostlist.TryExpand(actual.Nodes, out _) is not { } has)
            return null;
        var gone = has.Except(nodes).Where(slurm.NodesByName.ContainsKey);
        if (!slurm.Jobs.Current)
            return [.. gone.Order()];
        if (!running.Value.TryGetValue(policy.Partition.Value, out var busy))
            return [];
        return [.. gone.Where(n => busy is null || busy.Contains(n)).Order()];
    }

    // By partition; null where the nodes of one of its jobs are not understood, so that it may run on any.
    private static Dictionary<string, HashSet<NodeName>?> RunningNodes(SlurmView slurm)
    {
        var found = new Dictionary<string, HashSet<NodeName>?>(StringComparer.Ordinal);
        foreach (var job in slurm.JobsById.Values)
        {
            if (job.Finished || job.Nodes.Length == 0)
                continue;
            if (!found.TryGetValue(job.Partition, out var nodes))
                found[job.Partition] = nodes = [];
            if (Hostlist.TryExpand(job.Nodes, out _) is { } on)
                nodes?.UnionWith(on);
            else
                found[job.Partition] = null;
        }
        return found;
    }

    // Writing ten thousand names as a hostlist costs more than much of an idle plan, and they hardly ever change.
    private static string ListOf(PlanMemory memory, PartitionPolicy policy, ImmutableArray<NodeName> nodes)
    {
        if (memory.NodeLists.TryGetValue(policy.Ref, out var last) && last.Nodes.AsSpan().SequenceEqual(nodes.AsSpan()))
            return last.List;
        var list = Hostlist.Compress(nodes);
        memory.NodeLists[policy.Ref] = (nodes, list);
        return list;
    }

    private static string Count(int nodes) => nodes == 1 ? "1 node" : $"{nodes} nodes";
}
