using System.CommandLine;
using Bridge.Daemon.LabVerbs;
using Bridge.Daemon.Probe;

var root = new RootCommand("Joins a Kubernetes and a Slurm plane of one GPU fleet.")
{
    LabCommand.Create(),
    ProbeCommand.Create(),
};
var parsed = root.Parse(args);
var code = await parsed.InvokeAsync();
// 2 is "usage" everywhere in Bridge; the parser itself says 1.
return parsed.Errors.Count > 0 ? 2 : code;
