using System.Collections.Immutable;
using System.Globalization;
using Bridge.Core.Gpus;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;
using Bridge.Core.View;

namespace Bridge.Core.Planning;

/// <summary>Derives what a Kubernetes node should be in Slurm (the table of DESIGN §5).</summary>
public static class DesiredNodes
{
    /// <summary>
    /// Allocatable memory moves by a few MiB from boot to boot; a Slurm record must not be rebuilt for that. New
    /// records get whole steps, and a record that is one step off is left as it is.
    /// </summary>
    public const long MemoryStepMiB = 64;

    public static Member Describe(ClusterView view, KubeNode node, NodePool pool)
    {
        var cpus = (int)(node.AllocatableMilliCpu / 1000) - pool.Spec.Reserved.Cpus;
        var most = (node.AllocatableMemoryBytes >> 20) - pool.Spec.Reserved.MemoryMiB;
        var memory = most - (most % MemoryStepMiB);
        var devices = view.Kube.DevicesOf(node.Name);
        if (cpus < 1 || memory < MemoryStepMiB)
            return new Member(node, pool, null, NothingLeft(node, pool.Spec.Reserved)) { Devices = devices };
        var (ownership, problem) = OwnershipOf(node, pool.Spec.GpuOwnership, devices);
        if (problem.Length > 0)
            return new Member(node, pool, null, problem) { Devices = devices };
        var usable = devices.Devices.Where(d => d.Healthy && !d.Shared && d.Uuid.Length > 0).ToImmutableArray();
        // With nothing to claim there is no claim: whether all GPUs are sick or their driver is gone is the same
        // slurmd.
        if (ownership == GpuOwnership.Claim && usable.IsEmpty)
            ownership = GpuOwnership.None;
        var gres = GresOf(node, ownership, usable);
        var desired = new DesiredNode
        {
            Cpus = cpus,
            MemoryMiB = memory,
            MostMemoryMiB = most,
            Gres = gres,
            Ownership = ownership,
            Driver = ownership == GpuOwnership.Claim ? usable[0].Driver : "",
            Uuids = ownership == GpuOwnership.Claim ? [.. usable.Select(d => d.Uuid).Order(StringComparer.Ordinal)]
            : [],
            UuidsByIndex = ownership == GpuOwnership.Claim
            ? [.. usable.OrderBy(d => NumberOf(d.Name)).ThenBy(d => d.Name, StringComparer.Ordinal).Select(d => d.Uuid)]
            : [],
            LeftOut = [.. devices.Devices.Where(d => !d.Healthy).Select(LeftOut)],
            Features = FeaturesOf(node, pool, usable),
            Weight = 1 + (pool.Spec.Lendable ? 10 : 0) + (pool.Spec.Shared ? 100 : 0)
            + (devices.Devices.Any(d => !d.Healthy) ? 1000 : 0),
        };
        return new Member(node, pool, desired, "") { Devices = devices };
    }

