using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Planning;

/// <summary>
/// The life of a node's slurmd pod, its claim and its Slurm record. Coming: claim → pod → slurmd registers itself.
/// Going, or being replaced:
/// drained → no job → pod ends → record deleted → claim deleted. Every step waits until the one before has been seen to
/// be true.
/// </summary>
public static class LifecyclePlanner
{
    /// <summary>
    /// A slurmd that was ready for this time when Slurm was read, and was not known there, is restarted, and only few
    /// at once.
    /// </summary>
    public static readonly TimeSpan RegistrationPatience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// What is known of Slurm's nodes may be this old when a slurmd is ended because of it. A source that is read every
    /// few seconds tells its age in steps of half a minute; one that is read rarely is young right after each read.
    /// </summary>
    public static readonly TimeSpan OldestView = TimeSpan.FromSeconds(60);

    public static IEnumerable<Step> Plan(Fleet fleet, DateTimeOffset now)
    {
        var young = (now - fleet.View.Slurm.Nodes.Since).Duration() <= OldestView;
        var restarts = Restarts(fleet);
        foreach (var row in fleet.Rows)
        {
            foreach (var step in row.Guard(
                () => row.Member is null ? Leave(fleet, row) : Serve(fleet, row, restarts.Contains(row))))
                // A slurmd that lives may have a job since Slurm was read; no other step ends jobs.
                if (young || step is not DeletePod { EndsWork: true })
                    yield return step;
        }
    }

    // Few at a time. None when not one record is left: an empty list of a sick slurmctld must not end every slurmd.
    private static HashSet<FleetRow> Restarts(Fleet fleet)
    {
        var few = Math.Max(1, fleet.Rows.Length / 10);
        var lost = fleet.Rows.Where(r => r.Member is not null && Unregistered(fleet, r)).ToList();
        return lost.Count <= few || fleet.Rows.Any(r => r.Record is not null) ? [.. lost.Take(few)] : [];
    }

    /// <summary>
    /// A slurmd that had been ready for long when Slurm was read, and Slurm did not know its node: the record was
    /// deleted under it. How long it is ready by now says nothing: it may have registered since.
    /// </summary>
    public static bool Unregistered(Fleet fleet, FleetRow row) =>
        row is { Record: null, Pod: { Ready: true, Deleting: false } pod }
        && fleet.View.Slurm.Nodes.Since - fleet.Memory.ReadySince(pod, fleet.Time.Now) > RegistrationPatience;

    // A node that leaves: whatever is there goes, in order, and only while nothing runs on it.
    private static IEnumerable<Step> Leave(Fleet fleet, FleetRow row)
    {
        // Pods and claims of an abandoned cluster go by themselves (DeletionPlanner), whatever Slurm says of them.
        if (fleet.View.Cluster is { Deleting: true, Abandoned: true })
            return row is { Pod: null, Record.Busy: false }
                ? [DeleteRecord(fleet, row, $"node {row.Name} has left and its slurmd has ended")] : [];
        if (row is { Record: null, Pod: { Ready: true } } && !Unregistered(fleet, row))
            return [];
        if (row.Record is { } record && (record.Busy || !Withdrawn(record)))
            return [];
        if (row.Pod is { } pod)
            return pod.Deleting
                ? []
                : [EndPod(fleet, row, pod,
                    $"node {row.Name} has left: {row.LeftBecause}; it is drained and runs no job")];
        if (row.Record is not null)
            return [DeleteRecord(fleet, row, $"node {row.Name} has left and its slurmd has ended")];
        return FreeClaims(fleet, row, keep: "");
    }

    private static bool Withdrawn(SlurmNode record) =>
        record.HeldByOthers || DrainedFor(record, DrainRules.Leaving);

    private static IEnumerable<Step> Serve(Fleet fleet, FleetRow row, bool restart)
    {
        var member = row.Member!;
        if (row.Pod is { } pod)
            return pod.Deleting ? [] : ServePod(fleet, row, pod, restart);
        if (member.Desired is not { } desired || row.Foreign)
            return [];
        if (row.Record is { } record && !DrainRules.CanStart(record, desired))
            return Replaceable(row, record, row.Wish)
                ? [DeleteRecord(
                    fleet, row, $"the record of node {row.Name} describes hardware that is no longer there")]
                : [];
        // A new node starts only where work is wanted; a known one comes back even on a cordoned node, drained as it
        // was.
        if (row.Record is null && row.Wish is not null)
            return FreeClaims(fleet, row, member.ClaimName);
        return [.. FreeClaims(fleet, row, member.ClaimName), .. Start(fleet, row, member, desired)];
    }

