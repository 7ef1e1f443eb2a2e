using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Bridge.Daemon;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class DaemonJson : JsonSerializerContext;
