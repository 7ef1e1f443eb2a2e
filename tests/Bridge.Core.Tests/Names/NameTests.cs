using Bridge.Core.Names;

namespace Bridge.Core.Tests.Names;

public sealed class NameTests
{
    [Theory]
    [InlineData("gpu-1", true)]
    [InlineData("gpu_1.rack", true)]
    [InlineData("", false)]
    [InlineData("-gpu", false)]
    [InlineData("gpu 1", false)]
    [InlineData("gpu[1-2]", false)]
    [InlineData("gpu1\n", false)]
    public void A_node_name_is_one_word_to_its_very_end(string text, bool valid) =>
        Assert.Equal(valid, NodeName.IsValid(text));

    [Theory]
    [InlineData("gpu-1", true)]
    [InlineData("gpu.1", false)]
    [InlineData("gpu,cpu", false)]
    [InlineData("gpu\n", false)]
    public void A_partition_name_is_one_word_to_its_very_end(string text, bool valid) =>
        Assert.Equal(valid, PartitionName.IsValid(text));
}
