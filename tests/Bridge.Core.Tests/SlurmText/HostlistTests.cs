using Bridge.Core.Names;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Tests.SlurmText;

public sealed class HostlistTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("(null)", "")]
    [InlineData("None assigned", "")]
    [InlineData("a", "a")]
    [InlineData("n[1-3,7]", "n1 n2 n3 n7")]
    [InlineData("gpu[008-011],login0", "gpu008 gpu009 gpu010 gpu011 login0")]
    [InlineData("s[2,1]", "s2 s1")]
    [InlineData("n[1-2]-ib,m9", "n1-ib n2-ib m9")]
    [InlineData("rack[1-2]n[08-09]", "rack1n08 rack1n09 rack2n08 rack2n09")]
    [InlineData("a[1,3]b[2]c,d", "a1b2c a3b2c d")]
    [InlineData("_old+1", "_old+1")]
    public void A_hostlist_is_expanded_in_its_own_order(string text, string names) =>
        Assert.Equal(names, string.Join(' ', Hostlist.Expand(text)));

    [Theory]
    [InlineData("n[1")]
    [InlineData("n1]")]
    [InlineData("n[1-]")]
    [InlineData("n[3-1]")]
    [InlineData("n[a-b]")]
    [InlineData("n[[1]]")]
    [InlineData("a b")]
    [InlineData("a,,b")]
    [InlineData("n[1-999999999]")]
    [InlineData("n[1-999]m[1-999]")]
    [InlineData("n[2147483600-2147483647]x y")]
    [InlineData("a\nb")]
    [InlineData("ü1")]
    public void What_is_no_hostlist_is_refused(string text) =>
        Assert.Throws<FormatException>(() => Hostlist.Expand(text));

    [Theory]
    [InlineData("n1", "n1")]
    [InlineData("n2 n1 n3", "n[1-3]")]
    [InlineData("n09 n10", "n[09-10]")]
    [InlineData("n9 n10 n11", "n[9-11]")]
    [InlineData("n1 n01", "n[1,01]")]
    [InlineData("b a1 a3", "a[1,3],b")]
    [InlineData("x12345678901 x2", "x12345678901,x2")]
    public void Names_are_compressed_to_the_shortest_list(string names, string expected) =>
        Assert.Equal(expected, Hostlist.Compress(names.Split(' ').Select(n => new NodeName(n))));

    [Fact]
    public void What_was_compressed_expands_to_the_same_names()
    {
        var random = new Random(20261121);
        for (var round = 0; round < 500; round++)
        {
            var names = Enumerable.Range(0, random.Next(1, 60)).Select(_ => Name(random)).Distinct().ToList();
            var text = Hostlist.Compress(names);
            Assert.Equal(names.Order(), Hostlist.Expand(text).Order());
            Assert.Equal(text, Hostlist.Compress(names.AsEnumerable().Reverse()));
        }
    }

    private static NodeName Name(Random random)
    {
        string[] prefixes = ["n", "gpu-", "rack1-n", "a.b-", "login"];
        var number = random.Next(4) switch
        {
            0 => random.Next(20).ToString("D3", System.Globalization.CultureInfo.InvariantCulture),
            1 => "",
            _ => random.Next(130).ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        return new NodeName((prefixes[random.Next(prefixes.Length)] + number).TrimEnd('-'));
    }
}
