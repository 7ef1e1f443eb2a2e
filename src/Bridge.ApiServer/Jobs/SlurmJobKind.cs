using Bridge.ApiServer.Serving;
using Bridge.Core.Names;

namespace Bridge.ApiServer.Jobs;

/// <summary>The resource slurmjobs: its names, columns, selectable fields and schema.</summary>
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

    public static ResourceKind<SlurmJobObject> Resource { get; } = new()
    {
        Names = Names,
        Json = JobJson.Default.SlurmJobObject,
        Columns = JobColumns.All,
        Fields =
        [
            new("spec.user", static (j, v) => Is(j.Spec.User, v)),
            new("spec.account", static (j, v) => Is(j.Spec.Account, v)),
            new("spec.partition", static (j, v) => Is(j.Spec.Partition, v)),
            new("spec.qos", static (j, v) => Is(j.Spec.Qos, v)),
            new("spec.jobName", static (j, v) => Is(j.Spec.JobName, v)),
            new("status.state", static (j, v) => Is(j.Status.State, v)),
            new("status.node", static (j, v) => j.AllNodes.Contains(v)),
        ],
        Schemas = EmbeddedText.Read("SlurmJob.schema.json"),
    };

    // As Kubernetes has it, an absent field equals the empty text.
    private static bool Is(string? field, string wanted) => (field ?? "") == wanted;
}
