namespace Bridge.ApiServer.Jobs;

/// <summary>
/// Which namespace shows the jobs of which Slurm account: SlurmCluster.spec.accountNamespaces. Accounts that it does
/// not name land in the default one.
/// </summary>
public sealed record JobNamespaces(string Default, IReadOnlyDictionary<string, string> ByAccount)
{
    public string Of(string account) => ByAccount.GetValueOrDefault(account, Default);

    /// <summary>
    /// By content: each write of a SlurmCluster's status makes a new map of the same accounts, and is no reason to look
    /// at all jobs again.
    /// </summary>
    public bool Equals(JobNamespaces? other) =>
        other is not null && Default == other.Default && ByAccount.Count == other.ByAccount.Count
        && ByAccount.All(a => other.ByAccount.GetValueOrDefault(a.Key) == a.Value);

    public override int GetHashCode() => HashCode.Combine(Default, ByAccount.Count);
}
