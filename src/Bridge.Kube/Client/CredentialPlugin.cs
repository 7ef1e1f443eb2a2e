using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bridge.Kube.Client;

/// <summary>
/// A credential plugin that a kubeconfig names (kubernetes.io docs, "client-go credential plugins").
/// </summary>
public sealed record CredentialPlugin
{
    private const string Group = "client.authentication.k8s.io/";

    /// <summary>The program and its arguments, each one argument.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>To be added to the environment; KUBERNETES_EXEC_INFO is in it.</summary>
    public required ImmutableDictionary<string, string> Environment { get; init; }

    /// <summary>client.authentication.k8s.io/v1 or /v1beta1; its answer must be of the same.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>What a message says when the program cannot be had; else empty.</summary>
    public string InstallHint { get; init; } = "";

    internal static CredentialPlugin Read(KubeConfigNode exec, KubeConfigNode cluster)
    {
        exec.Only(
            "", "apiVersion", "command", "args", "env", "installHint", "provideClusterInfo", "interactiveMode");
        var version = exec.Text("apiVersion");
        if (version is not (Group + "v1" or Group + "v1beta1"))
            throw exec.Wrong("apiVersion", $"'{version}' is not {Group}v1 or {Group}v1beta1");
        if (exec.Text("interactiveMode") == "Always")
            throw exec.Wrong("interactiveMode", "Always is refused: Bridge has no terminal to ask at");
        if (exec.Text("command") is not { Length: > 0 } command)
            throw exec.Wrong("command", "is not set");
        var program = command.Contains('/', StringComparison.Ordinal) ? exec.Beside(command) : command;
        var info = new JsonObject
        {
            ["kind"] = "ExecCredential",
            ["apiVersion"] = version,
            ["spec"] = new JsonObject { ["interactive"] = false },
        };
        if (exec.Text("provideClusterInfo") == "true")
            info["spec"]!["cluster"] = ClusterInfo(cluster);
        return new CredentialPlugin
        {
            Command = [program, .. exec.Texts("args")],
            Environment = exec.Items("env").ToImmutableDictionary(e => e.Text("name"), e => e.Text("value"))
                .SetItem("KUBERNETES_EXEC_INFO", info.ToJsonString()),
            ApiVersion = version,
            InstallHint = exec.Text("installHint"),
        };
    }

    private static JsonObject ClusterInfo(KubeConfigNode cluster)
    {
        if (cluster.Items("extensions").Any(e => e.Text("name") == Group + "exec"))
            throw cluster.Wrong("extensions", $"{Group}exec is not supported");
        var info = new JsonObject { ["server"] = cluster.Text("server") };
        if (cluster.Text("tls-server-name") is { Length: > 0 } name)
            info["tls-server-name"] = name;
        if (cluster.Pem("certificate-authority") is { } pem)
            info["certificate-authority-data"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
        return info;
    }
}

/// <summary>
/// Runs a plugin and gives what it wrote to standard output, within a bound of its own. The library's own runner joins
/// arguments by blanks and leaves a plugin that hangs running.
/// </summary>
/// <exception cref="KubeException">It could not be run, failed, or took too long; the message says which.</exception>
public delegate Task<string> RunCredentialPlugin(CredentialPlugin plugin);

/// <summary>The token of a plugin, asked for again when it runs out or is refused: once for all who wait.</summary>
internal sealed class PluginToken(CredentialPlugin plugin, RunCredentialPlugin run, TimeProvider time) : BearerToken
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private Task<Credential>? current;

    public override async ValueTask<string> CurrentAsync(CancellationToken cancel) =>
        (await Ask(unless: c => time.GetUtcNow() < c.Until).WaitAsync(cancel)).Token;

    // Another request may have been refused before, and asked.
    public override async ValueTask<string?> RenewAsync(string refused, CancellationToken cancel)
    {
        var renewed = (await Ask(unless: c => c.Token != refused).WaitAsync(cancel)).Token;
        return renewed != refused ? renewed : null;
    }

    public override string ToString() => $"the token of {plugin.Command[0]}";

    private Task<Credential> Ask(Func<Credential, bool> unless)
    {
        lock (gate)
        {
            return current = current switch
            {
                { IsCompleted: false } => current,
                { IsCompletedSuccessfully: true } when unless(current.Result) => current,
                _ => AskAsync(),
            };
        }
    }

    private async Task<Credential> AskAsync()
    {
        var answer = await run(plugin);
        try
        {
            using var document = JsonDocument.Parse(answer);
            var credential = document.RootElement;
            if (Text(credential, "kind") != "ExecCredential" || Text(credential, "apiVersion") != plugin.ApiVersion)
                throw Wrong($"did not answer with an ExecCredential of {plugin.ApiVersion}");
            if (!credential.TryGetProperty("status", out var status) || Text(status, "token") is not { Length: > 0 } t)
                throw Wrong("gave no token; Bridge takes no client certificates from plugins");
            return new Credential(
                t,
                Text(status, "expirationTimestamp") is { Length: > 0 } end
                    ? DateTimeOffset.Parse(end, CultureInfo.InvariantCulture) - Early
                    : DateTimeOffset.MaxValue);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // Not the parser's words: they may quote what the plugin wrote.
            throw Wrong("did not answer with an ExecCredential");
        }
    }

    private KubeException Wrong(string what) => new($"the credential plugin {plugin.Command[0]} {what}");

    private static string Text(JsonElement json, string field) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(field, out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private sealed record Credential(string Token, DateTimeOffset Until);
}
