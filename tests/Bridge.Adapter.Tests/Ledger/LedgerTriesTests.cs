using System.Globalization;
using System.Text.Json.Nodes;
using Bridge.Ledger;
using Npgsql;

namespace Bridge.Adapter.Tests.Ledger;

/// <summary>A step that is refused for a week must not fill the journal.</summary>
public sealed class LedgerTriesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTimeOffset Began = new(2026, 11, 21, 4, 0, 0, TimeSpan.Zero);

    private static readonly ActionEntry Refused = new()
    {
        At = Began, Cluster = "lab", Key = "partition/gpu", Kind = "PutPartition", Why = "it has 3 nodes, not 2",
        Result = "Rejected", Detail = "Access denied", FencingToken = 1,
    };

    private static readonly ActionEntry Done = Refused with { Result = "Done", Detail = "" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_that_fails_again_in_the_same_words_is_one_row_with_a_count()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using var ledger = Open(connection);
        for (var minute = 0; minute < 7 * 24 * 60; minute++)
        {
            ledger.Store.Record(Refused with { At = Began.AddMinutes(minute) });
            if (minute % 3000 == 0)
                await ledger.FlushAsync();
        }
        await ledger.FlushAsync();

        Assert.Equal([$"10080 {Began:u} {Began.AddMinutes(10079):u}"], await RowsAsync(connection));
    }

    /// <summary>An API server that is away says so in two ways, one after the other.</summary>
    [Fact]
    public async Task A_step_that_fails_in_one_way_and_another_by_turns_is_a_row_for_each()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using var ledger = Open(connection);
        for (var i = 0; i < 10; i++)
        {
            ledger.Store.Record(Refused with { Detail = "Access denied" });
            ledger.Store.Record(Refused with { Detail = "timed out" });
        }
        await ledger.FlushAsync();

        Assert.Equal(2, (await RowsAsync(connection)).Length);
    }

    [Fact]
    public async Task What_was_done_is_a_row_each_time_and_what_fails_after_it_begins_a_new_one()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using var ledger = Open(connection);
        foreach (var entry in new[] { Refused, Done, Done, Refused, Refused })
            ledger.Store.Record(entry);
        await ledger.FlushAsync();

        Assert.Equal(4, (await RowsAsync(connection)).Length);
    }

    public static TheoryData<string> OtherWords => ["kind", "why", "result", "key", "cluster", "token"];

    [Theory]
    [MemberData(nameof(OtherWords))]
    public async Task What_is_another_failure_is_another_row(string what)
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        await using var ledger = Open(connection);
        ledger.Store.Record(Refused);
        ledger.Store.Record(what switch
        {
            "kind" => Refused with { Kind = "DeletePartition" },
            "why" => Refused with { Why = "it has 4 nodes, not 2" },
            "result" => Refused with { Result = "Conflict" },
            "key" => Refused with { Key = "partition/cpu" },
            "cluster" => Refused with { Cluster = "other" },
            _ => Refused with { FencingToken = 2 },
        });
        await ledger.FlushAsync();

        Assert.Equal(2, (await RowsAsync(connection)).Length);
    }

    [Fact]
    public async Task Tries_are_counted_over_an_absence_of_PostgreSQL()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        using var door = new PostgresDoor(connection);
        await using var ledger = Open(door.Connection);
        ledger.Store.Record(Refused);
        await ledger.FlushAsync();
        await door.ShutAsync(Cancel);
        for (var minute = 1; minute < 50; minute++)
            ledger.Store.Record(Refused with { At = Began.AddMinutes(minute) });
        await ledger.SaysUnavailableAsync();
        door.Open();
        ledger.Store.Record(Refused with { At = Began.AddMinutes(50) });
        await ledger.FlushAsync();

        Assert.Equal([$"51 {Began:u} {Began.AddMinutes(50):u}"], await RowsAsync(connection));
    }

    /// <summary>
    /// A batch whose commit was not acknowledged is sent again: the same writer, sequence and count, or fewer.
    /// </summary>
    [Fact]
    public async Task A_batch_that_is_sent_again_counts_nothing_twice()
    {
        var connection = await postgres.Server.NewDatabaseAsync(Cancel);
        foreach (var tries in new[] { 5, 5, 3 })
        {
            await using var ledger = Open(connection);
            for (var minute = 0; minute < tries; minute++)
                ledger.Store.Record(Refused with { At = Began.AddMinutes(minute) });
            await ledger.FlushAsync();
        }

        Assert.Equal([$"5 {Began:u} {Began.AddMinutes(4):u}"], await RowsAsync(connection));
    }

    [Fact]
    public async Task The_journal_is_read_with_its_tries_and_what_was_tried_last_comes_first()
    {
        await using var ledger = Open(await postgres.Server.NewDatabaseAsync(Cancel));
        ledger.Store.Record(Refused);
        ledger.Store.Record(Done with { Key = "partition/cpu", At = Began.AddMinutes(1) });
        ledger.Store.Record(Refused with { At = Began.AddMinutes(2) });
        await ledger.FlushAsync();

        Assert.Equal(
            [Refused with { Tries = 2, LastAt = Began.AddMinutes(2) },
                Done with { Key = "partition/cpu", At = Began.AddMinutes(1) }],
            await ledger.Store.ReadActionsAsync("lab", "", 10, Cancel));
    }

    private static RunningLedger Open(string connection) => new(PostgresFixture.Options(connection));

    private static async Task<string[]> RowsAsync(string connection)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var rows = source.CreateCommand("select to_jsonb(action) from action order by sequence");
        await using var reader = await rows.ExecuteReaderAsync(Cancel);
        var found = new List<string>();
        while (await reader.ReadAsync(Cancel))
        {
            var row = JsonNode.Parse(reader.GetString(0))!;
            found.Add($"{row["tries"]} {Time(row["at"]):u} {Time(row["last_at"]):u}");
        }
        return [.. found];
    }

    private static DateTimeOffset? Time(JsonNode? at) => at is null
        ? null : DateTimeOffset.Parse((string)at!, CultureInfo.InvariantCulture).ToUniversalTime();
}
