using Bridge.Core.SlurmText;

namespace Bridge.Core.Tests.SlurmText;

public sealed class GresTextTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("(null)", 0)]
    [InlineData("N/A", 0)]
    [InlineData("gpu", 1)]
    [InlineData("gpu:4", 4)]
    [InlineData("gpu:h100:8", 8)]
    [InlineData("gpu:h100:8(S:0-1)", 8)]
    [InlineData("gpu:h200:2(IDX:0-1),gpu:a100:1(IDX:7)", 3)]
    [InlineData("gpu:h200:0(IDX:N/A)", 0)]
    [InlineData("shard:16,gpu:2", 2)]
    [InlineData("gpu:a:b:c,gpu:2", 2)]
    public void GPUs_of_a_Gres_text_are_counted(string text, int gpus) => Assert.Equal(gpus, GresText.Gpus(text));

    [Fact]
    public void Indices_are_read_where_they_are_told() =>
        Assert.Equal([0, 1, 5], GresText.Parse("gpu:h200:3(IDX:0-1,5)").Single().Indices);

    [Theory]
    [InlineData("gpu:h100:8", "gpu:h100:8(S:0-1)", true)]
    [InlineData("gpu:a100:1,gpu:h100:2", "gpu:h100:2,gpu:a100:1", true)]
    [InlineData("gpu:h100:8", "gpu:h100:7", false)]
    [InlineData("gpu:h100:8", "gpu:8", false)]
    [InlineData("", "(null)", true)]
    public void Gres_texts_are_compared_by_what_they_count(string one, string other, bool same) =>
        Assert.Equal(same, GresText.Same(one, other));
}
