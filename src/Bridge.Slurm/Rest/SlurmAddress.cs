using System.Diagnostics.CodeAnalysis;

namespace Bridge.Slurm.Rest;

/// <summary>Where slurmrestd listens: over TCP, or on a unix socket.</summary>
/// <param name="Base">https://HOST:PORT/ or http://HOST:PORT/; http://slurmrestd/ for a socket.</param>
/// <param name="Socket">Path of the unix socket, without '..'; null over TCP.</param>
internal sealed record SlurmAddress(Uri Base, string? Socket)
{
    /// <summary>Where nobody is asked.</summary>
    public static readonly SlurmAddress None = new(new Uri("http://nowhere.invalid/"), null);

    /// <summary>Whether what is sent there can be read on the way.</summary>
    public bool Readable => Socket is null && Base.Scheme == Uri.UriSchemeHttp && !Base.IsLoopback;

    /// <summary>
    /// Reads https://HOST:PORT, http://HOST:PORT or unix:/PATH; returns what is wrong with the text, or "".
    /// </summary>
    public static string TryParse(string text, out SlurmAddress? address)
    {
        address = null;
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            var path = text["unix:".Length..];
            if (!path.StartsWith('/') || path.Length > 107 || path.Contains("/..", StringComparison.Ordinal))
                return $"'{text}' is not unix:/PATH with an absolute path of at most 107 bytes and without '..'";
            address = new SlurmAddress(new Uri("http://slurmrestd/"), Path.GetFullPath(path));
            return "";
        }
        if (!IsHttp(text, out var uri))
            return $"'{text}' is neither https://HOST:PORT, http://HOST:PORT nor unix:/PATH";
        address = new SlurmAddress(uri, null);
        return "";
    }

    public override string ToString() => Socket is null ? Base.ToString().TrimEnd('/') : "unix:" + Socket;

    private static bool IsHttp(string text, [NotNullWhen(true)] out Uri? uri) =>
        Uri.TryCreate(text, UriKind.Absolute, out uri)
        && uri.Scheme is "http" or "https"
        && uri.AbsolutePath == "/"
        && uri.Query.Length == 0
        && uri.Fragment.Length == 0
        && uri.UserInfo.Length == 0;
}
