using System.CommandLine;
using Bridge.Daemon.Plans;
using Bridge.Daemon.Probe;
using Bridge.Daemon.Run;
using Bridge.Daemon.Verbs;

var root = new RootCommand("Bridge joins a Kubernetes and a Slurm plane of one GPU fleet.")
{
    RunCommand.Create(TimeProvider.System),
    PlanCommand.Create(TimeProvider.System),
    ProbeCommand.Create(),
};
var parsed = root.Parse(args);
// An orderly stop gives the lease back and stores what is in the air; it must end before a pod's grace period does.
var code = await parsed.InvokeAsync(
    new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
// The parser says 1 for a wrong command line; everywhere in Bridge that is 2.
return parsed.Errors.Count > 0 ? ExitCodes.Usage : code;
