using Bridge.Testing;

namespace Bridge.Adapter.Tests.KubeFake;

/// <summary>Waits for a condition, with a deadline that says what was waited for.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    /// <summary>Looks at a standing clock after a timer ran out: what that timer sends has arrived by then.</summary>
    private const int LooksAfterTimer = 20;

    /// <param name="condition">Looked at again and again.</param>
    /// <param name="what">For the failure's text.</param>
    /// <param name="time">Moved on with every look, so that waits of the code under test end; null leaves clocks
    /// alone.</param>
    /// <param name="idle">Whether the clock may go on: it must not outrun answers that are still on their way.</param>
    public static async Task TrueAsync(
        Func<bool> condition, string what, ManualTime? time = null, Func<bool>? idle = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var looks = new PeriodicTimer(Look, TimeProvider.System);
        var rest = 0;
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Deadline)
                Assert.Fail($"after {Deadline.TotalSeconds} s still not so: {what}");
            if (rest > 0)
                rest--;
            else if (idle is null || idle())
            {
                rest = idle is not null && time!.Pending(Step) > 0 ? LooksAfterTimer : 0;
                time?.Advance(Step);
            }
            await looks.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
