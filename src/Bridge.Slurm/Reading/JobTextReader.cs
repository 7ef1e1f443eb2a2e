using System.Buffers.Text;
using System.Collections.Immutable;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Text;

namespace Bridge.Slurm.Reading;

/// <summary>
/// Reads all jobs by Slurm's own client. `scontrol show job` tells everything of them, but names and comments stand
/// there unquoted: which ids are real is asked of `squeue` whenever new ones come, in a format without any free text.
/// </summary>
internal sealed class JobTextReader(TextClient client, ReadBudget budget)
{
    public TextClient Client => client;

    private static readonly ImmutableArray<string> IdsCommand =
        ["squeue", "--local", "-h", "-a", "-t", "all", "-o", "%A"];

    public JobLines Lines { get; } = new();

    /// <summary>Reads once; "" when <see cref="Lines"/> holds what changed, else why it does not.</summary>
    public async Task<string> ReadAsync(ServerProfile profile, CancellationToken cancel)
    {
        if (!await client.IsBelievedAsync(profile, cancel))
            return client.Problem;
        Lines.Begin();
        var answer = await client.RunAsync(JobRecordText.Command, Lines.Add, cancel);
        Lines.End();
        budget.SpendText(ReadBudget.JobRecord, Lines.Count);
        var problem = answer.Problem.Length > 0 ? answer.Problem
            : Lines.Problem.Length > 0 ? $"scontrol wrote '{Lines.Problem}'" : "";
        if (problem.Length == 0 && Lines.HasFresh)
            problem = await ConfirmAsync(cancel);
        if (problem.Length > 0)
            Lines.Forget(); // the next read compares with nothing of it
        return problem;
    }

    private async Task<string> ConfirmAsync(CancellationToken cancel)
    {
        var ids = new HashSet<uint>();
        var rest = new List<byte>();
        var answer = await client.RunAsync(IdsCommand, piece => AddIds(piece, rest, ids), cancel);
        budget.SpendText(ReadBudget.JobRecord, Lines.Count); // it prints a word of each, and is sent them whole
        if (answer.Problem.Length > 0)
            return answer.Problem;
        AddIds("\n"u8, rest, ids);
        Lines.Confirm(ids);
        return "";
    }

    // A number a line; a piece may end within one.
    private static void AddIds(ReadOnlySpan<byte> piece, List<byte> rest, HashSet<uint> ids)
    {
        foreach (var one in piece)
            if (one != (byte)'\n')
                rest.Add(one);
            else
            {
                if (Utf8Parser.TryParse(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rest), out uint id,
                    out var used) && used == rest.Count)
                    ids.Add(id);
                rest.Clear();
            }
    }
}
