using System.Text.RegularExpressions;

namespace Bridge.Core.Names;

/// <summary>
/// The name of a Slurm partition. The charset is narrower than Slurm's own so that it is safe in a hostlist and in
/// slurm.conf.
/// </summary>
public readonly partial record struct PartitionName(string Value)
{
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    public override string ToString() => Value;

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}\z")]
    private static partial Regex Pattern();
}
