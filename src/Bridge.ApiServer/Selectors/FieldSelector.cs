using System.Text;
using Bridge.ApiServer.Store;

namespace Bridge.ApiServer.Selectors;

/// <summary>
/// A parsed field selector such as <c>status.state=RUNNING,spec.user!=bob</c>; all its terms must hold.
/// </summary>
public sealed class FieldSelector<T>
    where T : struct
{
    private readonly List<(SelectableField<T> Field, string Value, bool Wanted)> terms = [];

    public bool IsEmpty => terms.Count == 0;

    /// <summary>The values that fields must equal.</summary>
    public IEnumerable<(string Path, string Value)> Required =>
        terms.Where(t => t.Wanted).Select(t => (t.Field.Path, t.Value));

    public bool Matches(StoredObject<T> value)
    {
        foreach (var (field, text, wanted) in terms)
        {
            if (field.Has(value, text) != wanted)
                return false;
        }
        return true;
    }

    internal string Add(string term, IReadOnlyList<SelectableField<T>> known)
    {
        var at = term.AsSpan().IndexOfAny('=', '!');
        var wanted = at >= 0 && term[at] == '=';
        var operatorLength = at >= 0 && term.AsSpan(at) is ['=', '=', ..] or ['!', '=', ..] ? 2 : 1;
        if (at <= 0 || (!wanted && operatorLength == 1))
            return $"invalid field selector term '{term}': write FIELD=VALUE, FIELD==VALUE or FIELD!=VALUE";
        var path = term[..at].Trim();
        if (known.FirstOrDefault(f => f.Path == path) is not { } field)
            return $"field label not supported: {path}; supported are {string.Join(", ", known.Select(f => f.Path))}";
        terms.Add((field, Unescape(term[(at + operatorLength)..]), wanted));
        return "";
    }

    private static string Unescape(string value)
    {
        var plain = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length)
                i++;
            plain.Append(value[i]);
        }
        return plain.ToString();
    }
}

/// <summary>Reads field selectors.</summary>
public static class FieldSelector
{
    /// <summary>
    /// Operators are =, == and !=; a comma, '=' or '\' in a value is written with a '\' before it (as client-go does).
    /// </summary>
    /// <returns>Null with an error that names the term and what would be right.</returns>
    public static FieldSelector<T>? Parse<T>(string text, IReadOnlyList<SelectableField<T>> known, out string error)
        where T : struct
    {
        var selector = new FieldSelector<T>();
        foreach (var term in SplitTerms(text))
        {
            error = selector.Add(term, known);
            if (error.Length > 0)
                return null;
        }
        error = "";
        return selector;
    }

    private static IEnumerable<string> SplitTerms(string text)
    {
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '\\')
            {
                i++;
                continue;
            }
            if (i < text.Length && text[i] != ',')
                continue;
            if (i > start)
                yield return text[start..Math.Min(i, text.Length)];
            start = i + 1;
        }
    }
}
