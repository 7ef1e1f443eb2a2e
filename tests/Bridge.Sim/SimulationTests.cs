using System.Globalization;

namespace Bridge.Sim;

/// <summary>
/// Runs seeds. One that fails is replayed by `BRIDGE_SIM_SEED=N dotnet test tests/Bridge.Sim`, and goes into Seeds.txt
/// with what it showed. BRIDGE_SIM_SEEDS=FIRST-LAST runs others than the usual ones.
/// </summary>
public sealed class SimulationTests
{
    private const int Usual = 200;

    /// <summary>Seeds that once failed, as the track record has them: `SEED what it showed`.</summary>
    public static TheoryData<int, string> Recorded()
    {
        var data = new TheoryData<int, string>();
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Seeds.txt")))
            if (line.Split(' ', 2) is [var seed, var showed] && seed != "#")
                data.Add(int.Parse(seed, CultureInfo.InvariantCulture), showed);
        return data;
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void A_seed_that_once_failed_holds(int seed, string showed)
    {
        if (Fails(seed) is { } failure)
            Assert.Fail($"{showed}\n{failure}");
    }

    [Fact]
    public void Every_promise_holds_under_faults_and_the_fleet_serves_after_them()
    {
        var failures = Seeds().Select(s => (Seed: s, Failure: Fails(s))).Where(f => f.Failure is not null).ToList();
        Assert.True(failures.Count == 0, $"{failures.Count} seeds fail\n"
            + string.Join('\n', failures.Select(f => f.Failure!.Split('\n')[0])) + '\n'
            + string.Join('\n', failures.Take(3).Select(f => f.Failure)));
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        using var one = new Simulation(7);
        using var other = new Simulation(7);
        one.Run();
        other.Run();
        Assert.Equal(one.Trace.ToString(), other.Trace.ToString());
    }

    private static IEnumerable<int> Seeds()
    {
        if (Environment.GetEnvironmentVariable("BRIDGE_SIM_SEED") is { Length: > 0 } seed)
            return [int.Parse(seed, CultureInfo.InvariantCulture)];
        var range = (Environment.GetEnvironmentVariable("BRIDGE_SIM_SEEDS") ?? $"1-{Usual}").Split('-');
        var first = int.Parse(range[0], CultureInfo.InvariantCulture);
        var last = int.Parse(range[1], CultureInfo.InvariantCulture);
        return Enumerable.Range(first, last - first + 1);
    }

    private static string? Fails(int seed)
    {
        using var simulation = new Simulation(seed);
        try
        {
            simulation.Run();
            return null;
        }
        catch (Exception failure) when (failure is SimFailure or InvalidOperationException or KeyNotFoundException
            or ArgumentException)
        {
            return $"seed {seed}: {failure.Message}\nreplay: BRIDGE_SIM_SEED={seed} dotnet test tests/Bridge.Sim\n"
                + simulation.Trace + (failure is SimFailure ? "" : $"\n{failure}");
        }
    }
}
