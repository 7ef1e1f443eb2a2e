namespace Bridge.Kube.Models;

/// <summary>core/v1 Namespace, for its labels.</summary>
public sealed record Namespace : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
}
