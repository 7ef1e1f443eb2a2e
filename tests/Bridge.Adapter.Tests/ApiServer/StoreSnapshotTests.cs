using Bridge.ApiServer.Jobs;
using Bridge.ApiServer.Selectors;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class StoreSnapshotTests
{
    private static readonly string[] Selectors =
    [
        "status.state=RUNNING", "status.state=FAILED", "spec.user=alice", "spec.user=", "status.node=n2",
        "status.node=n9", "status.node=n1,spec.user=bob", "status.state!=RUNNING",
        "status.state=PENDING,status.node=n1", "spec.account=vision,status.state=RUNNING",
    ];

    /// <summary>Also of snapshots that are old by now: a client may still read their pages.</summary>
    [Fact]
    public void What_an_index_finds_is_what_a_walk_finds_in_each_namespace_and_from_each_page_on()
    {
        var random = new Random(12);
        var store = Samples.Store(TimeProvider.System);
        store.Update([], Samples.Namespaces);
        var found = 0;
        var old = store.Objects.Current;
        for (var round = 0; round < 150; round++)
        {
            store.Change([.. Jobs(random)], [.. Enumerable.Range(1, 40).Where(_ => random.Next(9) == 0).Select(Id)]);
            var after = random.Next(2) == 0 ? (StoreKey?)null : new StoreKey("team-vision", $"lab-{random.Next(40)}");
            foreach (var snapshot in (StoreSnapshot<ServedJob>[])[old, store.Objects.Current])
                foreach (var text in Selectors)
                    foreach (var ns in (string[])["", "team-vision", "slurm", "nothing"])
                        found += Same(snapshot, text, ns, after);
            if (random.Next(5) == 0)
                old = store.Objects.Current;
        }
        Assert.InRange(found, 1_000, int.MaxValue);
    }

    [Fact]
    public void Jobs_on_a_node_are_found_without_a_walk_over_all_jobs()
    {
        var store = Samples.Store(TimeProvider.System);
        store.Update(
            Enumerable.Range(1, 5_000).Select(i => Samples.Running((uint)i) with { Nodes = $"n[{i}-{i + 1}]" }),
            Samples.Namespaces);
        var selector = Selector("status.node=n70,status.state=RUNNING,spec.user=alice");
        var looked = store.Objects.Current.In("", required: selector.Required).ToList();
        Assert.Equal(["lab-69", "lab-70"], looked.Select(o => o.Key.Name));
    }

    [Fact]
    public void The_rest_of_a_list_is_counted_from_where_its_page_ended()
    {
        var store = Samples.Store(TimeProvider.System);
        store.Update([.. Enumerable.Range(1, 9).Select(i => Samples.Running((uint)i)), Samples.Pending(20)],
            Samples.Namespaces);
        var snapshot = store.Objects.Current;
        Assert.Equal(10, snapshot.Count(""));
        Assert.Equal(9, snapshot.Count("team-vision"));
        Assert.Equal(2, snapshot.Count("team-vision", new StoreKey("team-vision", "lab-7")));
        Assert.Equal(9, snapshot.Count("team-vision", new StoreKey("team-speech", "lab-20")));
        Assert.Equal(0, snapshot.Count("team-speech", new StoreKey("team-vision", "lab-1")));
    }

    private static int Same(StoreSnapshot<ServedJob> snapshot, string text, string ns, StoreKey? after)
    {
        var selector = Selector(text);
        var walked = snapshot.In("").Where(o => (ns.Length == 0 || o.Key.Namespace == ns)
            && (after is null || o.Key > after) && selector.Matches(o)).ToList();
        Assert.Equal(walked, snapshot.In(ns, after, selector.Required).Where(selector.Matches));
        return walked.Count;
    }

    private static FieldSelector<ServedJob> Selector(string text) =>
        FieldSelector.Parse(text, SlurmJobKind.Resource.Fields, out _)!;

    private static IEnumerable<SlurmJob> Jobs(Random random) =>
        Enumerable.Range(1, 40).Where(_ => random.Next(5) == 0).Select(i => Samples.Running((uint)i) with
        {
            State = ((string[])["RUNNING", "PENDING", "FAILED"])[random.Next(3)],
            User = ((string[])["alice", "bob", ""])[random.Next(3)],
            Account = random.Next(2) == 0 ? "vision" : "other",
            Nodes = ((string[])["", "n[1-2]", "n2", "n[2-9]", "n["])[random.Next(5)],
        });

    private static JobId Id(int id) => new((uint)id);
}
