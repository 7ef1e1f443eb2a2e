using System.Diagnostics;

namespace Bridge.E2E.World;

/// <summary>
/// A test that begins with a healthy lab, ends with healed faults, and fails on any Error in a log that it did not
/// declare.
/// </summary>
[Collection(LabCollection.Name)]
public abstract class LabTest(E2ELab lab) : IAsyncLifetime
{
    private readonly Stopwatch clock = new();

    internal E2ELab Lab => lab;

    internal static TimeSpan Seconds(int count) => TimeSpan.FromSeconds(count);

    public async ValueTask InitializeAsync()
    {
        Assert.False(lab.WhyNot.Length > 0, lab.WhyNot);
        await lab.BaseStateAsync();
        clock.Start();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (lab.WhyNot.Length > 0)
            return;
        var name = TestContext.Current.Test?.TestDisplayName ?? "a test";
        await Console.Error.WriteLineAsync($"{clock.Elapsed.TotalSeconds,6:0.0} s  {name}");
        lab.Heal();
        Assert.Empty(lab.UndeclaredErrors());
    }
}
