using YamlDotNet.RepresentationModel;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>The rights of helm/bridge/rbac.yaml, as they were approved: a new one is a change of this list.</summary>
public sealed class RightsFileTests
{
    private static readonly string Helm = Path.GetDirectoryName(LabKube.CrdFolder)!;

    [Fact]
    public void The_daemon_has_these_rights_and_no_others() => Assert.Equal(
        [
            "cluster: authorization.k8s.io subjectaccessreviews create",
            "cluster: core nodes list,watch",
            "cluster: core nodes,nodes/status patch",
            "cluster: resource.k8s.io resourceslices list,watch",
            "default: core events create,patch",
            "slurm: coordination.k8s.io leases create",
            "slurm: coordination.k8s.io leases get,update of bridge",
            "slurm: core events create,patch",
            "slurm: core pods list,watch,create,delete",
            "slurm: core secrets,configmaps get",
            "slurm: resource.k8s.io resourceclaims list,watch,create,delete",
            "slurm: slurmbridge.io slurmclusters,nodepools,partitionpolicies list,watch",
            "slurm: slurmbridge.io slurmclusters,partitionpolicies patch",
            "slurm: slurmbridge.io slurmclusters/status,nodepools/status,partitionpolicies/status patch",
        ],
        Rights().Order(StringComparer.Ordinal));

    private static IEnumerable<string> Rights()
    {
        var file = new YamlStream();
        using var text = new StreamReader(Path.Combine(Helm, "rbac.yaml"));
        file.Load(text);
        foreach (var role in file.Documents.Select(d => (YamlMappingNode)d.RootNode).Where(HasRules))
        {
            var meta = (YamlMappingNode)role["metadata"];
            var where = meta.Children.TryGetValue("namespace", out var name) ? $"{name}" : "cluster";
            foreach (var rule in ((YamlSequenceNode)role["rules"]).Cast<YamlMappingNode>())
            {
                var group = Words(rule, "apiGroups") is { Length: > 0 } named ? named : "core";
                var only = Words(rule, "resourceNames") is { Length: > 0 } names ? $" of {names}" : "";
                yield return $"{where}: {group} {Words(rule, "resources")} {Words(rule, "verbs")}{only}";
            }
        }
    }

    private static bool HasRules(YamlMappingNode role) => role.Children.ContainsKey("rules");

    private static string Words(YamlMappingNode rule, string key) =>
        rule.Children.TryGetValue(key, out var words) ? string.Join(',', (YamlSequenceNode)words) : "";
}
