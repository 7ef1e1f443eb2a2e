using System.Text.Json.Serialization;

namespace Bridge.ApiServer.Meta;

/// <summary>What every served object has: its type, and metav1.ObjectMeta.</summary>
public abstract record ApiObject
{
    /// <summary>"group/version".</summary>
    [JsonPropertyOrder(-3)]
    public required string ApiVersion { get; init; }

    [JsonPropertyOrder(-2)]
    public required string Kind { get; init; }

    [JsonPropertyOrder(-1)]
    public required ObjectMeta Metadata { get; init; }
}
