using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Isolation;
using Bridge.Core.Names;

namespace Bridge.Core.Tests.Isolation;

/// <summary>
/// A fabric that answers isolation tests. Every repeat is as slow as the worst fault that it meets, with 2 % of noise
/// per repeat and 1 % per test. The site is 1.1 to 1.3 times as fast as its pass lines, and its curve is off by up to 2
/// % per size of test, so that a fault down to 0.8 is often invisible to the absolute line. One test in fifty is lost.
/// </summary>
public sealed class SimulatedFabric
{
    private const double RepeatNoise = 0.02;
    private const double TestNoise = 0.01;
    private const double LossRate = 0.02;

    private static readonly ConcurrentDictionary<int, ImmutableArray<Candidate>> Fabrics = new();

    private readonly Random random;
    private readonly double site;
    private readonly int curveSeed;

    /// <summary>A fabric of so many nodes with one kind of fault; everything follows from the seed.</summary>
    public SimulatedFabric(FaultClass fault, int nodes, int seed)
    {
        random = new Random((seed * 64) + ((int)fault * 8) + nodes % 7);
        Candidates = Fabrics.GetOrAdd(nodes, Fabric);
        site = Between(1.1, 1.3);
        curveSeed = random.Next();
        Faults = [.. Draw(fault)];
        AllSlow = fault == FaultClass.AllSlow ? Between(0.4, 0.7) : 1;
    }

    public ImmutableArray<Candidate> Candidates { get; }

    public ImmutableArray<SimulatedFault> Faults { get; }

    /// <summary>Probability that a test is cancelled or fails to start.</summary>
    public double Losses { get; init; } = LossRate;

    private double AllSlow { get; }

    /// <summary>Lines of a fabric with 8 × 400 Gb/s per node: they fall a little with the number of nodes.</summary>
    public static IsolationOptions Options { get; } = new()
    {
        Lines =
        [
            new PassLine(Probe.Latency, [(2, 1.0e9), (64, 0.5e9), (1024, 0.3e9)]),
            new PassLine(Probe.Bandwidth, [(2, 360e9), (64, 340e9), (1024, 300e9)]),
            new PassLine(Probe.AllPairs, [(2, 45e9), (64, 42e9), (1024, 38e9)]),
        ],
    };

    public IsolationResult Run(IsolationTest test)
    {
        if (random.NextDouble() < Losses)
            return IsolationResult.Lost(test.Id, random.Next(2) == 0 ? TestEnd.Cancelled : TestEnd.Failed);
        var nodes = test.Nodes.Select(Place).ToArray();
        return new IsolationResult(test.Id, TestEnd.Measured, 
            [.. test.Probes.Select(probe => Measure(probe, nodes, test.Repeats))]);
    }

    private static int Place(NodeName node) => int.Parse(node.Value.AsSpan(1), CultureInfo.InvariantCulture);

    private Measurement Measure(Probe probe, int[] nodes, int repeats)
    {
        var line = Options.Lines.First(line => line.Probe == probe).At(nodes.Length);
        var curve = 1 + (0.02 * Math.Sin(curveSeed + (nodes.Length * 0.7)));
        var speed = line * site * curve * AllSlow * (1 + (TestNoise * Gaussian()));
        var met = Faults.Where(fault => fault.Meets(nodes, probe)).ToArray();
        var speeds = new double[repeats];
        for (int i = 0; i < repeats; i++)
        {
            double worst = 1;
            foreach (var fault in met)
                if (fault.Shows >= 1 || random.NextDouble() < fault.Shows) worst = Math.Min(worst, fault.Factor);
            speeds[i] = speed * worst * (1 + (RepeatNoise * Gaussian()));
        }
        Array.Sort(speeds);
        return new Measurement(probe, speeds[repeats / 2], speeds[1]);
    }

    /// <summary>
    /// Leaves of 5 or 6 nodes for a fleet of 16, of 8 for 64, else of 16; the last one may be smaller.
    /// </summary>
    private static ImmutableArray<Candidate> Fabric(int nodes)
    {
        var leaf = nodes <= 16 ? 6 : nodes <= 64 ? 8 : 16;
        return [.. Enumerable.Range(0, nodes).Select(node =>
            new Candidate(new NodeName($"n{node:D4}"), $"leaf-{(nodes <= 16 ? node * 3 / nodes : node / leaf):D3}"))];
    }

    private SimulatedFault[] Draw(FaultClass fault) => fault switch
    {
        FaultClass.OneBad => Bad(1, 1),
        FaultClass.KBad => Bad(random.Next(2, 9), 1),
        FaultClass.Flaky => Bad(1, 0.3),
        FaultClass.BadPair => [new SimulatedFault(Culprit.Link, Pick(2), "", Between(0.3, 0.8))],
        FaultClass.BadLeaf => Leaves(1, onlyLeaving: true),
        FaultClass.SlowRail => Leaves(random.Next(1, 3), onlyLeaving: false),
        _ => [],
    };

    private SimulatedFault[] Bad(int count, double shows) => Pick(count).Select(node =>
        new SimulatedFault(Culprit.Node, [node], "", Between(0.3, 0.8), shows, SmallOnly: random.Next(4) == 0))
            .ToArray();

    private SimulatedFault[] Leaves(int count, bool onlyLeaving)
    {
        var domains = Candidates.Select(candidate => candidate.Domain).Distinct().ToArray();
        count = Math.Min(count, (domains.Length - 1) / 2);
        var first = random.Next(domains.Length - count);
        var factor = Between(0.3, 0.8);
        return [.. domains.Skip(first).Take(count).Select(domain => new SimulatedFault(Culprit.Switch,
            [.. Enumerable.Range(0, Candidates.Length).Where(node => Candidates[node].Domain == domain)], domain,
            factor,
            OnlyLeaving: onlyLeaving))];
    }

    private ImmutableArray<int> Pick(int count)
    {
        var picked = new SortedSet<int>();
        while (picked.Count < count) picked.Add(random.Next(Candidates.Length));
        return [.. picked];
    }

    private double Between(double low, double high) => low + ((high - low) * random.NextDouble());

    private double Gaussian() =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