    private static IEnumerable<Step> ServePod(Fleet fleet, FleetRow row, SlurmdPod pod, bool restart)
    {
        if (pod.Finished)
            return [EndPod(fleet, row, pod,
                $"the slurmd of node {row.Name} has ended by itself and is to be started again")];
        if (restart)
            return [EndPod(fleet, row, pod,
                $"the slurmd of node {row.Name} runs, but Slurm has no record of it; a restart registers it")];
        if (LostItsClaim(row, pod))
            return [Claim(fleet, row, row.Member!)];
        if (row.Member!.Desired is not { } desired
            || (pod.SpecHash == row.Member.SpecHash && !IsOfOtherHardware(row.Record, desired)))
            return [];
        // A ready slurmd may have registered since Slurm was read, and have a job: it is given time to be seen.
        if (row.Record is null)
            return pod.Ready
                ? []
                : [EndPod(fleet, row, pod,
                    $"the slurmd of node {row.Name} is not what is wanted, and has not registered")];
        return Replaceable(row, row.Record, row.Wish)
            ? [EndPod(fleet, row, pod, $"{row.Wish!.Why}; it is drained and runs no job")]
            : [];
    }

    // The claim was let go while the pod was made for it: the scheduler waits for one of that name, for ever.
    private static bool LostItsClaim(FleetRow row, SlurmdPod pod) =>
        pod is { Phase: PodPhase.Pending, ClaimName.Length: > 0 } && row.Member is { Desired: not null } member
        && pod.ClaimName == member.ClaimName && !row.Claims.Any(c => c.Name == pod.ClaimName);

    // The slurmd is what is wanted, the record is not: it has another memory, which the hash does not hold, or is of an
    // earlier slurmd, so that Slurm refused this one. One that merely lacks a GRES would register the same again.
    private static bool IsOfOtherHardware(SlurmNode? record, DesiredNode desired) =>
        record is not null
        && (!DrainRules.SameMemory(record, desired) || record.State.HasFlag(SlurmNodeState.InvalidReg));

    // Only a node that is drained for this very purpose: not one that is cordoned, or that its pool or somebody else
    // wants kept drained.
    private static bool Replaceable(FleetRow row, SlurmNode record, DrainWish? wish) =>
        wish is not null && !record.Busy && DrainedFor(record, wish.Code)
        && (wish.Code is DrainRules.Hardware or DrainRules.Rollout
            || (wish.Code is DrainRules.GpuLost && row.Member!.Pool.Spec.OnGpuLoss == GpuLossRule.Shrink));

    // The drain that is wished must be the one that is seen. One for another reason may be over since Slurm was read:
    // Bridge resumes a node as soon as the node's own reason is.
    private static bool DrainedFor(SlurmNode record, string code) =>
        record.DrainedByBridge && Reason.CodeOf(record.Reason) == code;

    private static IEnumerable<Step> Start(Fleet fleet, FleetRow row, Member member, DesiredNode desired)
    {
        var cluster = fleet.View.Cluster;
        var about = About(member);
        var claim = member.ClaimName;
        if (claim.Length > 0 && !row.Claims.Any(c => c.Name == claim))
            yield return Claim(fleet, row, member);
        else if (row.Claims.Any(c => c.Name == claim && c.Deleting))
            yield break;
        var gpus = desired.Gres.Length == 0 ? "without GPUs" : $"with {desired.Gres}";
        if (row.Record is { } record)
            member = member with { Desired = desired with { MemoryMiB = record.MemoryMiB } };
        yield return new CreatePod(about,
            $"start slurmd on {member.Node.Name}, which pool {member.Pool.Ref.Name} selects, {gpus}",
            SlurmdPods.Pod(cluster, member, row.Name));
    }

    private static CreateClaim Claim(Fleet fleet, FleetRow row, Member member) =>
        new(About(member), $"claim {member.Desired!.Gres} on {member.Node.Name} for its slurmd",
            SlurmdPods.Claim(fleet.View.Cluster.Ref, member, row.Name));

    private static IEnumerable<Step> FreeClaims(Fleet fleet, FleetRow row, string keep) =>
        row.Claims.Where(c => c.Name != keep && !c.InUse && !c.Deleting).Select(c => (Step)new DeleteClaim(
            About(fleet, row), $"no pod uses the GPU claim {c.Name} of node {row.Name} any more", row.Name, c.Namespace,
            c.Name, c.Uid));

    private static DeletePod EndPod(Fleet fleet, FleetRow row, SlurmdPod pod, string because) =>
        new(About(fleet, row), $"end pod {pod.Name}: {because}", row.Name, pod.Namespace, pod.Name, pod.Uid)
        {
            EndsWork = !pod.Finished, HeldFor = row.Record?.Reason,
        };

    private static DeleteSlurmNodes DeleteRecord(Fleet fleet, FleetRow row, string because) =>
        new(About(fleet, row), $"delete {row.Name} from Slurm: {because}", [row.Name]) { HeldFor = row.Record?.Reason };

    private static ObjectRef About(Fleet fleet, FleetRow row) =>
        row.Member is { } member ? About(member) : fleet.View.Cluster.Ref;

    private static ObjectRef About(Member member) => new("Node", "", member.Node.Name, member.Node.Uid);
}
