using System.Text;

namespace Bridge.Daemon.Settings;

/// <summary>
/// One thing that can be set. Its key path in the file says how it is called elsewhere: `api.requestheaderCa` is the
/// flag `--api-requestheader-ca` and the variable `BRIDGE_API_REQUESTHEADER_CA`.
/// </summary>
/// <param name="Key">The key path.</param>
/// <param name="Value">What a value is, for the help: PATH, IP:PORT.</param>
/// <param name="Help">One sentence or two.</param>
public sealed record Setting(string Key, string Value, string Help)
{
    /// <summary>Whether it may be given several times: a list in the file, separated by ; in the variable.</summary>
    public bool Many { get; init; }

    /// <summary>A secret has no flag: it would show in ps.</summary>
    public bool Secret { get; init; }

    public string Flag => "--" + Words('-');

    public string Variable => "BRIDGE_" + Words('_').ToUpperInvariant();

    private string Words(char between)
    {
        var words = new StringBuilder();
        foreach (var c in Key)
            _ = c == '.' ? words.Append(between)
                : char.IsUpper(c) ? words.Append(between).Append(char.ToLowerInvariant(c))
                : words.Append(c);
        return words.ToString();
    }
}
