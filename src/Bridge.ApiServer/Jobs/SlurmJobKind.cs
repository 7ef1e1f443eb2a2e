using System.Text.Json;
using Bridge.ApiServer.Selectors;
using Bridge.ApiServer.Serving;
using Bridge.ApiServer.Store;
using Bridge.Core.Model;
using Bridge.Core.Names;

namespace Bridge.ApiServer.Jobs;

/// <summary>The resource slurmjobs: its names, columns, selectable fields, indexes and schema.</summary>
public static class SlurmJobKind
{
    public static ResourceNames Names { get; } = new()
    {
        Group = WellKnown.JobsGroup,
        Version = WellKnown.Version,
        Kind = "SlurmJob",
        Plural = "slurmjobs",
        Singular = "slurmjob",
        ShortNames = ["sj"],
        Categories = ["slurm"],
        Instead = "use sbatch, scancel and scontrol to change jobs",
    };

    /// <summary>What people ask for.</summary>
    public static IReadOnlyList<IndexedField<ServedJob>> Indexed { get; } =
    [
        new("spec.user", static j => j.Job.User, static user => [user]),
        new("status.state", static j => j.Job.State, static state => [state]),
        new("status.node", static j => j.Job.Nodes, JobTranslation.NodesOf),
    ];

    public static ResourceKind<ServedJob> Resource { get; } = new()
    {
        Names = Names,
        MetadataOf = JobTranslation.MetadataOf,
        LabelOf = static (stored, key) => JobTranslation.LabelOf(stored.Value, key),
        Columns = JobTableColumns.All,
        Fields =
        [
            Field("spec.user", static j => j.User),
            Field("spec.account", static j => j.Account),
            Field("spec.partition", static j => j.Partition),
            Field("spec.qos", static j => j.Qos),
            Field("spec.jobName", static j => j.Name),
            Field("status.state", static j => j.State),
            new("status.node", static (j, v) => JobTranslation.NodesOf(j.Value.Job.Nodes).Contains(v)),
        ],
        Schemas = EmbeddedText.Read("SlurmJob.schema.json"),
    };

    public static byte[] JsonOf(StoredObject<ServedJob> stored) => JsonSerializer.SerializeToUtf8Bytes(
        JobTranslation.Translate(stored), JobJson.Default.SlurmJobObject);

    private static SelectableField<ServedJob> Field(string path, Func<SlurmJob, string> text) =>
        new(path, (stored, wanted) => text(stored.Value.Job) == wanted);
}
