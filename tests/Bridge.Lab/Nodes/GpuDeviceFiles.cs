using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Bridge.Core.Gpus;
using Bridge.Core.Model;

namespace Bridge.Lab.Nodes;

/// <summary>
/// The names of the lab's GPU device files: the type is the GRES type, so that a slurmd which counts by gres.conf(5)
/// opens the files that its pod was given. slurm-conf/gres.conf has the same names.
/// </summary>
public static partial class GpuDeviceFiles
{
    public const string Folder = "/dev/bridge";

    /// <summary>/dev/bridge/h100-3, /dev/bridge/h100_1g.10gb-55.</summary>
    public static string Of(string type, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{Folder}/{type}-{index}");

    /// <summary>
    /// Files of all devices of one node's pool, by device name. A whole GPU has its minor number; MIG devices, whose
    /// names say where they lie on which GPU, are numbered over the node by type.
    /// </summary>
    public static ImmutableDictionary<string, string> OfPool(IEnumerable<GpuDevice> devices) => devices
        .GroupBy(GpuModels.TypeOf, StringComparer.Ordinal)
        .SelectMany(type => type
            .OrderBy(device => device.Name, NaturalOrder)
            .Select((device, place) => KeyValuePair.Create(device.Name, Of(type.Key, Minor(device) ?? place))))
        .ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>gpu-10 comes after gpu-9.</summary>
    private static readonly Comparer<string> NaturalOrder = Comparer<string>.Create((one, other) =>
        string.CompareOrdinal(Padded(one), Padded(other)));

    private static int? Minor(GpuDevice device) =>
        device.MigProfile.Length == 0 && WholeGpu().Match(device.Name) is { Success: true } match
            ? int.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : null;

    private static string Padded(string name) => Digits().Replace(name, number => number.Value.PadLeft(9, '0'));

    [GeneratedRegex(@"^gpu-([0-9]{1,4})\z")]
    private static partial Regex WholeGpu();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
