using Bridge.Core.Health;
using Bridge.Gpu.Nvml;

namespace Bridge.Adapter.Tests.Gpu;

[Collection("gpu")]
public sealed class NvmlOpeningTests(FakeGpus fake)
{
    [Fact]
    public void Wrong_path_is_a_state_with_the_loaders_reason_and_finds_no_other_library()
    {
        var opening = NvmlLibrary.Open("/nowhere/libnvidia-ml.so.1");
        Assert.Equal(NvmlState.LibraryMissing, opening.State);
        Assert.Contains("cannot open shared object file", opening.Why, StringComparison.Ordinal);
        Assert.Contains("correct the path", opening.Advice, StringComparison.Ordinal);
        Assert.Null(opening.Library);
    }

    [Fact]
    public void Library_of_another_architecture_is_named_as_such()
    {
        var file = fake.File("libnvidia-ml-arm.so");
        var header = new byte[4096];
        // ELF, 64 bit, little endian, version 1; shared object; aarch64 (elf(5)).
        byte[] start = [.. "\u007fELF"u8, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 183, 0, 1, 0, 0, 0];
        start.CopyTo(header, 0);
        System.IO.File.WriteAllBytes(file, header);
        var opening = NvmlLibrary.Open(file);
        Assert.Equal(NvmlState.LibraryUnusable, opening.State);
        Assert.Contains("built for aarch64", opening.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_no_library_is_named_as_such()
    {
        var file = fake.File("notes.txt");
        System.IO.File.WriteAllText(file, "this file is a text and longer than any header of a library would be");
        var opening = NvmlLibrary.Open(file);
        Assert.Equal(NvmlState.LibraryUnusable, opening.State);
        Assert.Contains("the file is no ELF library", opening.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Library_that_is_not_nvml_is_named_as_such()
    {
        var opening = NvmlLibrary.Open(Path.Combine(FakeGpus.Folder, "lib", "libcudart.so.12"));
        Assert.Equal(NvmlState.LibraryUnusable, opening.State);
        Assert.Contains("not an NVML library", opening.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("driver = none", NvmlState.DriverNotLoaded)]
    [InlineData("return.nvmlInit_v2 = 9", NvmlState.DriverNotLoaded)]
    [InlineData("return.nvmlInit_v2 = 18", NvmlState.DriverMismatch)]
    [InlineData("return.nvmlInit_v2 = 4", NvmlState.NoPermission)]
    [InlineData("return.nvmlInit_v2 = 999", NvmlState.Failed)]
    public void Driver_that_does_not_start_is_a_state_with_advice(string line, NvmlState state)
    {
        fake.Write("include h100x8.gpu", "[system]", line);
        var opening = NvmlLibrary.Open(FakeGpus.Nvml(580));
        Assert.Equal(state, opening.State);
        Assert.NotEmpty(opening.Advice);
        Assert.Contains("nvmlInit_v2 returned", opening.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_file_with_a_typo_never_gives_a_healthy_gpu()
    {
        fake.Write("include h100x8.gpu", "[gpu 1]", "tepm.gpu = 93");
        Assert.Equal(NvmlState.Failed, NvmlLibrary.Open(FakeGpus.Nvml(580)).State);
    }

    [Fact]
    public void Xid_is_heard_with_the_gpu_that_it_came_from()
    {
        fake.Write("include h100x8.gpu");
        using var nvml = FakeGpus.Open();
        using var watch = NvmlWatch.Begin(nvml).Value;
        Assert.Equal(8, watch.Gpus.Count);
        Assert.All(watch.Gpus, g => Assert.Equal(0x8, g.Events & 0x8));
        fake.Write("include h100x8.gpu", "event = 1 3 xid 79");
        var seen = watch.Wait(TimeSpan.FromSeconds(10), TimeProvider.System, "boot");
        Assert.True(seen.Ok, seen.Explain());
        Assert.Equal((GpuEventKind.Xid, 79L), (seen.Value.Kind, seen.Value.Code));
        Assert.Equal(watch.Gpus[3].Uuid, seen.Value.Uuid);
    }

    [Fact]
    public void Watch_without_an_event_says_timeout()
    {
        fake.Write("include h100x8.gpu");
        using var nvml = FakeGpus.Open();
        using var watch = NvmlWatch.Begin(nvml).Value;
        Assert.Equal(NvmlReturn.Timeout, watch.Wait(TimeSpan.Zero, TimeProvider.System, "boot").Code);
    }
}
