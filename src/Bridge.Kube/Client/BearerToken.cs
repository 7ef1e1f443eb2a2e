namespace Bridge.Kube.Client;

/// <summary>
/// A bearer token. One that lives in a file is read again every few seconds, because kubelet renews it there.
/// </summary>
public sealed class BearerToken
{
    private static readonly TimeSpan _reread = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private string _value;
    private long _readAt;

    private BearerToken(string value, string path, TimeProvider time)
    {
        _value = value;
        _path = path;
        _time = time;
        _readAt = time.GetTimestamp();
    }

    public static BearerToken Fixed(string value, TimeProvider time) => new(value, "", time);

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BearerToken FromFile(string path, TimeProvider time) => new(Read(path), path, time);

    /// <summary>The token to send. While its file is unreadable or empty, the last one that was read.</summary>
    public string Current()
    {
        if (_path.Length == 0)
            return _value;
        lock (_gate)
        {
            return _time.GetElapsedTime(_readAt) < _reread ? _value : Reread();
        }
    }

    /// <summary>
    /// Reads the file at once, because the server refused <paramref name="refused"/>. False: there is no other token.
    /// </summary>
    public bool Renew(string refused)
    {
        lock (_gate)
        {
            return (_path.Length == 0 ? _value : Reread()) != refused;
        }
    }

    /// <summary>Never the token itself.</summary>
    public override string ToString() => _path.Length == 0 ? "a fixed token" : $"the token in {_path}";

    private string Reread()
    {
        _readAt = _time.GetTimestamp();
        try
        {
            var read = Read(_path);
            _value = read.Length > 0 ? read : _value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A token that is being replaced may be absent for a moment; the server decides whether the old one still
            // counts.
        }
        return _value;
    }

    private static string Read(string path) => File.ReadAllText(path).Trim();
}
