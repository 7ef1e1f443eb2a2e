using Bridge.Lab.Scheduling;

namespace Bridge.Adapter.Tests.Lab;

public sealed class SchedulerTests
{
    private static readonly string Cases = Path.Combine(AppContext.BaseDirectory, "Lab", "Cases");

    public static TheoryData<string> Names() =>
        [.. Directory.GetFiles(Cases, "*.txt").Select(f => Path.GetFileNameWithoutExtension(f))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_case_comes_out_as_written(string name)
    {
        var text = await File.ReadAllTextAsync(
            Path.Combine(Cases, name + ".txt"), TestContext.Current.CancellationToken);
        var made = SchedulerCase.Parse(text);
        var view = made.View();

        var decisions = Housekeeping.Decide(view).AddRange(Scheduler.Decide(view)).Select(SchedulerCase.Describe);

        Assert.Equal(made.Expected, decisions);
    }

    [Theory]
    [InlineData("device.driver == 'gpu.nvidia.com'")]
    [InlineData("device.attributes[\"gpu.nvidia.com\"].uuid in ['GPU-a', \"GPU-b\"] && device.driver=='x'")]
    [InlineData("device.attributes['gpu.nvidia.com'].uuid in []")]
    public void Selectors_that_Bridge_and_the_driver_write_are_understood(string expression) =>
        Assert.NotNull(DeviceSelector.Parse(expression));

    [Theory]
    [InlineData("")]
    [InlineData("true")]
    [InlineData("device.driver == 'a' || device.driver == 'b'")]
    [InlineData("device.attributes['gpu.nvidia.com'].uuid.startsWith('GPU')")]
    [InlineData("device.driver == 'a' &&")]
    [InlineData("device.driver == 'a' device.driver == 'b'")]
    [InlineData("!(device.driver == 'a')")]
    public void Any_other_selector_is_refused_rather_than_guessed_at(string expression) =>
        Assert.Null(DeviceSelector.Parse(expression));

    [Theory]
    [InlineData("500m", 0.5)]
    [InlineData("4", 4)]
    [InlineData("2Ki", 2048)]
    [InlineData("1k", 1000)]
    [InlineData("1e3", 1000)]
    public void Quantities_are_read_in_all_their_forms(string text, double expected)
    {
        Assert.True(Quantity.TryParse(text, out var value));
        Assert.Equal((decimal)expected, value);
    }
}
