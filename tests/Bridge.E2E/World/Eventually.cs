namespace Bridge.E2E.World;

/// <summary>
/// Waits for a condition, with a deadline that says what was waited for and how things stood at the end.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(150);

    /// <param name="what">For the failure's text: what is to become true.</param>
    /// <param name="within">The deadline.</param>
    /// <param name="missing">Looked at again and again: "" when it is so, else what is missing.</param>
    public static async Task SoAsync(string what, TimeSpan within, Func<Task<string>> missing)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var looks = new PeriodicTimer(Look, TimeProvider.System);
        while (await missing() is { Length: > 0 } still)
        {
            if (TimeProvider.System.GetElapsedTime(began) > within)
                Assert.Fail($"after {within.TotalSeconds:0} s still not so: {what}; {still}");
            await looks.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>For conditions that need no text of their own.</summary>
    public static Task SoAsync(string what, TimeSpan within, Func<bool> so) =>
        SoAsync(what, within, () => Task.FromResult(so() ? "" : "it is not"));
}
