namespace Bridge.Lab;

/// <summary>What a lab tells of itself: LAB/env, lines of KEY=value (docs/lab.md). What is absent is empty.</summary>
public sealed class LabEnvironment
{
    private readonly Dictionary<string, string> values;

    private LabEnvironment(Dictionary<string, string> values) => this.values = values;

    public string LabDirectory => this["LAB_DIR"];

    /// <summary>scripts/pod of the checkout that made the lab.</summary>
    public string PodCommand => this["POD_COMMAND"];

    public string this[string key] => values.GetValueOrDefault(key, "");

    /// <exception cref="IOException">The file cannot be read, or is no lab's env; the message says which
    /// line.</exception>
    public static LabEnvironment Read(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (number, line) in File.ReadLines(path).Index())
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (equals <= 0)
                throw new IOException($"{path}, line {number + 1}: '{line}' is not KEY=value");
            values[line[..equals]] = line[(equals + 1)..];
        }
        return new LabEnvironment(values);
    }
}
