using System.Text.RegularExpressions;

namespace Bridge.Core.Names;

/// <summary>
/// The name of a Slurm node: letters, digits, '-', '_' and '.', at most 63 characters (slurm.conf(5), NodeName).
/// </summary>
public readonly partial record struct NodeName(string Value) : IComparable<NodeName>
{
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    /// <summary>
    /// The Slurm name of a Kubernetes node: the first label of its name, unless a label or annotation says otherwise.
    /// </summary>
    public static NodeName FromKube(string kubeNode)
    {
        var dot = kubeNode.IndexOf('.', StringComparison.Ordinal);
        return new NodeName(dot < 0 ? kubeNode : kubeNode[..dot]);
    }

    public int CompareTo(NodeName other) => string.CompareOrdinal(Value, other.Value);

    public static bool operator <(NodeName left, NodeName right) => left.CompareTo(right) < 0;

    public static bool operator >(NodeName left, NodeName right) => left.CompareTo(right) > 0;

    public static bool operator <=(NodeName left, NodeName right) => left.CompareTo(right) <= 0;

    public static bool operator >=(NodeName left, NodeName right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value;

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\z")]
    private static partial Regex Pattern();
}
