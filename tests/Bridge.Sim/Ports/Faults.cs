using Bridge.Control;
using Bridge.Sim.World;

namespace Bridge.Sim.Ports;

/// <summary>What a network does to one call: nothing, most of the time.</summary>
internal sealed class Faults(SimWorld world)
{
    private const int Percent = 20;

    /// <summary>Off once the world is to heal.</summary>
    public bool On { get; set; } = true;

    /// <summary>Whether a read fails this time.</summary>
    public bool Fails(int percent) => On && world.Random.Next(100) < percent;

    /// <summary>A read or a reply that takes its time.</summary>
    public Task DawdleAsync() => Fails(Percent / 2) ? world.After(world.Random.Next(1, 4)) : Task.CompletedTask;

    /// <summary>One write: it may be lost before or after it is applied, refused, or late on either way.</summary>
    public async Task<StepResult> WriteAsync(string what, Func<StepResult> apply, CancellationToken cancel)
    {
        var result = await TryAsync(apply, cancel);
        world.Trace.Add($"{what} → {result}");
        return result;
    }

    private async Task<StepResult> TryAsync(Func<StepResult> apply, CancellationToken cancel)
    {
        if (!Fails(Percent))
            return apply();
        switch (world.Random.Next(6))
        {
            case 0:
                return StepResult.Unavailable("the request was lost");
            case 1:
                apply();
                return StepResult.Unavailable("the reply was lost");
            case 2:
                return StepResult.Conflict("somebody else was faster");
            case 3:
                return StepResult.Unavailable("too many requests", TimeSpan.FromSeconds(3));
            case 4:
                await world.After(world.Random.Next(1, 4));
                cancel.ThrowIfCancellationRequested();
                return apply();
            default:
                var applied = apply();
                await world.After(world.Random.Next(1, 4));
                return applied;
        }
    }
}
