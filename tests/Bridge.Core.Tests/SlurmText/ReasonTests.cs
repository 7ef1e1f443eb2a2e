using Bridge.Core.SlurmText;

namespace Bridge.Core.Tests.SlurmText;

public sealed class ReasonTests
{
    [Theory]
    [InlineData("cordon", "", "bridge: cordon")]
    [InlineData("cordon", "kubectl  cordon\nby\troot", "bridge: cordon kubectl cordon by root")]
    [InlineData("gpu", "\"quoted\" 'words' \\ and = stay", "bridge: gpu quoted words and = stay")]
    [InlineData("gpu", "zürich €", "bridge: gpu z rich")]
    public void A_reason_is_one_line_of_printable_ASCII(string code, string detail, string reason)
    {
        Assert.Equal(reason, Reason.Write(code, detail));
        Assert.Equal(code, Reason.CodeOf(reason));
        Assert.True(Reason.IsOurs(reason));
    }

    [Fact]
    public void A_reason_is_cut_to_what_is_shown() =>
        Assert.Equal(Reason.MaxLength, Reason.Write("long", new string('x', 5000)).Length);

    [Theory]
    [InlineData("")]
    [InlineData("disk of alice")]
    [InlineData("slurm-bridge: cordoned")]
    [InlineData(" bridge: cordon")]
    public void Anybody_elses_reason_has_no_code(string reason)
    {
        Assert.False(Reason.IsOurs(reason));
        Assert.Equal("", Reason.CodeOf(reason));
    }
}
