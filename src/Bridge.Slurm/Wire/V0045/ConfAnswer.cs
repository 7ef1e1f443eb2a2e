using System.Text.Json.Serialization;

namespace Bridge.Slurm.Wire.V0045;

/// <summary>GET conf/, as of Slurm 26.05: slurmctld's slurm.conf, under its own names.</summary>
internal sealed record ConfAnswer : Envelope
{
    public SlurmConf? SlurmConf { get; init; }
}

internal sealed record SlurmConf
{
    [JsonPropertyName("SlurmUser")]
    public string? SlurmUser { get; init; }
}
