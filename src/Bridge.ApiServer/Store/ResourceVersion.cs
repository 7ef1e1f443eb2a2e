using System.Globalization;

namespace Bridge.ApiServer.Store;

/// <summary>The text of a revision, as metadata.resourceVersion shows it.</summary>
public static class ResourceVersion
{
    public static string Format(ulong revision) => revision.ToString(CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out ulong revision) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out revision);
}
