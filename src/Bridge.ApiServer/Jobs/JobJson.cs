using System.Text.Json.Serialization;
using Bridge.ApiServer.Meta;

namespace Bridge.ApiServer.Jobs;

/// <summary>Source-generated JSON of the job objects.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcSeconds)])]
[JsonSerializable(typeof(SlurmJobObject))]
public sealed partial class JobJson : JsonSerializerContext;
