using Bridge.Core.Health;

namespace Bridge.Gpu.Rules;

/// <summary>Reads xids.json.</summary>
internal static class XidRows
{
    public sealed record Table(
        Dictionary<long, XidRule> Xids, Dictionary<long, XidRule> SXids, Dictionary<long, XidRule> Events,
        Dictionary<string, XidClass> Classes, XidRepeat Repeat);

    public static Table Read(DataNode? root)
    {
        if (root is null) return new Table([], [], [], [], new XidRepeat(new HashSet<string>(), 2, default, default));
        root.Skip("sources");
        var classes = new Dictionary<string, XidClass>(StringComparer.Ordinal);
        foreach (var (name, node) in root.Object("classes").Members())
        {
            classes[name] = new XidClass(node.Choice<Severity>("severity"), node.Choice<Consequence>("consequence"));
            node.Finish();
        }
        var table = new Table(
            Rules(root, "xids", classes), Rules(root, "sxids", classes), Rules(root, "events", classes), classes,
            Repeat(root.Object("repeat"), classes));
        root.Finish();
        return table;
    }

    private static Dictionary<long, XidRule> Rules(DataNode root, string key, Dictionary<string, XidClass> classes)
    {
        var rules = new Dictionary<long, XidRule>();
        foreach (var row in root.Objects(key))
        {
            // What each source says stays in the file, for people.
            foreach (var note in (string[])["nvidia", "others", "fabric_manager"]) row.Skip(note);
            var name = row.Text("name");
            var rule = new XidRule(
                row.Whole("code", 1, long.MaxValue / 2), name, row.Text("class"), row.OptionalText("text") ?? name,
                row.OptionalText("why"));
            if (!classes.ContainsKey(rule.Class)) row.Error("class", $"'{rule.Class}' is not one of 'classes'");
            if (!rules.TryAdd(rule.Code, rule)) row.Error("code", $"{rule.Code} is there twice");
            row.Finish();
        }
        return rules;
    }

    private static XidRepeat Repeat(DataNode node, Dictionary<string, XidClass> classes)
    {
        node.Skip("source");
        var names = node.Texts("classes");
        foreach (var name in names)
            if (!classes.ContainsKey(name)) node.Error("classes", $"'{name}' is not one of 'classes'");
        var repeat = new XidRepeat(
            names.ToHashSet(StringComparer.Ordinal), (int)node.Whole("count", 2, 1000),
            TimeSpan.FromHours(node.Number("windowHours", 1, 24 * 366)), node.Choice<Consequence>("consequence"));
        node.Finish();
        return repeat;
    }
}
