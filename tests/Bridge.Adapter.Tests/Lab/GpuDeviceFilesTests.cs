using System.Text.RegularExpressions;
using Bridge.Adapter.Tests.Kube;
using Bridge.Core.Gpus;
using Bridge.Core.Model;
using Bridge.Lab.Nodes;

namespace Bridge.Adapter.Tests.Lab;

public sealed class GpuDeviceFilesTests
{
    [Fact]
    public void Whole_gpu_keeps_its_minor_number_whoever_is_missing()
    {
        var files = GpuDeviceFiles.OfPool([Gpu("gpu-7"), Gpu("gpu-2")]);
        Assert.Equal(("/dev/bridge/h100-7", "/dev/bridge/h100-2"), (files["gpu-7"], files["gpu-2"]));
    }

    [Fact]
    public void Mig_devices_are_numbered_over_the_node_in_any_order_of_telling()
    {
        GpuDevice[] devices =
        [
            .. from gpu in Enumerable.Range(0, 12) from start in Enumerable.Range(0, 7)
               select Gpu($"gpu-{gpu}-mig-1g10gb-19-{start}", "1g.10gb"),
        ];
        var files = GpuDeviceFiles.OfPool(devices.Reverse());
        Assert.Equal(
            Enumerable.Range(0, 84).Select(i => $"/dev/bridge/h100_1g.10gb-{i}"), devices.Select(d => files[d.Name]));
    }

    [Fact]
    public void Each_type_of_a_mixed_node_has_numbers_of_its_own()
    {
        var files = GpuDeviceFiles.OfPool(
        [
            Gpu("gpu-0"), Gpu("gpu-1-mig-3g40gb-9-0", "3g.40gb"), Gpu("gpu-1-mig-1g10gb-19-4", "1g.10gb"),
            Gpu("gpu-1-mig-1g10gb-19-5", "1g.10gb"),
        ]);
        Assert.Equal(
            ["h100-0", "h100_1g.10gb-0", "h100_1g.10gb-1", "h100_3g.40gb-0"],
            files.Values.Select(f => f[(GpuDeviceFiles.Folder.Length + 1)..]).Order(StringComparer.Ordinal));
    }

    /// <summary>slurmd counts by these files: a type whose name differs by one sign is a node without GPUs.</summary>
    [Fact]
    public void Every_line_of_the_labs_gres_conf_names_the_files_as_bridge_does()
    {
        var lines = File.ReadLines(Path.Combine(LabKube.Repository, "slurm-conf", "gres.conf"))
            .Where(l => l.StartsWith("Name=gpu", StringComparison.Ordinal));
        var seen = 0;
        foreach (var line in lines)
        {
            var match = Regex.Match(line, @"^Name=gpu Type=(\S+) File=(\S+)-\[0-(\d+)\]$");
            Assert.True(match.Success, line);
            var type = match.Groups[1].Value;
            Assert.Equal(GpuDeviceFiles.Of(type, 0), match.Groups[2].Value + "-0");
            var (model, profile) = type.Split('_') is [var m, var p] ? (m, p) : (type, "");
            var device = Gpu("gpu-0", profile) with { Product = "NVIDIA " + model.ToUpperInvariant() };
            Assert.Equal(type, GpuModels.TypeOf(device));
            seen++;
        }
        Assert.True(seen > 5);
    }

    private static GpuDevice Gpu(string name, string profile = "") => new()
    {
        Driver = "gpu.nvidia.com", Pool = "n1", Name = name, Product = "NVIDIA H100 80GB HBM3", MigProfile = profile,
    };
}
