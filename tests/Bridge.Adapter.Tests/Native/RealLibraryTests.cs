namespace Bridge.Adapter.Tests.Native;

/// <summary>Debian's real libnvidia-ml1 and libnccl2 load without a driver; the fakes answer as they do.</summary>
public sealed class RealLibraryTests
{
    [Theory]
    [InlineData("535", "12.535.")]
    [InlineData("550", "12.550.")]
    public async Task Real_nvml_tells_its_version_and_that_no_driver_is_loaded(string branch, string version)
    {
        var facts = await NativeJudge.AskAsync("nvml", branch);

        Assert.Contains(facts, fact => fact.StartsWith($"version 0 {version}", StringComparison.Ordinal));
        Assert.Contains("init 9 Driver Not Loaded", facts);
        Assert.Contains("count-before-init 1 Uninitialized", facts);
    }

    [Theory]
    [InlineData("535")]
    [InlineData("550")]
    public async Task Fake_nvml_exports_and_answers_word_for_word_as_the_real_one_without_a_driver(string branch)
    {
        var real = await NativeJudge.AskAsync("nvml", branch);
        var fake = await NativeJudge.AskAsync("fake", $"r{branch}");

        Assert.Contains("missing nvmlDeviceGetTemperatureV", real);
        Assert.Equal(WithoutPatchLevel(real), WithoutPatchLevel(fake));
    }

    [Fact]
    public async Task The_newest_fake_nvml_lacks_nothing()
    {
        var facts = await NativeJudge.AskAsync("fake", "r580");

        Assert.DoesNotContain(facts, fact => fact.StartsWith("missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Real_nccl_puts_the_loopback_address_into_its_unique_id()
    {
        var facts = await NativeJudge.AskAsync("nccl");

        Assert.Contains(facts, fact => fact.StartsWith("version 0 2", StringComparison.Ordinal));
        Assert.Contains("unique-id 0 family 2 address 127.0.0.1 port-set 1", facts);
    }

    [Fact]
    public async Task Fake_nccl_exports_and_answers_as_the_real_one()
    {
        var real = await NativeJudge.AskAsync("nccl");
        var fake = await NativeJudge.AskAsync("fake", "nccl");

        Assert.Equal(WithoutVersion(real), WithoutVersion(fake));
    }

    // Debian moves a driver branch to a newer patch level without changing what it exports.
    private static IEnumerable<string> WithoutPatchLevel(IEnumerable<string> facts) =>
        facts.Select(fact => fact.StartsWith("version", StringComparison.Ordinal) ? fact[..14] : fact);

    private static IEnumerable<string> WithoutVersion(IEnumerable<string> facts) =>
        facts.Where(fact => !fact.StartsWith("version", StringComparison.Ordinal));
}
