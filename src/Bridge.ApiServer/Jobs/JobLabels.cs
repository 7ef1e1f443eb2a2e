using Bridge.Core.Names;

namespace Bridge.ApiServer.Jobs;

/// <summary>Labels of a SlurmJob. A value that is no valid label value is left out.</summary>
public static class JobLabels
{
    public const string Cluster = WellKnown.ClusterLabel;
    public const string Account = "slurmbridge.io/account";
    public const string User = "slurmbridge.io/user";
    public const string Partition = "slurmbridge.io/partition";
    public const string State = "slurmbridge.io/state";

    public static IReadOnlyList<string> All { get; } = [Cluster, User, Account, Partition, State];
}
