namespace Bridge.E2E.World;

/// <summary>What the tests apply.</summary>
internal static class Manifests
{
    /// <summary>Namespaces, key and rights: the same as the demo's.</summary>
    public static async Task<string> BaseAsync(string repository, string lab) => (await Shell.RunAsync(
    [
        "bash", "-c",
            "set -eu; . \"$1/scripts/lib.sh\"; open_lab \"$2\"; . \"$REPO/scripts/lib/manifests.sh\"; manifest_base",
        "bash", repository, lab,
    ])).Ok();

    /// <summary>
    /// A SlurmCluster, and the Secret of its token key, which is named after the file that it comes from.
    /// </summary>
    public static string Cluster(E2ELab lab, string restUrl, string tokenKeyFile)
    {
        var secret = Path.GetFileNameWithoutExtension(tokenKeyFile).Replace('_', '-');
        return $$"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: {{secret}}
          namespace: slurm
          annotations: {slurmbridge.io/allowed-addresses: '{{restUrl}}'}
        data:
          jwt.key: {{Convert.ToBase64String(File.ReadAllBytes(tokenKeyFile))}}
        ---
        apiVersion: slurmbridge.io/v1alpha1
        kind: SlurmCluster
        metadata: {name: lab, namespace: slurm}
        spec:
          restUrl: {{restUrl}}
          user: {{lab["SLURM_USER"]}}
          tokenKeyRef: {name: {{secret}}, key: jwt.key}
          slurmKeyRef: {name: slurm-auth, key: slurm.key}
          confServer: {{lab["CONF_SERVER"]}}
          accountNamespaces: {team-a: team-a}
          pollSeconds: 1
        """;
    }

    /// <summary>A pool of all fake nodes, and a partition of it.</summary>
    public const string Policies =
        """
        apiVersion: slurmbridge.io/v1alpha1
        kind: NodePool
        metadata: {name: h100, namespace: slurm}
        spec:
          cluster: lab
          nodeSelector:
            matchLabels: {lab.slurmbridge.io/pool: h100}
          slurmd: {image: lab/slurmd:26.05}
          reserved: {cpus: 2, memoryMiB: 2048}
        ---
        apiVersion: slurmbridge.io/v1alpha1
        kind: PartitionPolicy
        metadata: {name: gpu, namespace: slurm}
        spec:
          cluster: lab
          pools: [h100]
          gpuModels: [h100]
          maxTimeMinutes: 1440
        """;
}
