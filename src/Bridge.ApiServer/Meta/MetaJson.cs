using System.Text.Json.Serialization;

namespace Bridge.ApiServer.Meta;

/// <summary>Source-generated JSON of the types that every resource shares.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcSeconds)])]
[JsonSerializable(typeof(Failure))]
[JsonSerializable(typeof(PartialObjectMetadata))]
[JsonSerializable(typeof(ServedListMeta))]
[JsonSerializable(typeof(TableColumn))]
[JsonSerializable(typeof(ApiGroupList))]
[JsonSerializable(typeof(ApiGroup))]
[JsonSerializable(typeof(ApiResourceList))]
[JsonSerializable(typeof(ApiGroupDiscoveryList))]
public sealed partial class MetaJson : JsonSerializerContext;
