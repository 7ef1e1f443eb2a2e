using System.CommandLine;
using Bridge.Daemon.Jobs;
using Bridge.Daemon.Plans;
using Bridge.Daemon.Probe;
using Bridge.Daemon.Run;
using Bridge.Daemon.Serving;
using Bridge.Daemon.Verbs;
using Microsoft.Extensions.DependencyInjection;

var root = new RootCommand("Bridge joins a Kubernetes and a Slurm plane of one GPU fleet.")
{
    RunCommand.Create(TimeProvider.System, Parts),
    PlanCommand.Create(TimeProvider.System),
    ProbeCommand.Create(),
};
var parsed = root.Parse(args);
// An orderly stop gives the lease back and stores what is in the air; it must end before a pod's grace period does.
var code = await parsed.InvokeAsync(
    new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(25) });
// The parser says 1 for a wrong command line; everywhere in Bridge that is 2.
return parsed.Errors.Count > 0 ? ExitCodes.Usage : code;

// What runs in `bridge run`, in the order of its start; it ends in the reverse order. All but the last runs on every
// replica: they read and serve, and only the leader acts, writes, and deletes what is old.
static void Parts(IServiceCollection runs) => runs
    .AddHostedService<LedgerWriting>()
    .AddHostedService<LedgerPruning>()
    .AddHostedService<KubeInformers>()
    .AddHostedService(s => s.GetRequiredService<HookBell>())
    .AddHostedService(s => s.GetRequiredService<JobFeeds>())
    .AddHostedService(s => s.GetRequiredService<SlurmReaders>())
    .AddHostedService(s => s.GetRequiredService<JobApiTrust>())
    .AddHostedService(s => s.GetRequiredService<Leading>());
