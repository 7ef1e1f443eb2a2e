namespace Bridge.Sim;

/// <summary>What happened last, for the report of a seed that fails.</summary>
internal sealed class SimTrace
{
    private const int Kept = 160;

    private readonly Queue<string> lines = new();

    public int Tick { get; set; }

    public void Add(string text)
    {
        lines.Enqueue($"{Tick,5} {text}");
        if (lines.Count > Kept)
            lines.Dequeue();
    }

    public override string ToString() => string.Join(Environment.NewLine, lines);
}
