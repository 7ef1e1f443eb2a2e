namespace Bridge.Kube.Client;

/// <summary>
/// A bearer token. One that lives in a file is read again every few seconds, because kubelet renews it there.
/// </summary>
public sealed class BearerToken
{
    private static readonly TimeSpan RereadAfter = TimeSpan.FromSeconds(10);

    private readonly string path;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private string value;
    private long readAt;

    private BearerToken(string value, string path, TimeProvider time)
    {
        this.value = value;
        this.path = path;
        this.time = time;
        readAt = time.GetTimestamp();
    }

    public static BearerToken Fixed(string value, TimeProvider time) => new(value, "", time);

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BearerToken FromFile(string path, TimeProvider time) => new(Read(path), path, time);

    /// <summary>The token to send. While its file is unreadable or empty, the last one that was read.</summary>
    public string Current()
    {
        if (path.Length == 0)
            return value;
        lock (gate)
        {
            return time.GetElapsedTime(readAt) < RereadAfter ? value : Reread();
        }
    }

    /// <summary>
    /// Reads the file at once, because the server refused <paramref name="refused"/>. False: there is no other token.
    /// </summary>
    public bool Renew(string refused)
    {
        lock (gate)
        {
            return (path.Length == 0 ? value : Reread()) != refused;
        }
    }

    /// <summary>Never the token itself.</summary>
    public override string ToString() => path.Length == 0 ? "a fixed token" : $"the token in {path}";

    private string Reread()
    {
        readAt = time.GetTimestamp();
        try
        {
            var read = Read(path);
            value = read.Length > 0 ? read : value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A token that is being replaced may be absent for a moment; the server decides whether the old one still
            // counts.
        }
        return value;
    }

    private static string Read(string path) => File.ReadAllText(path).Trim();
}
