using System.Text;
using Bridge.Core.Names;

namespace Bridge.Core.SlurmText;

/// <summary>Writes drain reasons: `bridge: CODE DETAIL`, one line, at most 256 characters.</summary>
public static class Reason
{
    public const int MaxLength = 256;

    /// <summary>
    /// The reason for a code (one word) and a detail from anywhere: what is not printable ASCII becomes a space.
    /// </summary>
    public static string Write(string code, string detail = "")
    {
        var text = new StringBuilder(WellKnown.ReasonPrefix).Append(' ').Append(code);
        var space = true;
        foreach (var c in detail.Prepend(' '))
        {
            var clean = c is > ' ' and < '\x7f' and not '"' and not '\'' and not '\\' ? c : ' ';
            if (clean == ' ' && space && text[^1] == ' ')
                continue;
            space = clean == ' ';
            text.Append(clean);
        }
        var written = text.ToString().TrimEnd();
        return written.Length <= MaxLength ? written : written[..MaxLength].TrimEnd();
    }

    /// <summary>Whether Bridge wrote it.</summary>
    public static bool IsOurs(string reason) => reason.StartsWith(WellKnown.ReasonPrefix, StringComparison.Ordinal);

    /// <summary>The code of one of Bridge's reasons; "" for any other text.</summary>
    public static string CodeOf(string reason)
    {
        if (!IsOurs(reason))
            return "";
        var rest = reason[WellKnown.ReasonPrefix.Length..].TrimStart();
        var end = rest.IndexOf(' ', StringComparison.Ordinal);
        return end < 0 ? rest : rest[..end];
    }
}
