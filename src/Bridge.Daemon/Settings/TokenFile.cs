using System.Security.Cryptography;
using System.Text;

namespace Bridge.Daemon.Settings;

/// <summary>
/// A file that holds a token, read again when it is older than some seconds: a Secret's volume changes in place.
/// </summary>
public sealed class TokenFile(string path, TimeProvider time)
{
    private const int Shortest = 16;
    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private byte[] hash = [];
    private long? readAt;

    /// <summary>Empty when a text can be a token; else what is wrong, without the text.</summary>
    public static string ProblemOf(string text) => text.Trim() is { Length: >= Shortest } token
        && token.All(c => c is > ' ' and <= '~') ? ""
        : $"a token has at least {Shortest} characters, visible ASCII without spaces";

    /// <summary>Whether this is the token. How long it takes tells nothing of it.</summary>
    public bool Is(string token)
    {
        var expected = Expected();
        return expected.Length > 0
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), expected);
    }

    // While it cannot be read, or is being written, the last token holds.
    private byte[] Expected()
    {
        lock (gate)
        {
            if (readAt is { } last && time.GetElapsedTime(last) < ReadEvery)
                return hash;
            readAt = time.GetTimestamp();
            try
            {
                var text = File.ReadAllText(path);
                if (ProblemOf(text).Length == 0)
                    hash = SHA256.HashData(Encoding.UTF8.GetBytes(text.Trim()));
            }
            catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
            {
                return hash;
            }
            return hash;
        }
    }
}
