using System.Text.Json;
using Bridge.Core.Gpus;
using Bridge.Core.SlurmText;
using Bridge.Kube.Fleet;
using Bridge.Kube.Models;
using Bridge.Lab.Fixtures;
using Bridge.Lab.Models;
using Bridge.Lab.Nodes;
using k8s.Models;

namespace Bridge.Adapter.Tests.Lab;

/// <summary>A slurmd pod's device files are those that gres.conf names for the GRES of its node.</summary>
public sealed class GpuFilesTests
{
    [Theory]
    [InlineData("", "gpu:h100:8", "h100-0", "h100-7")]
    [InlineData("1g.10gb", "gpu:h100_1g.10gb:56", "h100_1g.10gb-0", "h100_1g.10gb-55")]
    [InlineData("3g.40gb", "gpu:h100_3g.40gb:16", "h100_3g.40gb-0", "h100_3g.40gb-15")]
    public void Files_of_a_whole_node_have_the_names_of_its_gres(string profile, string gres, string first, string last)
    {
        var slice = Slice(profile, 1);
        var devices = SliceMapping.Map(slice).Gpus;
        var types = devices.GroupBy(GpuModels.TypeOf).Select(t => KeyValuePair.Create(t.Key, t.Count()));
        Assert.Equal(gres, GresText.Write(types));
        var files = GpuFiles.OfClaim(Claim(devices.Select(d => d.Name)), [slice]).ToList();
        Assert.Equal(devices.Length, files.Distinct().Count());
        Assert.Equal($"/dev/bridge/{first}", files[0]);
        Assert.Equal($"/dev/bridge/{last}", files[^1]);
    }

    [Fact]
    public void Claim_of_some_mig_devices_gets_their_own_files_and_no_file_of_an_older_generation()
    {
        V1ResourceSlice[] slices = [Slice("", 1), Slice("1g.10gb", 2)];
        string[] wanted = ["gpu-1-mig-1g10gb-19-3", "gpu-0-mig-1g10gb-19-6", "gpu-4", "gpu-9-mig-1g10gb-19-0"];
        Assert.Equal(
            ["/dev/bridge/h100_1g.10gb-10", "/dev/bridge/h100_1g.10gb-6"], GpuFiles.OfClaim(Claim(wanted), slices));
    }

    private static V1ResourceSlice Slice(string profile, int generation)
    {
        var fixture = new NodeFixture
        {
            Name = "n1", Product = GpuProduct.Find("NVIDIA H100 80GB HBM3")!, Gpus = 8, MigProfile = profile,
        };
        var body = fixture.Slice();
        body["metadata"]!["name"] = $"{fixture.SliceName}-{generation}";
        body["spec"]!["pool"]!["generation"] = generation;
        return JsonSerializer.Deserialize(body.ToJsonString(), KubeKinds.ResourceSlices.Item)!;
    }

    private static LabClaim Claim(IEnumerable<string> devices) => new()
    {
        Status = new LabClaimStatus
        {
            Allocation = new LabAllocation
            {
                Devices = new LabAllocatedDevices
                {
                    Results =
                    [
                        .. devices.Select(d => new LabDeviceResult
                        {
                            Driver = "gpu.nvidia.com", Pool = "n1", Device = d,
                        }),
                    ],
                },
            },
        },
    };
}
