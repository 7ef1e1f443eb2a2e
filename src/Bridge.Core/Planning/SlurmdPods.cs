using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bridge.Core.Names;
using Bridge.Core.Policy;
using Bridge.Core.SlurmText;

namespace Bridge.Core.Planning;

/// <summary>
/// Describes the slurmd pod and the claim of a node. By the hash in the pod's annotation a running one is compared with
/// what is wanted now.
/// </summary>
public static class SlurmdPods
{
    public static string PodName(NodeName node) => "slurmd-" + KubeName(node);

    /// <summary>The claim's name changes with its devices, because a claim's spec is immutable.</summary>
    public static string ClaimName(NodeName node, DesiredNode desired) =>
        desired.Ownership == GpuOwnership.Claim && !desired.Uuids.IsEmpty
            ? $"slurmd-{KubeName(node)}-{Hash(string.Join(',', desired.Uuids))}"
            : "";

    /// <summary>
    /// Of the whole pod as it would be made, so that no field can be forgotten, less what changes without a restart:
    /// features, weight and pool are set on the living record, and allocatable memory moves from boot to boot (<see
    /// cref="DrainRules.Matches"/> tells when it has moved far), so that of it only the reservation counts.
    /// </summary>
    public static string SpecHash(SlurmClusterSpec cluster, Member member, NodeName name)
    {
        var desired = member.Desired
            ?? throw new ArgumentException("a member without a desired node has no pod", nameof(member));
        var lasting = member with
        {
            Desired = desired with { MemoryMiB = -member.Pool.Spec.Reserved.MemoryMiB, Features = [], Weight = 0 },
            ClaimName = ClaimName(name, desired),
            SpecHash = "",
        };
        var pod = Pod(new SlurmCluster { Ref = member.Pool.Ref, Spec = cluster }, lasting, name);
        return Hash(JsonSerializer.Serialize(
            pod with { Cluster = member.Pool.Spec.Cluster, Pool = "" }, CoreJson.Default.SlurmdPodSpec));
    }

    public static ClaimSpec Claim(ObjectRef cluster, Member member, NodeName name) => new()
    {
        Namespace = cluster.Namespace,
        Name = member.ClaimName,
        Cluster = cluster.Name,
        SlurmNode = name,
        KubeNode = member.Node.Name,
        DeviceClass = member.Desired!.Driver,
        Driver = member.Desired.Driver,
        Uuids = member.Desired.Uuids,
    };

    public static SlurmdPodSpec Pod(SlurmCluster cluster, Member member, NodeName name)
    {
        var desired = member.Desired!;
        return new SlurmdPodSpec
        {
            Namespace = cluster.Ref.Namespace,
            Name = PodName(name),
            Cluster = cluster.Ref.Name,
            Pool = member.Pool.Ref.Name,
            SlurmNode = name,
            KubeNode = member.Node.Name,
            KubeNodeUid = member.Node.Uid,
            Template = member.Pool.Spec.Slurmd,
            SlurmKey = cluster.Spec.SlurmKeyRef ?? new SecretKeyRef { Name = "slurm-key", Key = "slurm.key" },
            Arguments = Arguments(cluster.Spec, desired, name),
            Cpus = desired.Cpus,
            MemoryMiB = desired.MemoryMiB,
            Ownership = desired.Ownership,
            ClaimName = member.ClaimName,
            Gpus = desired.Ownership == GpuOwnership.DevicePlugin ? desired.Gpus : 0,
            SpecHash = member.SpecHash,
        };
    }

    // -Z registers a dynamic node, -b tells slurmctld that whatever ran here before is gone: a pod that starts has no
    // old jobs.
    private static ImmutableArray<string> Arguments(SlurmClusterSpec cluster, DesiredNode desired, NodeName name)
    {
        var conf = new ConfLine()
            .Add("CPUs", desired.Cpus)
            .Add("RealMemory", desired.MemoryMiB)
            .Add("Gres", desired.Gres)
            .Add("Feature", string.Join(',', desired.Features))
            .Add("Weight", desired.Weight);
        return ["-D", "-Z", "-b", "-N", name.Value, "--conf-server", cluster.ConfServer, "--conf", conf.ToString()];
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..10];

    // Slurm allows capitals and underscores where Kubernetes does not.
    private static string KubeName(NodeName node)
    {
        var lower = node.Value.ToLowerInvariant().Replace('_', '-');
        return lower == node.Value ? lower : $"{lower}-{Hash(node.Value)[..4]}";
    }
}
