using System.Globalization;
using Npgsql;

namespace Bridge.Ledger;

/// <summary>
/// The columns of table job in the order of the upsert's parameters. Each row of the list says the column, its type and
/// where the value comes from; the statement and the arrays are both made from it, so that they cannot differ.
/// </summary>
internal static class JobColumns
{
    /// <summary>
    /// Separates the elements of a text[] value inside one element of the parameter's array: arrays of arrays must be
    /// rectangular.
    /// </summary>
    private const char Separator = '\n';

    /// <summary>Slurm tells a code or a signal, never both: they are known together.</summary>
    private const string NoExit = "excluded.exit_code is null and excluded.exit_signal is null";

    private static readonly Column[] Keys =
    [
        Of("cluster", "text", row => row.Key.Cluster),
        Of("job_id", "bigint", row => (long)row.Key.Id.Value),
        Of("submit_time", "timestamptz", row => row.Key.SubmitTime.ToUniversalTime()),
    ];

    private static readonly Column[] Values =
    [
        Of("state", "text", row => Clean(row.Job.State)),
        List("flags", row => row.Job.Flags),
        Of("reason", "text", row => Clean(row.Job.Reason)),
        Of("name", "text", row => Clean(row.Job.Name)),
        Of("user_name", "text", row => Clean(row.Job.User)),
        Of("account", "text", row => Clean(row.Job.Account)),
        Of("partition", "text", row => Clean(row.Job.Partition)),
        Of("qos", "text", row => Clean(row.Job.Qos)),
        Of("array_job_id", "bigint", row => (long?)row.Job.ArrayJobId?.Value),
        Of("array_task_id", "integer", row => row.Job.ArrayTaskId),
        Of("array_tasks", "text", row => Clean(row.Job.ArrayTasks)),
        Of("het_job_id", "bigint", row => (long?)row.Job.HetJobId?.Value),
        Of("het_offset", "integer", row => row.Job.HetOffset),
        Of("node_count", "integer", row => row.Job.NodeCount),
        Of("cpus", "integer", row => row.Job.Cpus),
        Of("nodes", "text", row => Clean(row.Job.Nodes)),
        Of("gpus", "integer", row => row.Job.Gpus),
        List("gres_detail", row => row.Job.GresDetail) with { Unknown = "excluded.gres_detail = '{}'" },
        Of("start_time", "timestamptz", row => row.Job.StartTime?.ToUniversalTime()) with
            { Unknown = "excluded.start_time is null" },
        Of("end_time", "timestamptz", row => row.Job.EndTime?.ToUniversalTime()) with
            { Unknown = "excluded.end_time is null" },
        Of("time_limit_minutes", "integer", row => row.Job.TimeLimitMinutes),
        Of("exit_code", "integer", row => row.Job.ExitCode) with { Unknown = NoExit },
        Of("exit_signal", "integer", row => row.Job.ExitSignal) with { Unknown = NoExit },
        Of("restart_count", "integer", row => row.Job.RestartCount),
        Of("comment", "text", row => Clean(row.Job.Comment)),
    ];

    private static readonly Column[] Advancing =
        [.. Values, Of("fencing_token", "bigint", row => row.FencingToken)];

    private static readonly Column[] All = [.. Keys, .. Advancing];

    /// <summary>All columns for a select; read back by <see cref="JobRowReader"/> in this order.</summary>
    public static string Names { get; } = Join(All, column => column.Name);

    /// <summary>
    /// Stores rows, each unless the ledger has what is newer (<see cref="JobRow.YieldsTo"/>), and answers how many were
    /// of an older leadership than what it has. What is not known any more stays (<see cref="JobRow.Then"/>).
    /// </summary>
    public static string Upsert { get; } = BuildUpsert();

    public static IEnumerable<NpgsqlParameter> Parameters(IReadOnlyList<JobRow> rows) =>
        All.Select(column => column.Parameter(rows));

    private static string BuildUpsert() =>
        $"""
         with told ({Names}) as (
             select {Join(All, column => column.Selected)}
             from unnest({string.Join(", ", All.Select((column, i) => $"${(i + 1).ToString(CultureInfo.InvariantCulture)}::{column.Type}[]"))})
                  as row ({Names})
         ), stored as (
             insert into job ({Names}) select {Names} from told
             on conflict (cluster, job_id, submit_time) do update
             set {Join(Advancing, column => $"{column.Name} = {column.Merged}")},
                 changed_at = case when {Differs(Values)} then now() else job.changed_at end
             where {Differs(Advancing)}
               and excluded.fencing_token >= job.fencing_token
               and (excluded.state_rank >= job.state_rank
                    or (job.state_rank < 2 and excluded.restart_count > job.restart_count))
         )
         select count(*) from told join job using (cluster, job_id, submit_time)
         where job.fencing_token > told.fencing_token
         """;

    private static string Differs(IEnumerable<Column> columns) =>
        $"({Join(columns, column => $"job.{column.Name}")}) is distinct from "
            + $"({Join(columns, column => column.Merged)})";

    private static string Join(IEnumerable<Column> columns, Func<Column, string> text) =>
        string.Join(", ", columns.Select(text));

    private static Column Of<T>(string name, string type, Func<JobRow, T> value) =>
        new(name, type, $"row.{name}", rows => new NpgsqlParameter<T[]> { TypedValue = [.. rows.Select(value)] });

    private static Column List(string name, Func<JobRow, IEnumerable<string>> value) =>
        Of(name, "text", row => string.Join(Separator, value(row).Select(Clean))) with
        {
            Selected = $"string_to_array(row.{name}, E'\\n')",
        };

    /// <summary>PostgreSQL's text has no NUL.</summary>
    private static string Clean(string text) => text.Replace('\0', '\uFFFD');

    private sealed record Column(
        string Name, string Type, string Selected, Func<IReadOnlyList<JobRow>, NpgsqlParameter> Parameter)
    {
        /// <summary>When the new row does not know the column; then the same run's old value stays.</summary>
        public string? Unknown { get; init; }

        public string Merged => Unknown is null ? $"excluded.{Name}"
            : $"case when {Unknown} and excluded.restart_count = job.restart_count then job.{Name} "
                + $"else excluded.{Name} end";
    }
}
