using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bridge.Core.Policy;
using Bridge.Kube.Models;
using YamlDotNet.RepresentationModel;

namespace Bridge.Adapter.Tests.Kube;

/// <summary>
/// The schemas in helm/bridge/crds, the records that read them and the policies that planners use name the same fields.
/// </summary>
public sealed class CrdSchemaTests
{
    [Theory]
    [InlineData("slurmclusters")]
    [InlineData("nodepools")]
    [InlineData("partitionpolicies")]
    public void Every_field_of_the_schema_is_read_and_every_field_that_is_read_is_in_the_schema(string plural)
    {
        JsonTypeInfo record = plural switch
        {
            "slurmclusters" => KubeKinds.SlurmClusters.Item,
            "nodepools" => KubeKinds.NodePools.Item,
            _ => KubeKinds.PartitionPolicies.Item,
        };
        var schema = At(Crd(plural), "spec", "versions", "0", "schema", "openAPIV3Schema");
        var differences = new List<string>();
        foreach (var part in (string[])["spec", "status"])
            Compare(At(schema, "properties", part), Property(record, part), part, differences);
        Assert.Empty(differences);
    }

    [Theory]
    [InlineData("slurmclusters", typeof(SlurmClusterSpec))]
    [InlineData("nodepools", typeof(NodePoolSpec))]
    [InlineData("partitionpolicies", typeof(PartitionPolicySpec))]
    public void The_schema_has_the_fields_of_the_policy(string plural, Type policy)
    {
        var schema = (YamlMappingNode)At(
            Crd(plural), "spec", "versions", "0", "schema", "openAPIV3Schema", "properties", "spec", "properties");
        var expected = policy.GetProperties().Where(p => p.Name != "EqualityContract")
            .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name));
        Assert.Equal(expected.Order(), schema.Children.Keys.Select(k => k.ToString()).Order());
    }

    private static void Compare(YamlNode schema, JsonTypeInfo record, string path, List<string> differences)
    {
        if (At(schema, "type").ToString() == "array")
        {
            Compare(At(schema, "items"), Element(record), path + "[]", differences);
            return;
        }
        if (((YamlMappingNode)schema).Children.TryGetValue("properties", out var properties) is false
            || record.Kind != JsonTypeInfoKind.Object)
            return;
        var named = ((YamlMappingNode)properties!).Children.ToDictionary(p => p.Key.ToString(), p => p.Value);
        differences.AddRange(
            named.Keys.Except(record.Properties.Select(p => p.Name)).Select(n => $"{path}.{n} is not read"));
        differences.AddRange(
            record.Properties.Select(p => p.Name).Except(named.Keys).Select(n => $"{path}.{n} is not in the schema"));
        foreach (var property in record.Properties.Where(p => named.ContainsKey(p.Name)))
            Compare(named[property.Name], Property(record, property.Name), $"{path}.{property.Name}", differences);
    }

    private static JsonTypeInfo Property(JsonTypeInfo record, string name) =>
        record.Options.GetTypeInfo(record.Properties.Single(p => p.Name == name).PropertyType);

    private static JsonTypeInfo Element(JsonTypeInfo list) => list.Options.GetTypeInfo(list.ElementType!);

    private static YamlNode At(YamlNode node, params string[] path) => path.Aggregate(
        node, (at, part) =>
        at is YamlSequenceNode list ? list.Children[int.Parse(part, null)] : ((YamlMappingNode)at).Children[part]);

    private static YamlNode Crd(string plural)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(
            File.ReadAllText(Path.Combine(LabKube.CrdFolder, $"slurmbridge.io_{plural}.yaml"))));
        return stream.Documents[0].RootNode;
    }
}
