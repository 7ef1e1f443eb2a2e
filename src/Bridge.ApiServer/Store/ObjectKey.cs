namespace Bridge.ApiServer.Store;

/// <summary>
/// Names one object of a resource. Keys sort by namespace, then by name with runs of digits compared as numbers, so that lists of
/// jobs come in the order of their ids: 9, 10, 10-2, 11.
/// </summary>
public readonly record struct ObjectKey(string Namespace, string Name) : IComparable<ObjectKey>
{
    public int CompareTo(ObjectKey other)
    {
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : CompareNatural(Name, other.Name);
    }

    public static bool operator <(ObjectKey left, ObjectKey right) => left.CompareTo(right) < 0;

    public static bool operator >(ObjectKey left, ObjectKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(ObjectKey left, ObjectKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ObjectKey left, ObjectKey right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Namespace}/{Name}";

    private static int CompareNatural(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var (l, r) = (left, right);
        while (!l.IsEmpty && !r.IsEmpty)
        {
            var (leftDigits, rightDigits) = (Digits(l), Digits(r));
            var (leftTake, rightTake) = leftDigits > 0 && rightDigits > 0 ? (leftDigits, rightDigits) : (1, 1);
            var order = leftDigits > 0 && rightDigits > 0
                ? CompareNumbers(l[..leftDigits], r[..rightDigits])
                : l[0].CompareTo(r[0]);
            if (order != 0)
                return order;
            (l, r) = (l[leftTake..], r[rightTake..]);
        }
        var byRest = l.Length.CompareTo(r.Length);
        // "01" and "1" are equal as numbers and different as names: the order must stay total.
        return byRest != 0 ? byRest : left.SequenceCompareTo(right);
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var (l, r) = (left.TrimStart('0'), right.TrimStart('0'));
        return l.Length != r.Length ? l.Length.CompareTo(r.Length) : l.SequenceCompareTo(r);
    }
}
