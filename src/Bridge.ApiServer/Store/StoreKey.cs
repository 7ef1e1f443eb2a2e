namespace Bridge.ApiServer.Store;

/// <summary>
/// Names one object of a resource. Keys sort by namespace, then by name with runs of digits compared as numbers, so
/// that lists of jobs come in the order of their ids: 9, 10, 10-2, 11.
/// </summary>
public readonly record struct StoreKey(string Namespace, string Name) : IComparable<StoreKey>
{
    public int CompareTo(StoreKey other)
    {
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : CompareNatural(Name, other.Name);
    }

    public static bool operator <(StoreKey left, StoreKey right) => left.CompareTo(right) < 0;

    public static bool operator >(StoreKey left, StoreKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(StoreKey left, StoreKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(StoreKey left, StoreKey right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Namespace}/{Name}";

    private static int CompareNatural(string left, string right)
    {
        var (l, r) = (0, 0);
        while (l < left.Length && r < right.Length)
        {
            var (leftDigits, rightDigits) = (Digits(left, l), Digits(right, r));
            var numbers = leftDigits > 0 && rightDigits > 0;
            var order = numbers
                ? CompareNumbers(left.AsSpan(l, leftDigits), right.AsSpan(r, rightDigits))
                : left[l].CompareTo(right[r]);
            if (order != 0)
                return order;
            l += numbers ? leftDigits : 1;
            r += numbers ? rightDigits : 1;
        }
        var byRest = (left.Length - l).CompareTo(right.Length - r);
        // "01" and "1" are equal as numbers and different as names: the order must stay total.
        return byRest != 0 ? byRest : string.CompareOrdinal(left, right);
    }

    private static int Digits(string text, int start)
    {
        var end = text.AsSpan(start).IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length - start : end;
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
    }
}
