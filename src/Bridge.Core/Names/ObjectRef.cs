namespace Bridge.Core.Names;

/// <summary>
/// Names one Kubernetes object. Namespace is empty for cluster-scoped kinds; Uid is empty where it does not matter.
/// </summary>
public sealed record ObjectRef(string Kind, string Namespace, string Name, string Uid = "")
{
    public override string ToString() => Namespace.Length == 0 ? $"{Kind}/{Name}" : $"{Kind}/{Namespace}/{Name}";
}
