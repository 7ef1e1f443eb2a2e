using System.CommandLine;
using Bridge.Daemon.Settings;
using Bridge.Daemon.Verbs;
using Bridge.Kube.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Bridge.Daemon.Run;

/// <summary>The verb `bridge run`: the daemon.</summary>
public static class RunCommand
{
    private static readonly Option<string?> Config = new("--config")
    {
        Description = "YAML or JSON file with settings. Each has a key path there, such as api.listen, a flag "
            + "--api-listen and a variable BRIDGE_API_LISTEN; the flag comes first, then the variable, then the file.",
        HelpName = "FILE",
    };

    /// <param name="time">The clock.</param>
    /// <param name="runs">Adds what runs.</param>
    public static Command Create(TimeProvider time, Action<IServiceCollection> runs)
    {
        var kube = new KubeAccess();
        var command = new Command(
            "run", "Runs the daemon until it is told to stop (SIGTERM). Each replica reads and serves; one leads and "
            + "acts.\nThe ledger's connection string comes from the variable BRIDGE_LEDGER or the file, so that no "
            + "password shows in ps.");
        kube.AddTo(command);
        command.Options.Add(Config);
        SettingFlags.AddTo(command, RunSettings.All);
        command.SetAction(async (parsed, cancel) =>
        {
            var given = SettingFlags.Given(parsed, RunSettings.All, parsed.GetValue(Config));
            var process = $"{Environment.MachineName}-{Environment.ProcessId}";
            if (new RunOptionsReader(given, process).Read() is not { } options)
                return Usage.Fail(given.Problems);
            try
            {
                var endpoint = KubeAccess.Endpoint(options.Kubeconfig, options.Context, time);
                return await BridgeHost.RunAsync(BridgeHost.Build(options, endpoint, time, runs), cancel);
            }
            catch (KubeConfigException wrong)
            {
                return Usage.Fail([wrong.Message]);
            }
        });
        return command;
    }
}
