using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.Policy;

namespace Bridge.Core.Tests.Planning;

public sealed class SpecHashTests
{
    private static readonly NodeName Name = new("gpu-1");

    private static string HashOf(Func<NodePoolSpec, NodePoolSpec> change, string node = "node gpu-1")
    {
        var view = CaseView.Parse(["pool main", node]);
        var pool = view.Kube.Pools[0];
        var changed = view with { Kube = view.Kube with { Pools = [pool with { Spec = change(pool.Spec) }] } };
        return Membership.Resolve(changed).Members[Name].SpecHash;
    }

    /// <summary>A field that is added to the template rolls out, or this fails.</summary>
    [Fact]
    public void Every_field_of_the_slurmd_template_changes_the_hash()
    {
        var asItIs = HashOf(s => s);
        foreach (var field in typeof(SlurmdTemplate).GetProperties().Where(p => p.SetMethod is not null))
        {
            var template = new SlurmdTemplate { Image = "slurmd:26.05" };
            var value = field.GetValue(template);
            field.SetValue(template, value switch
            {
                string text => text + "x",
                int number => number + 1,
                bool flag => !flag,
                _ => throw new NotSupportedException($"say here what another {field.Name} is"),
            });
            Assert.NotEqual(asItIs, HashOf(s => s with { Slurmd = template }));
        }
    }

    [Fact]
    public void What_is_set_on_the_living_record_changes_no_hash()
    {
        Assert.Equal(HashOf(s => s), HashOf(s => s with { Features = ["fast"], Lendable = true, Shared = true }));
        Assert.Equal(HashOf(s => s, "node gpu-1 memory=4096"), HashOf(s => s, "node gpu-1 memory=8192"));
    }

    [Fact]
    public void Cores_GPUs_and_the_reservation_change_the_hash()
    {
        Assert.NotEqual(HashOf(s => s), HashOf(s => s with { Reserved = new Reservation { MemoryMiB = 64 } }));
        Assert.NotEqual(HashOf(s => s), HashOf(s => s, "node gpu-1 cpus=3"));
        Assert.NotEqual(HashOf(s => s), HashOf(s => s, "node gpu-1 tainted=gpu-3"));
    }

    [Fact]
    public void The_back_reference_lists_GPUs_as_Slurm_numbers_them()
    {
        var member = Membership.Resolve(CaseView.Parse(["pool main", "node gpu-1 gpus=11"])).Members[Name];
        Assert.Equal("GPU-gpu-1-gpu-2", member.Desired!.UuidsByIndex[2]);
        Assert.Equal("GPU-gpu-1-gpu-10", member.Desired.UuidsByIndex[10]);
        Assert.Equal("GPU-gpu-1-gpu-10", member.Desired.Uuids[2]);
    }
}
