using System.Collections.Immutable;
using Bridge.Lab.Models;
using k8s.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>One device with its place in the API.</summary>
public sealed record PoolDevice(DeviceId Id, V1Device Device);

/// <summary>
/// A driver's pool of devices on one node, folded from its slices: those of the newest generation, complete once as
/// many are there as they say (resource.k8s.io/v1, ResourcePool).
/// </summary>
public sealed record DevicePool(string Driver, string Name, bool Complete, ImmutableArray<PoolDevice> Devices)
{
    public override string ToString() => $"{Driver}/{Name}";

    public static ImmutableArray<DevicePool> OfNode(IEnumerable<V1ResourceSlice> slices, string node) =>
        [.. slices.Where(s => s.Spec.NodeName == node)
            .GroupBy(s => (s.Spec.Driver, s.Spec.Pool.Name))
            .OrderBy(g => g.Key.Driver, StringComparer.Ordinal).ThenBy(g => g.Key.Name, StringComparer.Ordinal)
            .Select(g => Fold(g.Key.Driver, g.Key.Name, [.. g]))];

    private static DevicePool Fold(string driver, string name, V1ResourceSlice[] slices)
    {
        var newest = slices.Max(s => s.Spec.Pool.Generation);
        var current = slices.Where(s => s.Spec.Pool.Generation == newest).ToArray();
        var devices = current.SelectMany(s => s.Spec.Devices ?? [])
            .Select(d => new PoolDevice(new DeviceId(driver, name, d.Name), d))
            .OrderBy(d => d.Id.Device.Length).ThenBy(d => d.Id.Device, StringComparer.Ordinal)
            .ToImmutableArray();
        var complete = current.All(s => s.Spec.Pool.ResourceSliceCount == current.Length)
            && devices.Select(d => d.Id).Distinct().Count() == devices.Length;
        return new DevicePool(driver, name, complete, devices);
    }
}
