namespace Bridge.Adapter.Tests.Native;

/// <summary>A real slurmd 26.05 with Debian's NVML plugin finds its GPUs through the fake library.</summary>
public sealed class RealSlurmdTests
{
    [Fact]
    public async Task Slurmd_lists_eight_gpus_with_type_and_device_file()
    {
        using var state = NativeJudge.State("include h100x8.gpu\n");

        var gpus = Gpus(await NativeJudge.AskAsync("slurmd", state.Path, "gpu:h100:8"));

        Assert.Equal(8, gpus.Length);
        for (var i = 0; i < 8; i++)
        {
            Assert.Contains($"Type=h100 Count=1 Index={i} ", gpus[i], StringComparison.Ordinal);
            Assert.Contains($"File=/dev/nvidia{i} ", gpus[i], StringComparison.Ordinal);
            Assert.Contains("Flags=HAS_FILE,HAS_TYPE,ENV_NVML", gpus[i], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Slurmd_counts_the_links_between_gpus_and_misses_a_broken_one()
    {
        using var state = NativeJudge.State("include a100x4.gpu\n[gpu 0]\nnvlink.11.active = no\n");

        var gpus = Gpus(await NativeJudge.AskAsync("slurmd", state.Path, "gpu:a100:4"));

        Assert.Equal(4, gpus.Length);
        Assert.Contains("Links=-1,4,4,3 ", gpus[0], StringComparison.Ordinal);
        Assert.Contains("Links=4,-1,4,4 ", gpus[1], StringComparison.Ordinal);
        Assert.Contains("Links=4,4,4,-1 ", gpus[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gpu_that_fell_off_is_missing_from_the_list_by_its_own_device_file()
    {
        using var state = NativeJudge.State("include h100x8.gpu\n[gpu 3]\nlost = 1\n");

        var gpus = Gpus(await NativeJudge.AskAsync("slurmd", state.Path, "gpu:h100:8"));

        Assert.Equal(7, gpus.Length);
        Assert.DoesNotContain(gpus, gpu => gpu.Contains("/dev/nvidia3 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_typo_in_the_state_file_gives_slurmd_no_gpu_at_all()
    {
        using var state = NativeJudge.State("include h100x8.gpu\n[gpu 3]\nlots = 1\n");

        var lines = await NativeJudge.AskAsync("slurmd", state.Path, "gpu:h100:8");

        Assert.Empty(Gpus(lines));
        Assert.Contains(lines, line => line.Contains("now.gpu:3: unknown GPU key 'lots'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gpu_that_falls_off_makes_slurmctld_register_seven_of_eight_and_drain_the_node()
    {
        using var before = NativeJudge.State("include h100x8.gpu\n");
        using var after = NativeJudge.State("include h100x8.gpu\n[gpu 3]\nlost = 1\n");

        var seen = await NativeJudge.AskAsync("register", before.Path, after.Path, "gpu:h100:8");

        Assert.Equal(2, seen.Length);
        Assert.StartsWith("before: Gres=gpu:h100:8", seen[0], StringComparison.Ordinal);
        Assert.EndsWith("State=IDLE", seen[0], StringComparison.Ordinal);
        Assert.StartsWith("after: Gres=gpu:h100:7", seen[1], StringComparison.Ordinal);
        Assert.Contains("INVALID_REG", seen[1], StringComparison.Ordinal);
        Assert.Contains("gres/gpu count reported lower than configured (7 < 8)", seen[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slurmd_that_starts_anew_with_all_its_gpus_stays_idle()
    {
        using var state = NativeJudge.State("include h100x8.gpu\n");

        var seen = await NativeJudge.AskAsync("register", state.Path, state.Path, "gpu:h100:8");

        Assert.Equal("after: Gres=gpu:h100:8(S:0) State=IDLE", seen[^1]);
    }

    [Fact]
    public async Task Slurmd_finds_the_mig_devices_of_a_mixed_node_under_the_types_that_bridge_writes()
    {
        using var state = NativeJudge.State("include a100x8-mig-mixed.gpu\n");

        var seen = await NativeJudge.AskAsync("slurmd", state.Path, "gpu:a100_3g.40gb:6,gpu:a100_2g.20gb:4,gpu:a100:4");

        var types = Gpus(seen).Select(gpu => gpu.Split("Type=")[1].Split(' ')[0]).GroupBy(type => type);
        Assert.Equal(
            ["a100 4", "a100_2g.20gb 4", "a100_3g.40gb 6"],
            types.Select(type => $"{type.Key} {type.Count()}").Order(StringComparer.Ordinal));
        const string files = "File=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap12,/dev/nvidia-caps/nvidia-cap13 ";
        Assert.Contains(seen, line => line.Contains(files, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Slurmctld_registers_the_mig_devices_of_a_mixed_node()
    {
        using var state = NativeJudge.State("include a100x8-mig-mixed.gpu\n");

        var seen = await NativeJudge.AskAsync(
            "register", state.Path, state.Path, "gpu:a100_3g.40gb:6,gpu:a100_2g.20gb:4,gpu:a100:4");

        Assert.Contains("gpu:a100_3g.40gb:6", seen[0], StringComparison.Ordinal);
        Assert.EndsWith("State=IDLE", seen[0], StringComparison.Ordinal);
    }

    /// <summary>
    /// slurmd's own type of an H100's MIG device has the memory between model and profile, so gres.conf(5)'s substring
    /// rule does not find Bridge's type in it; an A100's has not (docs/gpu/fakes.md).
    /// </summary>
    [Fact]
    public async Task Autodetection_of_an_h100_under_mig_needs_a_type_that_slurmd_itself_makes()
    {
        using var state = NativeJudge.State("include h100x8-mig-1g.gpu\n");

        Assert.Empty(Gpus(await NativeJudge.AskAsync("slurmd", state.Path, "gpu:h100_1g.10gb:56")));
        Assert.Equal(56, Gpus(await NativeJudge.AskAsync("slurmd", state.Path, "gpu:1g.10gb:56")).Length);
        const string whole = "gpu:nvidia_h100_80gb_hbm3_1g.10gb:56";
        Assert.Equal(56, Gpus(await NativeJudge.AskAsync("slurmd", state.Path, whole)).Length);
    }

    private static string[] Gpus(IEnumerable<string> lines) =>
        [.. lines.Where(line => line.Contains("Gres Name=gpu", StringComparison.Ordinal))];
}