    // gpu-10 comes after gpu-9.
    private static int NumberOf(string device)
    {
        var digits = device.AsSpan(device.AsSpan().LastIndexOfAnyExceptInRange('0', '9') + 1);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    private static string NothingLeft(KubeNode node, Reservation reserved) =>
        "nothing is left for Slurm: "
        + $"{node.AllocatableMilliCpu / 1000} CPUs and {node.AllocatableMemoryBytes >> 20} MiB are allocatable, "
        + $"spec.reserved keeps {reserved.Cpus} CPUs and {reserved.MemoryMiB} MiB";

    private static (GpuOwnership Ownership, string Problem) OwnershipOf(
        KubeNode node, GpuOwnership asked, NodeDevices devices)
    {
        if (asked is GpuOwnership.None)
            return (GpuOwnership.None, "");
        if (node.AllocatableGpus > 0 && !devices.Devices.IsEmpty)
            return (asked, $"a device plugin offers {node.AllocatableGpus} {WellKnown.NvidiaGpuResource} and "
                + "ResourceSlices offer "
                + $"{devices.Devices.Length} devices for the same GPUs, which Kubernetes would book twice; run only "
                + "one of the two on the node");
        var incomplete = devices.State is not (PoolState.Unknown or PoolState.Invalid) ? ""
            : devices.Problem.Length > 0 ? devices.Problem
            : "its ResourceSlices are not complete yet";
        if (asked is GpuOwnership.Host)
            return (asked, node.AllocatableGpus > 0 ? "" : incomplete);
        var claim = asked == GpuOwnership.Claim || (asked == GpuOwnership.Auto && node.AllocatableGpus == 0);
        if (!claim)
            return (GpuOwnership.DevicePlugin, asked == GpuOwnership.DevicePlugin && node.AllocatableGpus == 0
                ? $"the node offers no {WellKnown.NvidiaGpuResource}; set spec.gpuOwnership to Claim or Auto, or run "
                + "the device plugin"
                : "");
        return devices.State switch
        {
            PoolState.None when asked == GpuOwnership.Claim => (GpuOwnership.Claim,
                "it has no ResourceSlices; is the DRA driver running there?"),
            PoolState.None => (GpuOwnership.None, ""),
            _ => (GpuOwnership.Claim, incomplete),
        };
    }

    private static string GresOf(KubeNode node, GpuOwnership ownership, ImmutableArray<GpuDevice> usable) =>
        ownership switch
    {
        GpuOwnership.Claim => GresText.Write(CountByType(usable)),
        GpuOwnership.DevicePlugin => CountedGres(node, node.AllocatableGpus),
        GpuOwnership.Host => usable.IsEmpty
            ? CountedGres(node, node.AllocatableGpus)
            : GresText.Write(CountByType(usable)),
        _ => "",
    };

    // Eight GPUs of a node are one product: its type is worked out once.
    private static IEnumerable<KeyValuePair<string, int>> CountByType(ImmutableArray<GpuDevice> usable) =>
        usable.GroupBy(d => (d.Product, d.MigProfile))
            .GroupBy(same => GpuModels.TypeOf(same.First()), same => same.Count())
            .Select(type => KeyValuePair.Create(type.Key, type.Sum()));

    private static string CountedGres(KubeNode node, int gpus) =>
        GresText.Write(
            [KeyValuePair.Create(
            GpuModels.TypeOf(node.Labels.GetValueOrDefault(WellKnown.GpuProductLabel, "")), gpus)]);

    private static string LeftOut(GpuDevice device) =>
        $"{device.Name} ({device.Taints.First(t => t.Effect is "NoSchedule" or "NoExecute").Key})";

    private static ImmutableArray<string> FeaturesOf(KubeNode node, NodePool pool, ImmutableArray<GpuDevice> usable)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal) { "pool-" + pool.Ref.Name };
        foreach (var device in usable.DistinctBy(d => (d.Product, d.MigProfile, d.ComputeCapability, d.DriverVersion)))
        {
            found.Add(GpuModels.TypeOf(device));
            if (device.ComputeCapability.Length > 0)
                found.Add("cc" + string.Join('.', device.ComputeCapability.Split('.').Take(2)));
            if (device.DriverVersion.Length > 0)
                found.Add("drv" + device.DriverVersion.Split('.')[0]);
        }
        foreach (var key in pool.Spec.FeatureLabels)
            if (node.Labels.TryGetValue(key, out var value))
                found.Add($"{key[(key.LastIndexOf('/') + 1)..]}-{value}");
        found.UnionWith(pool.Spec.Features);
        found.UnionWith(node.Annotations.GetValueOrDefault(WellKnown.SlinkyFeaturesAnnotation, "")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return [.. found.Where(IsFeature).Select(f => WellKnown.FeaturePrefix + f)];
    }

    // A feature is one word in a comma-separated list: anything else would change its neighbours.
    private static bool IsFeature(string text) =>
        ConfLine.IsValue(text) && text.IndexOfAny([',', '(', ')', '[', ']', '=', '@']) < 0;
}
