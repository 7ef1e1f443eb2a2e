using System.CommandLine;
using System.Net;
using Bridge.Daemon.Verbs;
using Bridge.Ledger;

namespace Bridge.Daemon.Run;

/// <summary>The verb `bridge run`: the daemon.</summary>
public static class RunCommand
{
    private static readonly Option<string?> ApiListen = new("--api-listen")
    {
        Description = "Address of the aggregated job API, such as 0.0.0.0:8443. Without it jobs are not served to "
            + "kubectl.",
        HelpName = "IP:PORT",
    };

    private static readonly Option<string?> ApiCertificate = new("--api-cert")
    {
        Description = "PEM file with the serving certificate of the job API; read again when it changes.",
        HelpName = "PATH",
    };

    private static readonly Option<string?> ApiKey = new("--api-key")
    {
        Description = "PEM file with the key of --api-cert.",
        HelpName = "PATH",
    };

    private static readonly Option<string?> ApiRequestHeaderCa = new("--api-requestheader-ca")
    {
        Description = "PEM file with the authority of the API server's front-proxy certificate. "
            + "Without it the one in kube-system/extension-apiserver-authentication is used.",
        HelpName = "PATH",
    };

    private static readonly Option<string[]> ApiRequestHeaderNames = new("--api-requestheader-allowed-names")
    {
        Description = "Common names of that authority's certificates that may name users, as kube-apiserver's "
            + "--requestheader-allowed-names; with --api-requestheader-ca, and any name without it.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<ApiAuthorization> Authorization = new("--api-authorization")
    {
        Description = "Who decides what a caller may see: Review asks Kubernetes (SubjectAccessReview); AlwaysAllow "
            + "is for labs.",
    };

    private static readonly Option<string?> HookSocket = new("--hook-socket")
    {
        Description = "Unix socket on which Slurm's prolog and epilog hooks tell of jobs that start and end.",
        HelpName = "PATH",
    };

    private static readonly Option<string?> Identity = new("--identity")
    {
        Description = "Name of this process in the lease; host name and process id by default.",
        HelpName = "NAME",
    };

    public static Command Create(TimeProvider time)
    {
        var (kube, slurm) = (new KubeAccess(), new SlurmAccess());
        var command = new Command(
            "run", "Runs the daemon until it is told to stop (SIGTERM). One of several leads; the others wait.\n"
            + "The ledger's connection string comes from the environment variable BRIDGE_LEDGER, so that no password "
            + "shows in ps.");
        kube.AddTo(command);
        slurm.AddTo(command);
        Option[] own =
        [
            ApiListen, ApiCertificate, ApiKey, ApiRequestHeaderCa, ApiRequestHeaderNames, Authorization, HookSocket,
            Identity,
        ];
        foreach (var option in own)
            command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var (options, problems) = Read(parsed, kube);
            if (options is null)
                return Usage.Fail(problems);
            options = options with { SlurmClient = slurm.Client(parsed) };
            return await RunHost.RunAsync(() => kube.Endpoint(parsed, time), options, time, cancel);
        });
        return command;
    }

    private static (RunOptions? Options, IReadOnlyList<string> Problems) Read(ParseResult parsed, KubeAccess kube)
    {
        var problems = new List<string>();
        var api = ReadApi(parsed, problems);
        var hooks = parsed.GetValue(HookSocket);
        if (hooks is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(hooks))))
            problems.Add($"--hook-socket: the folder of {hooks} does not exist");
        // A unix socket address holds 107 (unix(7)), and it is made as PATH.PID first.
        if (hooks is { Length: > 99 })
            problems.Add($"--hook-socket: {hooks} is longer than 99 characters");
        var ledger = Environment.GetEnvironmentVariable("BRIDGE_LEDGER");
        if (!string.IsNullOrEmpty(ledger) && LedgerOptions.ProblemOf(ledger) is { Length: > 0 } problem)
            problems.Add($"BRIDGE_LEDGER: {problem}; it should be such as Host=/run/postgresql;Database=bridge");
        if (problems.Count > 0)
            return (null, problems);
        return (new RunOptions
        {
            Namespace = parsed.GetValue(kube.Namespace)!,
            Identity = parsed.GetValue(Identity) ?? $"{Environment.MachineName}-{Environment.ProcessId}",
            Api = api,
            HookSocket = hooks,
            Ledger = string.IsNullOrEmpty(ledger) ? null : ledger,
        }, problems);
    }

    private static ApiOptions? ReadApi(ParseResult parsed, List<string> problems)
    {
        var (certificate, key) = (parsed.GetValue(ApiCertificate), parsed.GetValue(ApiKey));
        if (parsed.GetValue(ApiListen) is not { } listen)
        {
            if (certificate is not null || key is not null)
                problems.Add("--api-cert and --api-key are of no use without --api-listen");
            return null;
        }
        if (!IPEndPoint.TryParse(listen, out var address) || address.Port == 0)
            problems.Add($"--api-listen: '{listen}' is not IP:PORT, such as 127.0.0.1:8443");
        if (certificate is null || !File.Exists(certificate))
            problems.Add(
                certificate is null ? "--api-cert is needed with --api-listen"
                : $"--api-cert: there is no file {certificate}");
        if (key is null || !File.Exists(key))
            problems.Add(key is null ? "--api-key is needed with --api-listen" : $"--api-key: there is no file {key}");
        if (parsed.GetValue(ApiRequestHeaderCa) is { } ca && !File.Exists(ca))
            problems.Add($"--api-requestheader-ca: there is no file {ca}");
        var names = parsed.GetValue(ApiRequestHeaderNames) ?? [];
        if (names.Length > 0 && parsed.GetValue(ApiRequestHeaderCa) is null)
            problems.Add("--api-requestheader-allowed-names is of no use without --api-requestheader-ca: "
                + "the API server publishes its own names with its authority");
        return problems.Count > 0 ? null : new ApiOptions
        {
            Listen = address!,
            CertificatePath = certificate!,
            KeyPath = key!,
            RequestHeaderCaPath = parsed.GetValue(ApiRequestHeaderCa),
            RequestHeaderNames = [.. names],
            Authorization = parsed.GetValue(Authorization),
        };
    }
}
