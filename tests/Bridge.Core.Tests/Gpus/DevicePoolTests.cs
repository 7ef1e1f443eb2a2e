using Bridge.Core.Gpus;
using Bridge.Core.Model;

namespace Bridge.Core.Tests.Gpus;

/// <summary>The pool rule of ResourceSlices: newest generation, all slices, else the last complete content.</summary>
public sealed class DevicePoolTests
{
    private static readonly PoolKey Key = new("gpu.nvidia.com", "n1");

    [Fact]
    public void Slices_of_one_generation_are_summed_once_all_are_there()
    {
        var pool = Fold(null, Slice("a", 1, 2, "gpu-0"), Slice("b", 1, 2, "gpu-1"));
        Assert.Equal((PoolState.Complete, 2), (pool.State, pool.Gpus.Length));
    }

    [Fact]
    public void An_incomplete_new_generation_keeps_the_last_complete_devices()
    {
        var before = Fold(null, Slice("a", 1, 1, "gpu-0", "gpu-1"));
        var pool = Fold(before, Slice("a", 1, 1, "gpu-0", "gpu-1"), Slice("b", 2, 2, "gpu-0"));
        Assert.Equal((PoolState.Updating, 2), (pool.State, pool.Gpus.Length));
        Assert.Contains("1 of 2 slices of generation 2", pool.Problem, StringComparison.Ordinal);
        var after = Fold(pool, Slice("b", 2, 2, "gpu-0"), Slice("c", 2, 2));
        Assert.Equal((PoolState.Complete, 1), (after.State, after.Gpus.Length));
    }

    [Fact]
    public void Old_slices_beside_a_complete_new_generation_do_not_count()
    {
        var pool = Fold(null, Slice("a", 1, 1, "gpu-0", "gpu-1"), Slice("b", 2, 1, "gpu-0"));
        Assert.Equal((PoolState.Complete, 1), (pool.State, pool.Gpus.Length));
    }

    [Fact]
    public void A_pool_that_never_was_complete_is_unknown_and_not_empty()
    {
        var pool = Fold(null, Slice("a", 1, 2, "gpu-0"));
        Assert.Equal(PoolState.Unknown, pool.State);
        Assert.Equal(PoolState.Unknown, DevicePool.OfNode("n1", [pool]).State);
    }

    [Fact]
    public void A_generation_that_was_reset_is_taken_once_the_old_slices_are_gone()
    {
        var before = Fold(null, Slice("a", 7, 1, "gpu-0", "gpu-1"));
        var beside = Fold(before, Slice("a", 7, 1, "gpu-0", "gpu-1"), Slice("b", 1, 1, "gpu-0"));
        Assert.Equal(2, beside.Gpus.Length);
        var reset = Fold(beside, Slice("b", 1, 1, "gpu-0"));
        Assert.Equal((PoolState.Complete, 1), (reset.State, reset.Gpus.Length));
    }

    [Fact]
    public void One_device_name_in_two_slices_is_invalid_and_keeps_what_was_complete()
    {
        var before = Fold(null, Slice("a", 1, 1, "gpu-0"));
        var pool = Fold(before, Slice("a", 2, 2, "gpu-0"), Slice("b", 2, 2, "gpu-0"));
        Assert.Equal((PoolState.Invalid, 1), (pool.State, pool.Gpus.Length));
        Assert.Contains("gpu-0 twice", pool.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Slices_that_disagree_on_their_number_are_invalid() =>
        Assert.Equal(PoolState.Invalid, Fold(null, Slice("a", 1, 2, "gpu-0"), Slice("b", 1, 3, "gpu-1")).State);

    [Fact]
    public void More_slices_than_the_pool_says_are_invalid() =>
        Assert.Equal(PoolState.Invalid, Fold(null, Slice("a", 1, 1, "gpu-0"), Slice("b", 1, 1, "gpu-1")).State);

    [Fact]
    public void A_pool_without_slices_is_no_pool()
    {
        Assert.Null(DevicePool.Fold(Fold(null, Slice("a", 1, 1, "gpu-0")), []));
        Assert.Equal(PoolState.None, DevicePool.OfNode("n1", []).State);
    }

    [Fact]
    public void A_driver_that_publishes_no_device_any_more_has_lost_them_all()
    {
        var pool = Fold(Fold(null, Slice("a", 1, 1, "gpu-0")), Slice("a", 2, 1));
        var node = DevicePool.OfNode("n1", [pool]);
        Assert.Equal((PoolState.Complete, 0), (node.State, node.Devices.Length));
    }

    [Fact]
    public void Pools_of_other_devices_say_nothing_about_GPUs()
    {
        var channels = new PoolSlice(
            "c", new PoolKey("compute-domain.nvidia.com", "n1"), "n1", 1, 2, ["channel-0"], []);
        var gpus = Fold(null, Slice("a", 1, 1, "gpu-0"));
        Assert.Equal(PoolState.None, DevicePool.OfNode("n1", [DevicePool.Fold(null, [channels])!]).State);
        Assert.Equal(PoolState.Complete, DevicePool.OfNode("n1", [DevicePool.Fold(null, [channels])!, gpus]).State);
    }

    [Fact]
    public void The_worst_pool_of_a_node_decides()
    {
        var good = Fold(null, Slice("a", 1, 1, "gpu-0"));
        var other = new PoolSlice(
            "b", new PoolKey("gpu.example.com", "n1"), "n1", 1, 2, ["x-0"], [Gpu("gpu.example.com", "x-0")]);
        var node = DevicePool.OfNode("n1", [good, DevicePool.Fold(null, [other])!]);
        Assert.Equal((PoolState.Unknown, 1), (node.State, node.Devices.Length));
    }

    [Fact]
    public void A_GPU_that_two_drivers_publish_is_invalid()
    {
        var one = Fold(null, Slice("a", 1, 1, "gpu-0"));
        var twin = Gpu("gpu.example.com", "x-0") with { Uuid = one.Gpus[0].Uuid };
        var other = DevicePool.Fold(
            null, [new PoolSlice("b", new PoolKey("gpu.example.com", "n1"), "n1", 1, 1, ["x-0"], [twin])])!;
        var node = DevicePool.OfNode("n1", [one, other]);
        Assert.Equal(PoolState.Invalid, node.State);
        Assert.Contains("gpu.example.com/n1/x-0", node.Problem, StringComparison.Ordinal);
    }

    private static DevicePool Fold(DevicePool? before, params PoolSlice[] slices) => DevicePool.Fold(before, slices)!;

    private static PoolSlice Slice(string name, long generation, long count, params string[] devices) =>
        new(name, Key, "n1", generation, count, [.. devices], [.. devices.Select(d => Gpu(Key.Driver, d))]);

    private static GpuDevice Gpu(string driver, string name) =>
        new() { Driver = driver, Pool = "n1", Name = name, Uuid = $"GPU-{driver}-{name}",
            Product = "NVIDIA H100 80GB HBM3" };
}
