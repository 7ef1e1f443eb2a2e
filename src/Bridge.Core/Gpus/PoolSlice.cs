using System.Collections.Immutable;
using Bridge.Core.Model;

namespace Bridge.Core.Gpus;

/// <summary>Identifies a ResourceSlice pool.</summary>
public readonly record struct PoolKey(string Driver, string Pool)
{
    public override string ToString() => $"{Driver}/{Pool}";
}

/// <summary>One ResourceSlice (resource.k8s.io/v1), reduced to what the pool rule needs.</summary>
/// <param name="Name">Name of the slice object.</param>
/// <param name="Pool">The pool that it is a part of.</param>
/// <param name="KubeNode">spec.nodeName; empty for devices that no single node has.</param>
/// <param name="Generation">spec.pool.generation.</param>
/// <param name="SliceCount">spec.pool.resourceSliceCount: how many slices that generation has.</param>
/// <param name="DeviceNames">Names of all devices, GPU or not; empty for a slice with shared counters only.</param>
/// <param name="Gpus">The GPUs among them.</param>
public sealed record PoolSlice(
    string Name,
    PoolKey Pool,
    string KubeNode,
    long Generation,
    long SliceCount,
    ImmutableArray<string> DeviceNames,
    ImmutableArray<GpuDevice> Gpus);
