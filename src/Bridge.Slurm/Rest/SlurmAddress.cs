using System.Diagnostics.CodeAnalysis;

namespace Bridge.Slurm.Rest;

/// <summary>Where slurmrestd listens: over TCP, or on a unix socket.</summary>
/// <param name="Base">http://HOST:PORT/, or http://slurmrestd/ for a socket.</param>
/// <param name="Socket">Path of the unix socket; null over TCP.</param>
internal sealed record SlurmAddress(Uri Base, string? Socket)
{
    /// <summary>Reads http://HOST:PORT or unix:/PATH; returns what is wrong with the text, or "".</summary>
    public static string TryParse(string text, out SlurmAddress? address)
    {
        address = null;
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            var path = text["unix:".Length..];
            if (!path.StartsWith('/') || path.Length > 107)
                return $"'{text}' is not unix:/PATH with an absolute path of at most 107 bytes";
            address = new SlurmAddress(new Uri("http://slurmrestd/"), path);
            return "";
        }
        if (!IsHttp(text, out var uri))
            return $"'{text}' is neither http://HOST:PORT nor unix:/PATH";
        address = new SlurmAddress(uri, null);
        return "";
    }

    /// <exception cref="ArgumentException">The text is no address; the message says what would be.</exception>
    public static SlurmAddress Parse(string text) =>
        TryParse(text, out var address) is { Length: > 0 } problem ? throw new ArgumentException(problem, nameof(text))
            : address!;

    public override string ToString() => Socket is null ? Base.ToString().TrimEnd('/') : "unix:" + Socket;

    private static bool IsHttp(string text, [NotNullWhen(true)] out Uri? uri) =>
        Uri.TryCreate(text, UriKind.Absolute, out uri)
        && uri.Scheme is "http" or "https"
        && uri.AbsolutePath == "/"
        && uri.Query.Length == 0
        && uri.UserInfo.Length == 0;
}
