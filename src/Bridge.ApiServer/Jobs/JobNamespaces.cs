namespace Bridge.ApiServer.Jobs;

/// <summary>
/// Which namespace shows the jobs of which Slurm account: the namespaces' label slurmbridge.io/account, turned round.
/// Accounts that no namespace names land in the default one.
/// </summary>
public sealed record JobNamespaces(string Default, IReadOnlyDictionary<string, string> ByAccount)
{
    public string Of(string account) => ByAccount.GetValueOrDefault(account, Default);
}
