namespace Bridge.Bench;

/// <summary>Picks a bench by name and runs it.</summary>
public static class BenchRunner
{
    /// <summary>
    /// Runs the bench that the first argument names. Returns its exit code: 0 fine, 1 a limit broke, 2 usage.
    /// </summary>
    public static async Task<int> RunAsync(
        IReadOnlyDictionary<string, Func<string[], Task<int>>> benches, string[] args)
    {
        if (args.Length > 0 && benches.TryGetValue(args[0], out var bench)) return await bench(args[1..]);
        var wrong = args.Length == 0 ? "usage: bench NAME [ARGUMENTS]" : $"bench: there is no bench '{args[0]}'";
        Console.Error.WriteLine(wrong);
        Console.Error.WriteLine($"benches: {string.Join(' ', benches.Keys)}");
        return 2;
    }
}
