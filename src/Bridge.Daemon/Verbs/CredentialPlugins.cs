using System.Collections;
using System.Collections.Immutable;
using Bridge.Kube.Client;
using Bridge.Node.Processes;

namespace Bridge.Daemon.Verbs;

/// <summary>Runs the credential plugins of kubeconfigs.</summary>
public static class CredentialPlugins
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    public static RunCredentialPlugin Runner(TimeProvider time) => async plugin =>
    {
        var request = new ProcessRequest
        {
            Command = plugin.Command,
            // Plugins of clouds are told by variables of their own which account they are for.
            Inherited = Ours(),
            Environment = plugin.Environment,
            Deadline = Deadline,
            MaxCharacters = 1 << 20,
        };
        var result = await ProcessRunner.RunAsync(request, time, CancellationToken.None);
        var hint = plugin.InstallHint.Length > 0 ? $"; {plugin.InstallHint.Trim()}" : "";
        return result.Succeeded
            ? result.Output
            : throw new KubeException($"the credential plugin {plugin.Command[0]} {result.Describe()}{hint}");
    };

    private static ImmutableArray<string> Ours() =>
    [
        .. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(v => (string)v.Key)
            .Where(n => !n.StartsWith("BRIDGE_", StringComparison.Ordinal)),
    ];
}
