using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Bridge.Ledger;

/// <summary>
/// One forward-only step of the schema, from a file NNN_name.sql. Its checksum (SHA-256 of the text with LF line ends,
/// in hex) may never change once applied: a change is a new script.
/// </summary>
public sealed record MigrationScript(int Version, string Name, string Sql, string Checksum)
{
    private const string Folder = "Bridge.Ledger.Migrations.";

    public static MigrationScript Parse(string fileName, string sql)
    {
        var stem = Path.GetFileNameWithoutExtension(fileName);
        var parts = stem.Split('_', 2);
        if (parts.Length != 2 || parts[0].Length != 3
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                || version == 0)
            throw new ArgumentException($"migration '{fileName}' is not named NNN_name.sql", nameof(fileName));
        var text = sql.ReplaceLineEndings("\n");
        var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        return new MigrationScript(version, parts[1], text, checksum);
    }

    /// <summary>The scripts that this program carries, in order of version.</summary>
    public static IReadOnlyList<MigrationScript> Embedded()
    {
        var assembly = typeof(MigrationScript).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => Parse(name[Folder.Length..], Text(assembly, name)))
            .OrderBy(script => script.Version)];
    }

    private static string Text(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"resource {resource} vanished");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
