using System.CommandLine;
using Bridge.Lab.Verbs;

var root = new RootCommand("The one-machine lab of Bridge: fake GPU nodes, their kubelets, a scheduler.")
{
    LabCommand.Run(),
    FixtureCommands.Nodes(),
    FixtureCommands.TaintGpu(),
    FixtureCommands.UntaintGpu(),
    FixtureCommands.RemoveGpu(),
    FixtureCommands.Clean(),
};
var parsed = root.Parse(args);
// The pods are ended one by one, each within its grace period.
var code = await parsed.InvokeAsync(
    new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
return parsed.Errors.Count > 0 ? 2 : code;
