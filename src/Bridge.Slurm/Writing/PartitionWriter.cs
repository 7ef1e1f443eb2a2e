using System.Text.Json;
using Bridge.Control;
using Bridge.Core.Model;
using Bridge.Core.Names;
using Bridge.Core.Planning;
using Bridge.Core.View;
using Bridge.Slurm.Rest;
using Bridge.Slurm.Translation;
using Bridge.Slurm.Wire;
using Bridge.Slurm.Wire.V0045;

namespace Bridge.Slurm.Writing;

/// <summary>
/// Creates, changes and deletes partitions through POST partitions/ and DELETE partition/{name} (v0.0.45).
/// </summary>
internal sealed class PartitionWriter(SlurmApi api, Negotiator negotiator)
{
    public async Task<StepResult> PutAsync(PutPartition step, CancellationToken cancel)
    {
        if (Invalid(step.Partition) is { Length: > 0 } problem)
            return StepResult.Rejected(problem);
        var (profile, refusal) = await WritableAsync(cancel);
        if (profile is null)
            return refusal;
        var reading = await api.PartitionsAsync(profile, 0, cancel);
        if (reading is not Reading<Listing<SlurmPartition>>.Known { Value.Items: var all })
            return StepResult.Unavailable(reading.Problem);
        var now = all.FirstOrDefault(p => p.Name == step.Partition.Name);
        if (Meanwhile(step, now) is { Length: > 0 } meanwhile)
            return StepResult.Conflict(meanwhile);
        if (PartitionTranslation.ToWire(step.Partition, now) is { } update)
        {
            var body =
                JsonSerializer.SerializeToUtf8Bytes(new PartitionsUpdate { Partitions = [update] },
                WireJson.Default.PartitionsUpdate);
            var result =
                await api.WriteAsync(HttpMethod.Post, profile.Slurm("partitions/"), body, "partitions", cancel);
            if (result == StepResult.Gone)
                return StepResult.Conflict($"a node of '{step.Partition.Nodes}' is not in Slurm (any more)");
            if (result != StepResult.Done)
                return result;
        }
        return PartitionTranslation.Irrevocable(step.Partition, now) is { Length: > 0 } stuck
            ? StepResult.Rejected(stuck) : StepResult.Done;
    }

    private static string Meanwhile(PutPartition step, SlurmPartition? now) => (step.Seen, now) switch
    {
        (null, not null) => $"there is a partition {now.Name} by now, which the plan did not see",
        (not null, null) => $"partition {step.Seen.Name} is gone since the plan was made",
        ({ } seen, not null) when PartitionDiff.Describe(seen, now) is { Count: > 0 } changes =>
            $"partition {now.Name} is another one since the plan was made: {string.Join(", ", changes)}",
        _ => "",
    };

    public async Task<StepResult> DeleteAsync(DeletePartition step, CancellationToken cancel)
    {
        var (profile, refusal) = await WritableAsync(cancel);
        return profile is null
            ? refusal
            : await api.WriteAsync(
                HttpMethod.Delete, profile.Slurm("partition/") + Uri.EscapeDataString(step.Partition.Value), null,
                    "partitions", cancel);
    }

    private async Task<(ServerProfile? Profile, StepResult Refusal)> WritableAsync(CancellationToken cancel)
    {
        var reading = await negotiator.AskAsync(cancel);
        if (reading is not Reading<ServerProfile>.Known { Value: var profile })
            return (null, StepResult.Unavailable(reading.Problem));
        return profile.Capabilities.HasFlag(SlurmCapabilities.WritePartitions)
            ? (profile, StepResult.Done)
            : (null, StepResult.Rejected(
                $"Slurm {profile.Release} ({profile.DataParser}) cannot write partitions over REST: Slurm 26.05 is "
                    + "the first that can; until then they belong in slurm.conf"));
    }

    // Accounts and QOS that do not exist are taken silently by slurmctld, even with spaces in them: the charset at
    // least is held here.
    private static string Invalid(SlurmPartition partition)
    {
        if (!PartitionName.IsValid(partition.Name.Value))
            return $"partition name: '{partition.Name}' is not one: letters, digits, '_' and '-'";
        foreach (var (field, words) in new[]
            { ("allowAccounts", partition.AllowAccounts), ("denyAccounts", partition.DenyAccounts),
                ("allowQos", partition.AllowQos) })
            if (words.FirstOrDefault(w => !IsWord(w)) is { } bad)
                return $"{field}: '{bad}' is not a Slurm name: no space, comma, quote or control character";
        if (partition.Qos.Length > 0 && !IsWord(partition.Qos))
            return $"qos: '{partition.Qos}' is not a Slurm name";
        if (partition.BillingWeights.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
            return $"billingWeights: '{partition.BillingWeights}' holds white space; write CPU=1.0,GRES/gpu=10";
        try
        {
            Core.SlurmText.Hostlist.Expand(partition.Nodes);
            return "";
        }
        catch (FormatException e)
        {
            return $"nodes: {e.Message}";
        }
    }

    private static bool IsWord(string word) =>
        word.Length > 0
            && !word.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)
            || c is ',' or '"' or '\'' or '=' or '#' or '\\');
}
