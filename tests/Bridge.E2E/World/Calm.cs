namespace Bridge.E2E.World;

/// <summary>What a fault must not change: a job that runs, the pods, the nodes' health.</summary>
internal sealed class Calm
{
    private readonly E2ELab lab;
    private readonly BatchJob job;
    private readonly IReadOnlyList<PodRow> pods;
    private readonly int steps;

    private Calm(E2ELab lab, BatchJob job, IReadOnlyList<PodRow> pods)
    {
        this.lab = lab;
        this.job = job;
        this.pods = pods;
        steps = lab.Steps().Count;
    }

    /// <summary>Starts a job on gpu-1 and remembers how things are.</summary>
    public static async Task<Calm> BeginAsync(E2ELab lab) =>
        new(lab, await lab.RunJobAsync("gpu-1"), await lab.PodsAsync());

    /// <summary>
    /// The job has run on, no step was done, the pods are the same, the nodes serve; then the job completes.
    /// </summary>
    public async Task HeldAsync()
    {
        Assert.Empty(lab.Steps().Skip(steps));
        await JobHeldAsync();
    }

    /// <summary>As <see cref="HeldAsync"/>, where Bridge had something to do elsewhere.</summary>
    public async Task JobHeldAsync()
    {
        await job.StillRunsAsync();
        Assert.Equal(pods, await lab.PodsAsync());
        foreach (var (node, row) in await lab.NodesAsync())
            Assert.True(row.State is "idle" or "mixed" or "allocated", $"{node} is {row}");
        await job.CompletesAsync();
    }
}
