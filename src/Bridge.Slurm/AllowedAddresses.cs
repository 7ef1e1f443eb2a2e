using Bridge.Core.Names;
using Bridge.Slurm.Rest;

namespace Bridge.Slurm;

/// <summary>
/// With which slurmrestd a token key may be used: the Secret that holds it says so in an annotation. Without it, who
/// may write a SlurmCluster could have an administrator's token sent to an address of his own.
/// </summary>
public static class AllowedAddresses
{
    private static readonly char[] Separators = [' ', ',', '\n', '\r', '\t'];

    /// <summary>Why a key must not be used with an address; "" when it may.</summary>
    /// <param name="annotation">
    /// The Secret's <see cref="WellKnown.AllowedAddressesAnnotation"/>: addresses as in restUrl, or HOST:PORT,
    /// separated by commas or spaces; null where it has none.
    /// </param>
    /// <param name="restUrl">SlurmCluster.spec.restUrl.</param>
    public static string Problem(string? annotation, string restUrl)
    {
        if (SlurmAddress.TryParse(restUrl, out var address) is { Length: > 0 } wrong)
            return wrong;
        var entries = (annotation ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        if (entries.Any(e => Means(e, address!)))
            return "";
        return entries.Length == 0
            ? $"it has no annotation {WellKnown.AllowedAddressesAnnotation}"
            : $"its annotation {WellKnown.AllowedAddressesAnnotation} allows {string.Join(", ", entries)} only";
    }

    private static bool Means(string entry, SlurmAddress address) =>
        entry.StartsWith("unix:", StringComparison.Ordinal) || entry.Contains("://", StringComparison.Ordinal)
            ? SlurmAddress.TryParse(entry, out var allowed).Length == 0 && allowed == address
            : address.Socket is null
                && string.Equals(entry, $"{address.Base.Host}:{address.Base.Port}", StringComparison.OrdinalIgnoreCase);
}
