using System.Text.Json.Serialization;

namespace Bridge.Slurm.Wire;

/// <summary>Source-generated JSON of all wire records.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(EmptyAnswer))]
[JsonSerializable(typeof(V0042.NodesAnswer))]
[JsonSerializable(typeof(V0042.NodeUpdate))]
[JsonSerializable(typeof(V0042.JobsAnswer))]
[JsonSerializable(typeof(V0042.JobStatesAnswer))]
[JsonSerializable(typeof(V0042.AccountedJobsAnswer))]
[JsonSerializable(typeof(V0042.PingAnswer))]
[JsonSerializable(typeof(V0042.DiagAnswer))]
[JsonSerializable(typeof(V0042.ReservationsAnswer))]
[JsonSerializable(typeof(V0042.PartitionsAnswer))]
[JsonSerializable(typeof(V0042.Partition[]), TypeInfoPropertyName = "Partitions42")]
[JsonSerializable(typeof(V0042.Partition), TypeInfoPropertyName = "Partition42")]
[JsonSerializable(typeof(V0045.PartitionsAnswer), TypeInfoPropertyName = "PartitionsAnswer45")]
[JsonSerializable(typeof(V0045.PartitionsUpdate))]
[JsonSerializable(typeof(V0045.ConfAnswer))]
internal sealed partial class WireJson : JsonSerializerContext;
