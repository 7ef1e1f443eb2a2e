using Bridge.Core.Planning;

namespace Bridge.Core.Tests.Planning;

public sealed class MemoryTests
{
    private static SlurmdPodSpec Started(params string[] lines) =>
        ClusterPlanner.Plan(CaseView.Parse(lines), new PlanMemory(), CaseView.Now).Steps
            .OfType<CreatePod>().Single().Pod;

    [Fact]
    public void A_new_record_gets_whole_steps() =>
        Assert.Equal(4096, Started("pool main", "node gpu-1 memory=4140").MemoryMiB);

    [Fact]
    public void A_slurmd_that_comes_back_registers_with_the_memory_that_Slurm_knows()
    {
        var pod = Started("pool main", "node gpu-1 memory=4140", "claim gpu-1",
            "slurm gpu-1 memory=4032 state=Down+NotResponding");
        Assert.Equal(4032, pod.MemoryMiB);
        Assert.Contains("RealMemory=4032", pod.Arguments[^1], StringComparison.Ordinal);
    }
}
