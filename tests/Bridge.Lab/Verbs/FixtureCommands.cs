using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Bridge.Control;
using Bridge.Lab.Fixtures;
using Bridge.Lab.Models;

namespace Bridge.Lab.Verbs;

/// <summary>The verbs that make and change fake GPU nodes. Cordoning is kubectl's.</summary>
internal static partial class FixtureCommands
{
    private const string DefaultModel = "NVIDIA H100 80GB HBM3";

    public static Command Nodes()
    {
        var kubeconfig = LabCommand.Kubeconfig();
        var count = Positive("--count", "how many nodes", 4);
        var gpus = Positive("--gpus", "GPUs per node", 8);
        var cpus = Positive("--cpus", "cores per node", 16);
        var memory = new Option<string>("--memory")
            { Description = "a Kubernetes quantity", DefaultValueFactory = _ => "64Gi" };
        var prefix = new Option<string>("--prefix")
            { Description = "names are PREFIX-1, PREFIX-2 …", DefaultValueFactory = _ => "gpu" };
        var mig = new Option<string>("--mig")
            { Description = "MIG profile such as 1g.10gb", DefaultValueFactory = _ => "" };
        mig.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !MigProfile().IsMatch(result.Tokens[0].Value))
                result.AddError($"--mig: '{result.Tokens[0].Value}' is no profile such as 1g.10gb, of 1 to 7 slices");
        });
        var model = new Option<string>("--model")
            { Description = "product name", DefaultValueFactory = _ => DefaultModel };
        model.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && GpuProduct.Find(result.Tokens[0].Value) is null)
                result.AddError($"--model knows {string.Join(", ", GpuProduct.Names.Select(n => $"'{n}'"))}");
        });
        var command = new Command("nodes", "Makes fake GPU nodes: Node, ResourceSlice and device classes.")
        {
            kubeconfig, count, gpus, model, mig, cpus, memory, prefix,
        };
        command.SetAction((parsed, cancel) => LabCommand.WithClientAsync(parsed.GetValue(kubeconfig)!, async client =>
        {
            var nodes = Enumerable.Range(0, parsed.GetValue(count)).Select(index => new NodeFixture
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(prefix)}-{index + 1}"),
                Index = index,
                Product = GpuProduct.Find(parsed.GetValue(model)!)!,
                Gpus = parsed.GetValue(gpus),
                MigProfile = parsed.GetValue(mig)!,
                Cpus = parsed.GetValue(cpus),
                Memory = parsed.GetValue(memory)!,
            }).ToList();
            var result = await new LabFixtures(client, TimeProvider.System).ApplyAsync(nodes, cancel);
            return Tell(result, $"{nodes.Count} nodes: {nodes[0].Name} to {nodes[^1].Name}");
        }));
        return command;
    }

    public static Command TaintGpu()
    {
        var (kubeconfig, node, device) = Device();
        var key = new Option<string>("--key")
            { Description = "taint key", DefaultValueFactory = _ => "gpu.nvidia.com/xid" };
        var value = new Option<string>("--value") { Description = "taint value", DefaultValueFactory = _ => "79" };
        var effect = new Option<string>("--effect")
            { Description = "None, NoSchedule or NoExecute", DefaultValueFactory = _ => "NoSchedule" };
        effect.AcceptOnlyFromAmong("None", "NoSchedule", "NoExecute");
        var command = new Command("taint-gpu", "Taints one GPU, as the driver does that sees it ail.")
        {
            node, device, kubeconfig, key, value, effect,
        };
        command.SetAction((parsed, cancel) => LabCommand.WithClientAsync(parsed.GetValue(kubeconfig)!, async client =>
        {
            var taint = new ObjectTaint
            {
                Key = parsed.GetValue(key)!, Value = parsed.GetValue(value)!, Effect = parsed.GetValue(effect)!,
            };
            var result = await new LabFixtures(client, TimeProvider.System)
                .TaintAsync(parsed.GetValue(node)!, parsed.GetValue(device)!, taint, cancel);
            return Tell(result, $"{parsed.GetValue(node)}/{parsed.GetValue(device)} has taint "
                + $"{taint.Key}={taint.Value}:{taint.Effect}");
        }));
        return command;
    }

    public static Command UntaintGpu()
    {
        var (kubeconfig, node, device) = Device();
        var key = new Option<string>("--key")
            { Description = "taint key", DefaultValueFactory = _ => "gpu.nvidia.com/xid" };
        var command = new Command("untaint-gpu", "Takes a taint off one GPU.") { node, device, kubeconfig, key };
        command.SetAction((parsed, cancel) => LabCommand.WithClientAsync(parsed.GetValue(kubeconfig)!, async client =>
        {
            var result = await new LabFixtures(client, TimeProvider.System)
                .UntaintAsync(parsed.GetValue(node)!, parsed.GetValue(device)!, parsed.GetValue(key)!, cancel);
            return Tell(result,
                $"{parsed.GetValue(node)}/{parsed.GetValue(device)} has no taint {parsed.GetValue(key)}");
        }));
        return command;
    }

    public static Command RemoveGpu()
    {
        var (kubeconfig, node, device) = Device();
        var command = new Command("remove-gpu", "Takes one GPU out of its pool, as drivers without taints do.")
            { node, device, kubeconfig };
        command.SetAction((parsed, cancel) => LabCommand.WithClientAsync(parsed.GetValue(kubeconfig)!, async client =>
        {
            var result = await new LabFixtures(client, TimeProvider.System)
                .RemoveAsync(parsed.GetValue(node)!, parsed.GetValue(device)!, cancel);
            return Tell(result, $"{parsed.GetValue(node)} has no device {parsed.GetValue(device)} any more");
        }));
        return command;
    }

    public static Command Clean()
    {
        var kubeconfig = LabCommand.Kubeconfig();
        var command = new Command("clean", "Deletes the nodes, slices, device classes and leases that the lab made.")
            { kubeconfig };
        command.SetAction((parsed, cancel) => LabCommand.WithClientAsync(
            parsed.GetValue(kubeconfig)!,
            async client =>
            Tell(await new LabFixtures(client, TimeProvider.System).CleanAsync(cancel), "nothing of the lab is left")));
        return command;
    }

    private static (Option<string> Kubeconfig, Argument<string> Node, Argument<string> Device) Device() =>
    (
        LabCommand.Kubeconfig(),
        new Argument<string>("node") { Description = "Kubernetes node" },
        new Argument<string>("device") { Description = "device of its pool, such as gpu-3" }
    );

    private static Option<int> Positive(string name, string description, int otherwise)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(
                t => !int.TryParse(t.Value, CultureInfo.InvariantCulture, out var n) || n is < 1 or > 10_000))
                result.AddError($"{name} must be a number from 1 to 10000");
        });
        return option;
    }

    private static int Tell(StepResult result, string done)
    {
        if (result is StepResult.DoneResult)
        {
            Console.WriteLine(done);
            return 0;
        }
        Console.Error.WriteLine($"bridge-lab: {Reason(result)}");
        return 1;
    }

    private static string Reason(StepResult result) => result switch
    {
        StepResult.ConflictResult r => r.Reason,
        StepResult.UnavailableResult r => r.Reason,
        StepResult.RejectedResult r => r.Reason,
        _ => "the object is not there",
    };

    [GeneratedRegex(@"^[1-7]g\.[1-9][0-9]*gb\z")]
    private static partial Regex MigProfile();
}
