using Bridge.Control.Ports;

namespace Bridge.Node.Processes;

/// <summary>
/// Slurm's own client behind a command prefix (`bridge run --slurm-client`), for the reading ladder.
/// </summary>
public static class ClientCommand
{
    /// <summary>Runs PREFIX… COMMAND….</summary>
    public static SlurmTextClient Of(IReadOnlyList<string> prefix, TimeProvider clock) =>
        async (command, read, deadline, cancel) =>
    {
        var request = new ProcessRequest { Command = [.. prefix, .. command], Deadline = deadline, Read = read };
        var result = await ProcessRunner.RunAsync(request, clock, cancel);
        return new TextAnswer(result.ExitCode, result.Succeeded ? ""
            : $"{request.Command[0]} {result.Describe()}");
    };
}
