using Bridge.Core.Model;
using Bridge.Core.Names;
using Npgsql;

namespace Bridge.Ledger;

/// <summary>Turns rows of table job, selected as <see cref="JobColumns.Names"/>, into values.</summary>
internal static class JobRowReader
{
    public static JobRow Read(NpgsqlDataReader row)
    {
        var id = new JobId((uint)row.GetInt64(1));
        var submitted = row.GetFieldValue<DateTimeOffset>(2);
        var job = new SlurmJob
        {
            Id = id,
            SubmitTime = submitted,
            State = row.GetString(3),
            Flags = [.. row.GetFieldValue<string[]>(4)],
            Reason = row.GetString(5),
            Name = row.GetString(6),
            User = row.GetString(7),
            Account = row.GetString(8),
            Partition = row.GetString(9),
            Qos = row.GetString(10),
            ArrayJobId = Id(row, 11),
            ArrayTaskId = Int(row, 12),
            ArrayTasks = row.GetString(13),
            HetJobId = Id(row, 14),
            HetOffset = Int(row, 15),
            NodeCount = row.GetInt32(16),
            Cpus = row.GetInt32(17),
            Nodes = row.GetString(18),
            Gpus = row.GetInt32(19),
            GresDetail = [.. row.GetFieldValue<string[]>(20)],
            StartTime = Time(row, 21),
            EndTime = Time(row, 22),
            TimeLimitMinutes = Int(row, 23),
            ExitCode = Int(row, 24),
            ExitSignal = Int(row, 25),
            RestartCount = row.GetInt32(26),
            Comment = row.GetString(27),
        };
        return new JobRow(new JobKey(row.GetString(0), id, submitted), job, row.GetInt64(28));
    }

    private static int? Int(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    private static JobId? Id(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : new JobId((uint)row.GetInt64(column));

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
