namespace Bridge.ApiServer.Selectors;

/// <summary>Reads the grammar of k8s.io/apimachinery/pkg/labels, without its numeric &lt; and &gt;.</summary>
internal sealed class LabelQueryReader(string text)
{
    private readonly List<LabelTerm> terms = [];
    private int at;

    public LabelQuery? Read(out string error)
    {
        error = "";
        SkipSpace();
        while (at < text.Length && error.Length == 0)
        {
            error = ReadTerm();
            SkipSpace();
            if (error.Length == 0 && at < text.Length && !Take(','))
                error = Wrong("a comma between two requirements");
            SkipSpace();
        }
        return error.Length == 0 ? new LabelQuery(terms) : null;
    }

    private string ReadTerm()
    {
        if (Take('!'))
            return ReadKey(out var absent) is { Length: > 0 } wrong ? wrong : Add(absent, null, wanted: false);
        if (ReadKey(out var key) is { Length: > 0 } noKey)
            return noKey;
        SkipSpace();
        if (at == text.Length || text[at] == ',')
            return Add(key, null, wanted: true);
        if (Take('!'))
            return Take('=') ? ReadOne(key, wanted: false) : Wrong("'=' after '!'");
        if (Take('='))
        {
            Take('=');
            return ReadOne(key, wanted: true);
        }
        return Word() switch
        {
            "in" => ReadSet(key, wanted: true),
            "notin" => ReadSet(key, wanted: false),
            _ => Wrong("one of =, ==, !=, in, notin"),
        };
    }

    private string ReadOne(string key, bool wanted)
    {
        SkipSpace();
        return Add(key, new HashSet<string>(StringComparer.Ordinal) { Word() }, wanted);
    }

    private string ReadSet(string key, bool wanted)
    {
        SkipSpace();
        if (!Take('('))
            return Wrong("'(' and a list of values");
        var values = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            SkipSpace();
            values.Add(Word());
            SkipSpace();
        }
        while (Take(','));
        return Take(')') ? Add(key, values, wanted) : Wrong("',' or ')' in the list of values");
    }

    private string ReadKey(out string key)
    {
        SkipSpace();
        key = Word();
        return key.Length > 0 ? "" : Wrong("a label key");
    }

    private string Add(string key, IReadOnlySet<string>? values, bool wanted)
    {
        terms.Add(new LabelTerm(key, values, wanted));
        return "";
    }

    // What labels and their prefixes are made of; everything else ends a word.
    private string Word()
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '-' or '_' or '.' or '/'))
            at++;
        return text[start..at];
    }

    private bool Take(char wanted)
    {
        if (at >= text.Length || text[at] != wanted)
            return false;
        at++;
        return true;
    }

    private void SkipSpace()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
    }

    private string Wrong(string wanted) =>
        $"unable to parse label selector '{text}': at character {at + 1} there should be {wanted}";
}
