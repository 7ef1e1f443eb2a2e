namespace Bridge.Core.Tests.Planning;

/// <summary>
/// Makes any fleet of a seed, in the words of the plan cases, so that one that fails can become a case.
/// </summary>
internal sealed class PlanLawsFleet(int seed)
{
    private readonly Random random = new(seed);

    public IReadOnlyList<string> Lines()
    {
        var lines = new List<string>
        {
            $"pool main max-unavailable={random.Next(1, 4)}{Maybe(8, " cordon-on-slurm-drain")}{Maybe(4, " lendable")}"
                + Maybe(4, " on-gpu-loss=Drain"),
            "pool spare",
        };
        var nodes = random.Next(1, 13);
        for (var i = 1; i <= nodes; i++)
            AddNode(lines, $"gpu-{i}");
        lines.Add("policy train pools=main" + Maybe(2, " claimed") + Maybe(5, " deleting"));
        lines.Add("policy all pools=main,spare claimed");
        if (random.Next(2) == 0)
            lines.Add("partition all nodes=\"\"");
        return lines;
    }

    private void AddNode(List<string> lines, string name)
    {
        var here = random.Next(10) > 0;
        if (here)
            lines.Add($"node {name} pool={Pick("main", "main", "spare")} gpus={Pick("8", "8", "4", "0")}"
                + Maybe(6, " tainted=gpu-1") + Maybe(12, " slices=Unknown") + Maybe(12, " slices=Updating")
                + Maybe(5, " cordoned") + Maybe(8, " cordoned annotation.slurmbridge.io/cordoned=true")
                + Maybe(12, " unselected") + Maybe(12, " plugin-gpus=8")
                + Maybe(4, $" ready={Pick("False", "Unknown")} message=gone"));
        var started = random.Next(3) > 0;
        if (started)
        {
            lines.Add($"pod {name} state="
                + Pick("ready", "ready", "ready", "ready ready-seconds=90", "pending", "failed")
                + Maybe(5, " outdated") + Maybe(8, " deleting"));
            lines.Add($"claim {name} in-use");
        }
        else if (random.Next(4) == 0)
            lines.Add($"claim {name} name=old-{name}");
        if (random.Next(4) > 0)
            lines.Add($"slurm {name} state="
                + Pick("Idle", "Idle", "Allocated", "Idle+NotResponding", "Down+NotResponding", "Down")
                + Pick("", "", "", " reason=\"Node unexpectedly rebooted\"", " reason=\"power supply, alice\"",
                    " reason=\"Not responding\"", "+Drain reason=\"bad disk\"", "+Fail reason=\"bad DIMM\"",
                    "+Drain reason=\"bridge: cordon\"",
                    "+Drain reason=\"bridge: hardware\"", "+Drain reason=\"bridge: rollout : Not responding\"")
                + Maybe(5, $" reason-seconds={random.Next(1200)}") + Maybe(5, " gres=gpu:h100:8")
                + Maybe(10, " foreign") + Maybe(5, " untagged") + Maybe(8, " weight=77"));
    }

    private string Maybe(int one, string text) => random.Next(one) == 0 ? text : "";

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];
}
