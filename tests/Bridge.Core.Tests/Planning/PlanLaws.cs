using System.Collections.Immutable;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.SlurmText;
using Bridge.Core.View;

namespace Bridge.Core.Tests.Planning;

/// <summary>What holds of every plan, tried on fleets by seed. A failure prints the fleet as a plan case.</summary>
public sealed class PlanLaws
{
    private const int Fleets = 250;

    // Parsing takes longer than planning, and views never change.
    private static readonly Lazy<ImmutableArray<ClusterView>> Views = new(() =>
        [.. Enumerable.Range(1, Fleets).Select(seed => CaseView.Parse(new PlanLawsFleet(seed).Lines()))]);

    private static void ForAll(Func<ClusterView, Random, string?> law)
    {
        for (var seed = 1; seed <= Fleets; seed++)
            if (law(Views.Value[seed - 1], new Random(seed)) is { } broken)
                Assert.Fail($"seed {seed}: {broken}\n{string.Join('\n', new PlanLawsFleet(seed).Lines())}");
    }

    private static Plan PlanOf(ClusterView view) => ClusterPlanner.Plan(view, new PlanMemory(), CaseView.Now);

    private static string Text(Step step) => $"{step.GetType().Name} {step.Key}: {step.Why}";

    [Fact]
    public void A_plan_that_was_done_is_not_planned_again() => ForAll((view, _) =>
    {
        // Statuses count what is there, and may say the same sentence with another count.
        var plan = PlanOf(view);
        var after = PlanOf(PlanLawsApply.All(view, plan));
        var again = after.Steps.Where(s => s is not WriteStatus).Select(Text).Intersect(plan.Steps.Select(Text))
            .ToList();
        return again.Count == 0 ? null : $"planned twice: {string.Join("; ", again)}";
    });

    [Fact]
    public void Doing_what_is_planned_comes_to_an_end() => ForAll((view, _) =>
    {
        var plan = PlanOf(view);
        for (var round = 0; round < 20 && plan.Steps.Length > 0; round++)
            plan = PlanOf(view = PlanLawsApply.All(view, plan));
        return plan.Steps.IsEmpty
            ? null
            : $"still planned after 20 rounds: {string.Join("; ", plan.Steps.Select(Text))}";
    });

    [Fact]
    public void The_order_of_what_is_seen_does_not_matter() => ForAll((view, random) =>
    {
        var kube = view.Kube;
        var shuffled = view with
        {
            Kube = kube with
            {
                Pods = Shuffled(kube.Pods, random), Claims = Shuffled(kube.Claims, random),
                Pools = Shuffled(kube.Pools, random), Partitions = Shuffled(kube.Partitions, random),
            },
        };
        var (one, other) = (Lines(PlanOf(view)), Lines(PlanOf(shuffled)));
        return one.SequenceEqual(other)
            ? null
            : $"differs: {string.Join("; ", one.Except(other).Concat(other.Except(one)))}";

        // Statuses are independent of each other, and come in the order of what they are about.
        static List<string> Lines(Plan plan) =>
        [
            .. plan.Steps.Where(s => s is not WriteStatus).Select(Text),
            .. plan.Steps.OfType<WriteStatus>().Select(Text).Order(),
        ];
    });

    [Fact]
    public void No_pod_and_no_record_goes_while_a_job_runs_there() => ForAll((view, _) => EndsWork(view));

    [Fact]
    public void A_deleted_cluster_makes_nothing_and_ends_no_job() => ForAll((view, _) =>
    {
        var going = view with { Cluster = view.Cluster with { Deleting = true } };
        var made = PlanOf(going).Steps.FirstOrDefault(
            s => s is CreateClaim or CreatePod or ResumeNodes or TagNodes or SetFinalizer { Present: true });
        return made is null ? EndsWork(going) : Text(made);
    });

    private static string? EndsWork(ClusterView view)
    {
        foreach (var step in PlanOf(view).Steps)
        {
            if (step is DeletePod end && view.Slurm.NodesByName.GetValueOrDefault(end.SlurmNode) is { Busy: true }
                && !view.Kube.Pods.Single(p => p.Uid == end.Uid).Finished)
                return Text(step);
            if (step is DeleteSlurmNodes delete && delete.Nodes.Any(n => view.Slurm.NodesByName[n].Busy))
                return Text(step);
        }
        return null;
    }

    [Fact]
    public void What_others_keep_from_work_is_neither_drained_nor_resumed() => ForAll((view, _) =>
    {
        var named = PlanOf(view).Steps.SelectMany(s => s switch
        {
            DrainNodes d => d.Nodes, ResumeNodes r => r.Nodes, _ => [],
        });
        var foreign = named.Where(n => view.Slurm.NodesByName[n].HeldByOthers).ToList();
        return foreign.Count == 0 ? null : string.Join(", ", foreign);
    });

    [Fact]
    public void The_breaker_and_the_rollout_limit_are_not_passed() => ForAll((view, _) =>
    {
        var (members, _) = Membership.Resolve(view);
        var drains = PlanOf(view).Steps.OfType<DrainNodes>()
            .SelectMany(d => d.Nodes.Select(n => (Node: n, d.Reason, Code: Reason.CodeOf(d.Reason))))
            .Where(d => members.ContainsKey(d.Node) && !view.Slurm.NodesByName[d.Node].Drains).ToList();
        foreach (var pool in drains.GroupBy(d => members[d.Node].Pool.Ref.Name))
        {
            var automatic = pool.Count(d => DrainRules.UsesBreaker(d.Reason));
            if (automatic > Math.Max(3, members.Count / 20))
                return $"{automatic} automatic drains of pool {pool.Key}";
            var limit = DrainPlanner.MaxUnavailable(members[pool.First().Node].Pool.Spec, members.Count);
            var rollouts = pool.Count(d => d.Code is DrainRules.Rollout or DrainRules.Hardware
                && !DrainRules.UsesBreaker(d.Reason) && Works(view, d.Node));
            if (rollouts > limit)
                return $"{rollouts} rollouts of pool {pool.Key}, {limit} are allowed";
        }
        return null;
    });

    private static bool Works(ClusterView view, NodeName node) =>
        view.Slurm.NodesByName[node] is { Responding: true, HeldByOthers: false }
        && view.Kube.Pods.Any(p => p.SlurmNode == node && p is { Ready: true, Deleting: false });

    [Theory]
    [InlineData("source kube error=cut")]
    [InlineData("source nodes error=silent")]
    [InlineData("source kube unsynced")]
    [InlineData("source partitions unsynced")]
    public void Nothing_but_statuses_is_planned_without_every_source(string source) => ForAll((view, _) =>
    {
        var broken = CaseView.Parse([source]);
        var blind = view with
        {
            Kube = view.Kube with { Source = broken.Kube.Source },
            Slurm = view.Slurm with { Nodes = broken.Slurm.Nodes, Partitions = broken.Slurm.Partitions },
        };
        return PlanOf(blind).Steps.FirstOrDefault(s => s is not WriteStatus) is { } step ? Text(step) : null;
    });

    private static ImmutableArray<T> Shuffled<T>(ImmutableArray<T> items, Random random) =>
        [.. items.OrderBy(_ => random.Next())];
}
