using Bridge.ApiServer.Store;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class JsonCacheTests
{
    private int made;

    [Fact]
    public void Json_is_made_once_and_let_go_of_the_oldest_first_above_its_bytes()
    {
        var cache = new JsonCache<int>(Make, mostBytes: 1_000);
        var objects = Enumerable.Range(0, 50)
            .Select(i => new StoredObject<int>(new StoreKey("ns", $"{i}"), i, 1)).ToList();
        foreach (var stored in objects.Concat(objects[^10..]))
            Assert.Equal(100, cache.Of(stored).Length);

        Assert.Equal(50, made);
        Assert.Equal(objects[^10..], objects.Where(o => o.Json is not null));
        Assert.Equal(0, cache.Of(objects[0])[0]);
        Assert.Null(objects[^10].Json);
    }

    [Fact]
    public void What_is_larger_than_all_that_is_kept_is_written_all_the_same()
    {
        var cache = new JsonCache<int>(Make, mostBytes: 10);
        var stored = new StoredObject<int>(new StoreKey("ns", "a"), 7, 1);
        Assert.Equal(7, cache.Of(stored)[0]);
        Assert.Null(stored.Json);
    }

    private byte[] Make(StoredObject<int> stored)
    {
        made++;
        var json = new byte[100];
        json[0] = (byte)stored.Value;
        return json;
    }
}
