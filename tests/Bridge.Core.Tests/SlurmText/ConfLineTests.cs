using Bridge.Core.SlurmText;

namespace Bridge.Core.Tests.SlurmText;

public sealed class ConfLineTests
{
    [Fact]
    public void A_line_is_its_parameters_in_order_and_empty_ones_are_left_out()
    {
        var line = new ConfLine().Add("CPUs", 8).Add("RealMemory", "").Add("Gres", "gpu:h100:8")
            .Add("Feature", "k8s/zone-a,rack=7");
        Assert.Equal("CPUs=8 Gres=gpu:h100:8 Feature=k8s/zone-a,rack=7", line.ToString());
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a\nNodeName=evil")]
    [InlineData("a\r")]
    [InlineData("a\tb")]
    [InlineData("a\0b")]
    [InlineData("\"a\"")]
    [InlineData("'a'")]
    [InlineData("a#b")]
    [InlineData("a\\b")]
    [InlineData("a;b")]
    [InlineData("$(id)")]
    [InlineData("`id`")]
    [InlineData("zürich")]
    [InlineData("a\u00a0b")]
    [InlineData("a\u2028b")]
    public void A_value_that_slurm_conf_does_not_carry_is_refused_with_the_fields_name(string value)
    {
        var error = Assert.Throws<ArgumentException>(() => new ConfLine().Add("Feature", value));
        Assert.StartsWith("Feature: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.False(ConfLine.IsValue(value));
    }

    [Theory]
    [InlineData("SlurmctldParameters")]
    [InlineData("NodeName")]
    [InlineData("gres")]
    [InlineData("Gres=gpu:1 State")]
    [InlineData("")]
    public void An_unknown_parameter_is_refused_by_name(string key)
    {
        var error = Assert.Throws<ArgumentException>(() => new ConfLine().Add(key, "1"));
        Assert.StartsWith($"'{key}' is not a node parameter", error.Message, StringComparison.Ordinal);
    }
}
