using Bridge.Control.Loop;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Control.Tests.Loop;

public sealed class UnservedLoopTests
{
    private readonly ManualTime time = new();
    private readonly ClusterLoopPorts ports = new();
    private readonly UnservedLoop loop;
    private bool leads = true;

    public UnservedLoopTests()
    {
        loop = new UnservedLoop(ports, () => leads, time, NullLogger<UnservedLoop>.Instance);
        ports.Kube = ports.Kube with
        {
            Clusters = [],
            Partitions =
            [
                new PartitionPolicy
                {
                    Ref = new ObjectRef("PartitionPolicy", "slurm", "gpu", "uid-gpu"),
                    Spec = new PartitionPolicySpec { Cluster = "lab" },
                    Deleting = true, HasFinalizer = true,
                },
            ],
        };
    }

    private Task<TimeSpan> TickAsync() => loop.TickAsync(UnservedLoop.Key, TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_pool_is_told_and_a_deleted_policy_is_let_go_once()
    {
        var wait = await TickAsync();
        await TickAsync();
        Assert.Equal(1, ports.Statuses);
        Assert.Equal(["SetFinalizer gpu"], ports.Writes);
        Assert.InRange(wait, TimeSpan.FromTicks(1), StepGate.EchoTime);
    }

    [Fact]
    public async Task What_failed_is_tried_again_after_the_wait_that_it_asked_for()
    {
        ports.Answer = _ => Task.FromResult(StepResult.Unavailable("no answer"));
        time.Advance(await TickAsync());
        await TickAsync();
        Assert.Equal(2, ports.Writes.Count);
    }

    [Fact]
    public async Task Who_does_not_lead_writes_nothing()
    {
        leads = false;
        await TickAsync();
        Assert.Equal((0, 0), (ports.Statuses, ports.Writes.Count));
    }
}
