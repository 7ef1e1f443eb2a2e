using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Bridge.Kube.Models;

namespace Bridge.Lab.Models;

/// <summary>The kinds of which the lab reads more than Bridge does.</summary>
public static class LabKinds
{
    public static readonly KubeKind<NodeObject> Nodes =
        new(KubeKinds.Nodes.Resource, LabJson.Default.NodeObject, LabJson.Default.KubeListNodeObject);

    public static readonly KubeKind<LabPod> Pods =
        new(KubeKinds.Pods.Resource, LabJson.Default.LabPod, LabJson.Default.KubeListLabPod);

    public static readonly KubeKind<LabClaim> Claims =
        new(KubeKinds.ResourceClaims.Resource, LabJson.Default.LabClaim, LabJson.Default.KubeListLabClaim);

    public static readonly KubeKind<LabDeviceClass> DeviceClasses = new(
        new("resource.k8s.io", "v1", "deviceclasses", "DeviceClass", false),
        LabJson.Default.LabDeviceClass,
        LabJson.Default.KubeListLabDeviceClass);
}

/// <summary>How the lab's records are read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KubeList<NodeObject>))]
[JsonSerializable(typeof(KubeList<LabPod>))]
[JsonSerializable(typeof(KubeList<LabClaim>))]
[JsonSerializable(typeof(KubeList<LabDeviceClass>))]
[JsonSerializable(typeof(PartialObject))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class LabJson : JsonSerializerContext;
