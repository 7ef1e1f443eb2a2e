using System.Collections.Immutable;
using System.Text;
using Bridge.Core.Model;
using Bridge.Slurm.Text;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>Reads the whole output of `scontrol show node -d -o`.</summary>
internal static class NodeTexts
{
    public static (ImmutableArray<SlurmNode> Nodes, ImmutableArray<string> Unread, string Stray) Read(
        string text, NodeLines? lines = null)
    {
        lines ??= new NodeLines();
        lines.Begin();
        lines.Add(Encoding.UTF8.GetBytes(text));
        lines.End();
        return ([.. lines.Nodes], [.. lines.Unread], lines.Stray);
    }
}
