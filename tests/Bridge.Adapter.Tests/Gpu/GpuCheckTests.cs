using System.Diagnostics;
using Bridge.Node.Processes;

namespace Bridge.Adapter.Tests.Gpu;

/// <summary>
/// scripts/gpu-check on the fakes, from a tree of its own: the built bridge stands where the script expects it, and
/// nothing is built.
/// </summary>
[Collection("gpu")]
public sealed class GpuCheckTests(FakeGpus fake)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string tree = fake.File($"check-{Guid.NewGuid():N}");

    [Fact]
    public async Task Watch_that_ends_by_itself_is_told_on_the_page_and_ends_with_1()
    {
        fake.Write("include h100x8.gpu", "count = 1", "return.nvmlEventSetWait_v2 = 999");
        using var check = Start("");
        using var limit = new CancellationTokenSource(Limit);
        await check.WaitForExitAsync(limit.Token);
        Assert.Equal(1, check.ExitCode);
        var page = await System.IO.File.ReadAllTextAsync(Page, limit.Token);
        Assert.Contains("| NVML sweep | yes |", page, StringComparison.Ordinal);
        Assert.Contains("| watch | no | broken: nvmlEventSetWait_v2 returned 999", page, StringComparison.Ordinal);
        Assert.Contains("| NCCL rank 0 of 1 | yes |", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ranks_end_with_the_check_that_is_ended()
    {
        fake.Write("include h100x8.gpu", "count = 2");
        using var check = Start("[node n0]\nhang_at = 1\n");
        List<int> ranks = [];
        await Eventually.BeTrue(() => (ranks = Ranks(check.Id)).Count == 2, "two ranks run");
        ProcessGroup.Terminate(check.Id);
        await Eventually.BeTrue(() => !ranks.Exists(r => Directory.Exists($"/proc/{r}")), "the ranks have ended");
        using var limit = new CancellationTokenSource(Limit);
        await check.WaitForExitAsync(limit.Token);
    }

    private string Page => Path.Combine(tree, "page.md");

    /// <summary>Ranks of the check whose children run.</summary>
    private static List<int> Ranks(int check)
    {
        try
        {
            return [.. BridgeProcess.Children(check).Where(p => IsRank(p) && BridgeProcess.Children(p).Any())];
        }
        catch (IOException)
        {
            // One of them ended while it was looked at: the next look says more.
            return [];
        }
    }

    private static bool IsRank(int pid) =>
        System.IO.File.ReadAllText($"/proc/{pid}/cmdline").Contains("\0nccl\0--rank\0", StringComparison.Ordinal);

    private Process Start(string faults)
    {
        var root = AppContext.BaseDirectory;
        while (!System.IO.File.Exists(Path.Combine(root, "Bridge.sln"))) root = Path.GetDirectoryName(root)!;
        string[] folders = ["bin", "scripts/lib", "src/Bridge.Daemon/bin/Release/net10.0"];
        foreach (var folder in folders) Directory.CreateDirectory(Path.Combine(tree, folder));
        foreach (var file in (string[])["scripts/gpu-check", "scripts/lib/gpu-verified.py"])
            System.IO.File.Copy(Path.Combine(root, file), Path.Combine(tree, file));
        System.IO.File.CreateSymbolicLink(
            Path.Combine(tree, folders[2], "bridge"), Path.Combine(AppContext.BaseDirectory, "bridge"));
        System.IO.File.CreateSymbolicLink(Path.Combine(tree, "bin/dotnet"), "/bin/true");
        System.IO.File.WriteAllText(Path.Combine(tree, "faults"), faults);
        var start = new ProcessStartInfo(Path.Combine(tree, "scripts/gpu-check"), ["--bytes", "8", "--page", Page]);
        start.Environment["PATH"] = $"{Path.Combine(tree, "bin")}:{start.Environment["PATH"]}";
        start.Environment["LD_LIBRARY_PATH"] =
            $"{Path.GetDirectoryName(FakeGpus.Nvml(580))}:{Path.Combine(FakeGpus.Folder, "lib")}";
        start.Environment["NCCL_SOCKET_IFNAME"] = "lo";
        start.Environment["BRIDGE_FAKE_GPU"] = fake.StateFile;
        start.Environment["BRIDGE_FAKE_NCCL"] = Path.Combine(tree, "faults");
        start.Environment["BRIDGE_FAKE_NODE"] = "n0";
        return Process.Start(start) ?? throw new InvalidOperationException("gpu-check did not start");
    }
}
