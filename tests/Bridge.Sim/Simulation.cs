using Bridge.Control.Loop;
using Bridge.Sim.Checks;
using Bridge.Sim.Ports;
using Bridge.Sim.World;
using Bridge.Testing;

namespace Bridge.Sim;

/// <summary>
/// One run: the production planner, loop and executor over a simulated Kubernetes and Slurm, everything by one seed.
/// First chaos and faults, with the promises checked at every step; then everything heals, and the fleet must come to
/// serve, with nothing left to do; at last it is deleted, and must go without a trace.
/// </summary>
internal sealed class Simulation : IDisposable
{
    /// <summary>
    /// The breaker holds a drain back for ten minutes at most, a failing step waits one; the rest is short.
    /// </summary>
    private const int HealTicks = 2400;

    /// <summary>Jobs run for 40 ticks at most.</summary>
    private const int BusyTicks = 60;

    private readonly OneThread thread = new();
    private readonly SimWorld world;
    private readonly JumpingClock clock;
    private readonly Chaos chaos;
    private readonly Causes causes;
    private readonly Safety safety;
    private readonly Faults faults;
    private readonly int chaosTicks;
    private readonly SimLog<ClusterLoop> loopLog = new();
    private readonly SimLog<SlurmFeed> feedLog = new();

    private CancellationTokenSource leadership = new();
    private SimKube kube;
    private ClusterLoop loop;
    private Task<TimeSpan> running = Task.FromResult(TimeSpan.Zero);
    private Task reading = Task.CompletedTask;
    private int nextTick;
    private bool changed;

    public Simulation(int seed)
    {
        var time = new ManualTime();
        world = new SimWorld(new Random(seed), time);
        world.Populate();
        clock = new JumpingClock(time);
        chaos = new Chaos(world, clock);
        causes = new Causes(world);
        safety = new Safety(world, chaos, causes);
        faults = new Faults(world);
        chaosTicks = world.Random.Next(60, 400);
        (kube, loop) = TakeOver();
    }

    public SimTrace Trace => world.Trace;

    /// <exception cref="SimFailure">A promise was broken.</exception>
    public void Run()
    {
        for (var tick = 0; tick < chaosTicks; tick++)
        {
            chaos.Step();
            if (world.Random.Next(120) == 0)
                LoseLease();
            Step();
        }
        faults.On = false;
        chaos.Heal();
        for (var tick = 0; tick < HealTicks; tick++)
        {
            Step();
            if (tick % 5 == 0 && Liveness.Missing(world).Count == 0)
            {
                TakeApart();
                return;
            }
        }
        var missing = string.Join("; ", Liveness.Missing(world));
        throw new SimFailure($"{HealTicks} ticks after everything healed: {missing}");
    }

    // At last somebody deletes the SlurmCluster, while jobs run and the neighbours misbehave.
    private void TakeApart()
    {
        world.JobsArrive = true;
        for (var tick = 0; tick < BusyTicks; tick++)
            Step();
        world.JobsArrive = false;
        world.Kube.Put(world.Kube.Cluster with { Deleting = true });
        Trace.Add("somebody deletes the SlurmCluster");
        faults.On = true;
        for (var tick = 0; tick < BusyTicks; tick++)
        {
            if (world.Random.Next(60) == 0)
                LoseLease();
            Step();
        }
        faults.On = false;
        for (var tick = 0; tick < HealTicks; tick++)
        {
            thread.Run(() => world.Slurm.CancelPending(world.Tick));
            Step();
            if (Liveness.Left(world).Count == 0)
                return;
        }
        throw new SimFailure($"{HealTicks} ticks after its deletion: {string.Join("; ", Liveness.Left(world))}");
    }

    public void Dispose() => leadership.Dispose();

    private void Step()
    {
        thread.Run(world.Step);
        causes.Note();
        kube.Deliver();
        if (faults.On)
            chaos.ResumeBeforePlan();
        if (reading.IsFaulted)
            throw reading.Exception.InnerException!;
        if (running.IsCompleted)
            Tick();
        loopLog.Check();
        feedLog.Check();
        safety.AfterTick();
    }

    private void Tick()
    {
        if (running.IsFaulted)
            throw running.Exception.InnerException!;
        if (world.Tick < nextTick && !changed)
            return;
        changed = false;
        safety.OnPlan();
        thread.Run(() => running = TickAsync(loop, leadership.Token));
        if (running.IsFaulted)
            throw running.Exception.InnerException!;
    }

    private async Task<TimeSpan> TickAsync(ClusterLoop leading, CancellationToken cancel)
    {
        try
        {
            var wait = await leading.TickAsync(world.Kube.Cluster.Ref, cancel);
            nextTick = world.Tick + (int)Math.Ceiling(wait / SimWorld.TickLength);
            return wait;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
    }

    // Another daemon takes over: it knows nothing that is not in Kubernetes or in Slurm.
    private void LoseLease()
    {
        Trace.Add("the lease is lost, another daemon takes over");
        leadership.Cancel();
        leadership.Dispose();
        leadership = new CancellationTokenSource();
        (kube, loop) = TakeOver();
    }

    private (SimKube Kube, ClusterLoop Loop) TakeOver()
    {
        var newKube = new SimKube(world, faults, safety);
        var slurm = new SimSlurm(world, faults, safety, clock);
        var feed = new SlurmFeed(slurm, clock, feedLog);
        newKube.Changed += () => changed = true;
        feed.Changed += () => changed = true;
        safety.KubeCurrent = () => newKube.View.Source.Current;
        safety.Current = () =>
            newKube.View.Source.Current && feed.View is { Nodes.Current: true, Partitions.Synced: true };
        running = Task.FromResult(TimeSpan.Zero);
        var term = leadership.Token;
        thread.Run(() => reading = feed.RunAsync(term));
        return (newKube, new ClusterLoop(
            newKube, slurm, feed, () => !term.IsCancellationRequested, clock, loopLog));
    }
}
