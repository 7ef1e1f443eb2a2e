namespace Bridge.ApiServer.Selectors;

/// <summary>A parsed label selector: <c>a=b,c!=d,e in (f,g),h notin (i),j,!k</c>; all its terms must hold.</summary>
public sealed class LabelQuery
{
    private readonly IReadOnlyList<LabelTerm> terms;

    internal LabelQuery(IReadOnlyList<LabelTerm> terms) => this.terms = terms;

    public bool IsEmpty => terms.Count == 0;

    /// <param name="value">What has the labels.</param>
    /// <param name="labelOf">Its label of a key; null where it has none.</param>
    public bool Matches<T>(T value, Func<T, string, string?> labelOf)
    {
        foreach (var term in terms)
        {
            var label = labelOf(value, term.Key);
            // As Kubernetes has it: != and notin also match objects without the label.
            if ((label is not null && (term.Values is null || term.Values.Contains(label))) != term.Wanted)
                return false;
        }
        return true;
    }

    /// <returns>Null with an error that says where the text stops making sense.</returns>
    public static LabelQuery? Parse(string text, out string error) => new LabelQueryReader(text).Read(out error);
}

/// <summary>
/// The label is there and, unless Values is null, has one of them; or, when not wanted, just not that.
/// </summary>
internal sealed record LabelTerm(string Key, IReadOnlySet<string>? Values, bool Wanted);
