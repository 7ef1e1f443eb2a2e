namespace Bridge.Kube.Models;

/// <summary>core/v1 Secret. The values never reach a log: the printed form names the object only.</summary>
public sealed record Secret : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Values as bytes (base64 on the wire); null when the Secret has none.</summary>
    public IReadOnlyDictionary<string, byte[]>? Data { get; init; }

    public override string ToString() => $"Secret {Metadata.Key()}";
}
