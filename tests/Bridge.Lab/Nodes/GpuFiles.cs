using System.Collections.Immutable;
using Bridge.Core.Gpus;
using Bridge.Core.Names;
using Bridge.Kube.Fleet;
using Bridge.Lab.Models;
using Bridge.Lab.Scheduling;
using k8s.Models;

namespace Bridge.Lab.Nodes;

/// <summary>The device files of a pod's GPUs, named as <see cref="GpuDeviceFiles"/> names them.</summary>
internal static class GpuFiles
{
    /// <summary>
    /// Files of the devices that the claim was given; devices that no slice tells of any more are left out.
    /// </summary>
    public static IEnumerable<string> OfClaim(LabClaim claim, IReadOnlyCollection<V1ResourceSlice> slices) =>
        (claim.Status.Allocation?.Devices.Results ?? [])
            .GroupBy(result => (result.Driver, result.Pool))
            .SelectMany(pool =>
            {
                var files = OfPool(slices.Where(s => (s.Spec.Driver, s.Spec.Pool.Name) == pool.Key));
                return pool.Select(result => files.GetValueOrDefault(result.Device)).OfType<string>();
            });

    /// <summary>
    /// Files for nvidia.com/gpu: N, as a device plugin would hand them out on a node with one slurmd.
    /// </summary>
    public static IEnumerable<string> OfRequest(LabPod pod, NodeObject node)
    {
        var count = (int)NodeFit.Requests(pod).GetValueOrDefault(WellKnown.NvidiaGpuResource);
        var type = GpuModels.TypeOf(node.Metadata.Labels.GetValueOrDefault(WellKnown.GpuProductLabel) ?? "");
        return Enumerable.Range(0, count).Select(minor => GpuDeviceFiles.Of(type, minor));
    }

    /// <summary>Of the pool's newest generation; the numbers are those of the whole pool, not of one claim.</summary>
    private static ImmutableDictionary<string, string> OfPool(IEnumerable<V1ResourceSlice> slices)
    {
        var generations = slices.GroupBy(s => s.Spec.Pool.Generation).OrderByDescending(g => g.Key);
        return GpuDeviceFiles.OfPool(generations.FirstOrDefault()?.SelectMany(s => SliceMapping.Map(s).Gpus) ?? []);
    }
}
