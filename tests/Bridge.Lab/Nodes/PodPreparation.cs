using Bridge.Kube.Client;
using Bridge.Kube.Models;
using Bridge.Lab.Models;

namespace Bridge.Lab.Nodes;

/// <summary>Why a pod cannot start yet, in a kubelet's words; Reason is empty when it can.</summary>
internal readonly record struct Obstacle(string Reason, string Message)
{
    public static readonly Obstacle None = new("", "");
}

/// <summary>
/// Brings together what a pod needs before its process starts: its Secrets as files and its GPUs as device files.
/// </summary>
internal sealed class PodPreparation(KubeClient client, NodeObjects objects)
{
    public async Task<Obstacle> PrepareAsync(LabPod pod, PodFiles files, CancellationToken cancel)
    {
        try
        {
            if (pod.Spec.Containers.Count != 1)
                return new Obstacle("CreateContainerError", "the lab's node runtime runs pods of one container");
            files.Begin(pod.Metadata.Uid);
            foreach (var volume in pod.Spec.Volumes)
                if (volume.Secret is { } secret)
                    files.WriteSecrets(await SecretFilesAsync(pod, secret, cancel));
            return Gpus(pod, files);
        }
        catch (KubeException e)
        {
            return new Obstacle("FailedMount", e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return new Obstacle("CreateContainerError", e.Message);
        }
    }

    private async Task<List<(string Path, byte[] Content)>> SecretFilesAsync(
        LabPod pod, LabSecretVolume volume, CancellationToken cancel)
    {
        var key = new ObjectKey(pod.Metadata.Namespace, volume.SecretName);
        var secret = await client.GetAsync(KubeKinds.Secrets, key, cancel);
        var data = secret.Data ?? new Dictionary<string, byte[]>();
        if (volume.Items.Count == 0)
            return [.. data.Select(d => (d.Key, d.Value))];
        return [.. volume.Items.Select(item => data.TryGetValue(item.Key, out var content)
            ? (item.Path, content)
            : throw new InvalidOperationException($"Secret {key} has no key '{item.Key}'"))];
    }

    private Obstacle Gpus(LabPod pod, PodFiles files)
    {
        var gpus = new List<string>();
        foreach (var wanted in pod.Spec.ResourceClaims)
        {
            var key = new ObjectKey(pod.Metadata.Namespace, wanted.ResourceClaimName);
            if (!objects.Claims.TryGetValue(key, out var claim) || claim.Status.Allocation is null)
                return new Obstacle("ContainerCreating", $"resourceclaim {key} is not allocated");
            if (!claim.Status.ReservedFor.Any(c => c.Uid == pod.Metadata.Uid))
                return new Obstacle("ContainerCreating", $"resourceclaim {key} is not reserved for this pod");
            gpus.AddRange(GpuFiles.OfClaim(claim, objects.Slices));
        }
        if (objects.Nodes.TryGetValue(new ObjectKey("", pod.Spec.NodeName), out var node))
            gpus.AddRange(GpuFiles.OfRequest(pod, node));
        files.WriteGpus(gpus.Distinct());
        return Obstacle.None;
    }
}
