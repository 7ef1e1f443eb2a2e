using System.Text;

namespace Bridge.Slurm.Rest;

/// <summary>
/// One request to slurmrestd. Path is relative, already percent-encoded, such as slurm/v0.0.45/nodes/.
/// </summary>
internal sealed record RestRequest(HttpMethod Method, string Path, TimeSpan Deadline, int MaxBytes)
{
    public byte[]? Body { get; init; }

    public static RestRequest Ping(string path) => new(HttpMethod.Get, path, TimeSpan.FromSeconds(5), 1 << 20);

    // slurmrestd itself takes 10.0 s to find out that slurmctld is down: anything shorter would hide that answer behind
    // a time-out.
    public static RestRequest One(string path) => new(HttpMethod.Get, path, TimeSpan.FromSeconds(12), 16 << 20);

    public static RestRequest All(string path) => new(HttpMethod.Get, path, TimeSpan.FromSeconds(30), 256 << 20);

    public static RestRequest Write(HttpMethod method, string path, byte[]? body = null) =>
        new(method, path, TimeSpan.FromSeconds(20), 16 << 20) { Body = body };
}

/// <summary>What an answer of slurmrestd took.</summary>
/// <param name="Elapsed">Until it was there whole.</param>
/// <param name="Bytes">Of its body.</param>
internal readonly record struct AnswerCost(TimeSpan Elapsed, int Bytes);

/// <summary>What came back, before anybody judged it.</summary>
internal abstract record RestAnswer
{
    /// <summary>Any HTTP answer, read to its end.</summary>
    public sealed record Answered(int Status, ReadOnlyMemory<byte> Body, TimeSpan Elapsed) : RestAnswer
    {
        public AnswerCost Cost => new(Elapsed, Body.Length);

        /// <summary>Slurm's own JSON, as far as the first character tells; its error texts are plain.</summary>
        public bool LooksLikeJson => Body.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

        /// <summary>The first characters of the body, for a message.</summary>
        public string Excerpt
        {
            get
            {
                var text = Encoding.UTF8.GetString(Body.Span[..Math.Min(Body.Length, 120)]).Trim();
                return string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
            }
        }
    }

    /// <summary>No whole answer: refused, cut, late, too large, or no token could be made.</summary>
    public sealed record Silent(string Reason) : RestAnswer;

    private RestAnswer()
    {
    }
}
