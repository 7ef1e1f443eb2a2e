namespace Bridge.Adapter.Tests.Gpu;

/// <summary>Waits for a condition of another process, which cannot signal this one.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    public static async Task BeTrue(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var steps = new PeriodicTimer(Step);
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"after {Limit.TotalSeconds} s it is still not so that {what}");
            await steps.WaitForNextTickAsync();
        }
    }
}
