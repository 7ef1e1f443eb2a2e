using Bridge.Ledger;
using Npgsql;

namespace Bridge.Adapter.Tests.Ledger;

public sealed class MigratorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly MigrationScript One = MigrationScript.Parse("001_one.sql", "create table one (x int);");
    private static readonly MigrationScript Two = MigrationScript.Parse("002_two.sql", "create table two (x int);");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scripts_are_applied_once_and_in_order()
    {
        await using var database = await NewAsync();

        Assert.Equal(1, await new Migrator(database, [One]).ApplyAsync(Cancel));
        Assert.Equal(1, await new Migrator(database, [One, Two]).ApplyAsync(Cancel));
        Assert.Equal(0, await new Migrator(database, [One, Two]).ApplyAsync(Cancel));
    }

    [Fact]
    public async Task Two_that_start_together_apply_each_script_once()
    {
        await using var database = await NewAsync();

        var applied = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => new Migrator(database, [One, Two]).ApplyAsync(Cancel)));

        Assert.Equal([0, 0, 2], applied.Order());
    }

    [Fact]
    public async Task A_changed_script_is_drift_and_says_which()
    {
        await using var database = await NewAsync();
        await new Migrator(database, [One]).ApplyAsync(Cancel);

        var changed = MigrationScript.Parse("001_one.sql", "create table one (x bigint);");
        var drift = await Assert.ThrowsAsync<LedgerDriftException>(
            () => new Migrator(database, [changed]).ApplyAsync(Cancel));

        Assert.Contains("001_one was applied with checksum", drift.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_newer_Bridge_is_left_alone()
    {
        await using var database = await NewAsync();
        await new Migrator(database, [One, Two]).ApplyAsync(Cancel);

        var drift = await Assert.ThrowsAsync<LedgerDriftException>(
            () => new Migrator(database, [One]).ApplyAsync(Cancel));

        Assert.Contains("002_two, which this Bridge does not know", drift.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_fails_leaves_nothing_behind_and_the_lock_free()
    {
        await using var database = await NewAsync();
        var broken = MigrationScript.Parse("002_two.sql", "create table two (x int); select no_such_function();");

        await Assert.ThrowsAsync<PostgresException>(() => new Migrator(database, [One, broken]).ApplyAsync(Cancel));

        Assert.Equal(1, await new Migrator(database, [One, Two]).ApplyAsync(Cancel));
    }

    [Fact]
    public void Line_ends_do_not_change_a_checksum_and_the_name_is_checked()
    {
        Assert.Equal(
            MigrationScript.Parse("001_a.sql", "a\nb").Checksum, MigrationScript.Parse("001_a.sql", "a\r\nb").Checksum);
        Assert.Throws<ArgumentException>(() => MigrationScript.Parse("1_a.sql", ""));
        Assert.Throws<ArgumentException>(() => MigrationScript.Parse("000_a.sql", ""));
    }

    [Fact]
    public void The_scripts_of_this_Bridge_are_numbered_without_gaps()
    {
        var versions = MigrationScript.Embedded().Select(s => s.Version).ToArray();

        Assert.NotEmpty(versions);
        Assert.Equal(Enumerable.Range(1, versions.Length), versions);
    }

    private async Task<NpgsqlDataSource> NewAsync() =>
        NpgsqlDataSource.Create(await postgres.Server.NewDatabaseAsync(Cancel));
}
