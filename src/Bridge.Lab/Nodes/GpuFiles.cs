using System.Globalization;
using System.Text.RegularExpressions;
using Bridge.Core.Gpus;
using Bridge.Core.Names;
using Bridge.Kube.Models;
using Bridge.Lab.Models;
using Bridge.Lab.Scheduling;

namespace Bridge.Lab.Nodes;

/// <summary>
/// The device files of a pod's GPUs. A fake GPU is /dev/bridge/TYPE-MINOR, where TYPE is the Slurm GRES type:
/// slurm-conf/gres.conf has the same names.
/// </summary>
internal static partial class GpuFiles
{
    /// <summary>
    /// Files of the devices that the claim was given; devices that no slice tells of any more are left out.
    /// </summary>
    public static IEnumerable<string> OfClaim(LabClaim claim, IReadOnlyCollection<ResourceSlice> slices) =>
        (claim.Status.Allocation?.Devices.Results ?? []).SelectMany(result => slices
            .Where(s => s.Spec.Driver == result.Driver && s.Spec.Pool.Name == result.Pool)
            .OrderByDescending(s => s.Spec.Pool.Generation)
            .SelectMany(s => s.Spec.Devices)
            .Where(d => d.Name == result.Device)
            .Take(1)
            .Select(FileOf));

    /// <summary>
    /// Files for nvidia.com/gpu: N, as a device plugin would hand them out on a node with one slurmd.
    /// </summary>
    public static IEnumerable<string> OfRequest(LabPod pod, NodeObject node)
    {
        var count = (int)NodeFit.Requests(pod).GetValueOrDefault(WellKnown.NvidiaGpuResource);
        var type = GpuModels.TypeOf(node.Metadata.Labels.GetValueOrDefault(WellKnown.GpuProductLabel) ?? "");
        return Enumerable.Range(0, count).Select(minor => Name(type, minor.ToString(CultureInfo.InvariantCulture)));
    }

    private static string FileOf(SliceDevice device)
    {
        var type = GpuModels.TypeOf(Text(device, "productName"));
        var profile = Text(device, "profile");
        var minor = MinorPattern().Match(device.Name).Groups[1].Value;
        return profile.Length == 0
            ? Name(type, minor)
            : Name($"{type}_{profile}", device.Name["gpu-".Length..]);
    }

    private static string Text(SliceDevice device, string name) =>
        device.Attributes?.GetValueOrDefault(name)?.Text ?? "";

    private static string Name(string type, string minor) =>
        $"/dev/bridge/{NotPlain().Replace(type, "_")}-{NotPlain().Replace(minor, "_")}";

    [GeneratedRegex("^gpu-([0-9]+)")]
    private static partial Regex MinorPattern();

    [GeneratedRegex("[^A-Za-z0-9_-]")]
    private static partial Regex NotPlain();
}
