using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bridge.ApiServer.Security;
using Bridge.Ledger;
using static Bridge.Daemon.Settings.RunSettings;

namespace Bridge.Daemon.Settings;

/// <summary>Makes options of what was given, and refuses what cannot work: every mistake at once.</summary>
/// <param name="given">What was given; it gathers the problems.</param>
/// <param name="process">The default identity.</param>
public sealed class RunOptionsReader(GivenSettings given, string process)
{
    // A unix socket address holds 107 (unix(7)), and it is made as PATH.PID first.
    private const int LongestSocket = 99;
    private const int KeepActions = 90;
    private const int MostDays = 36_500;

    private readonly ListenAddresses addresses = new(given);

    /// <summary>Null when there are problems.</summary>
    public RunOptions? Read()
    {
        var options = new RunOptions
        {
            Namespace = Namespaces(),
            Identity = IdentityText(),
            Kubeconfig = given.Text(Kubeconfig),
            Context = given.Text(Context),
            Slurm = SlurmLimitsReader.Read(given),
            Api = Api(),
            Hook = Hook(),
            MetricsListen = addresses.Read(MetricsListen),
            Ledger = LedgerText(),
            Retention = Retention(),
        };
        return given.Problems.Count > 0 ? null : options;
    }

    private string Namespaces()
    {
        var name = given.Text(Namespace) ?? "slurm";
        if (name.Length is 0 or > 63 || name[0] == '-' || name[^1] == '-'
            || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            given.Refuse(Namespace, $"'{name}' is no namespace: at most 63 of a-z, 0-9 and -, such as slurm");
        return name;
    }

    private string IdentityText()
    {
        var name = given.Text(Identity) ?? process;
        if (name.Length is 0 or > 128 || name.Any(c => c is <= ' ' or > '~'))
            given.Refuse(Identity, $"'{name}' should be 1 to 128 visible ASCII characters, another for each process");
        return name;
    }

    private ApiOptions? Api()
    {
        if (given.Text(ApiListen) is null)
        {
            given.Idle(ApiListen, ApiCert, ApiKey, ApiRequestHeaderCa, ApiRequestHeaderNames);
            return null;
        }
        var (certificate, key) = (FileOf(ApiCert, ApiListen), FileOf(ApiKey, ApiListen));
        if (certificate is not null && key is not null)
            CheckPair(certificate, key);
        if (given.Text(ApiRequestHeaderCa) is null)
            given.Idle(ApiRequestHeaderCa, ApiRequestHeaderNames);
        else
            CheckAuthority();
        return addresses.Read(ApiListen) is { } listen ? new ApiOptions
        {
            Listen = listen,
            CertificatePath = certificate ?? "",
            KeyPath = key ?? "",
            RequestHeaderCaPath = given.Text(ApiRequestHeaderCa),
            RequestHeaderNames = given.Texts(ApiRequestHeaderNames),
        } : null;
    }

    private void CheckPair(string certificate, string key)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException or IOException
            or UnauthorizedAccessException)
        {
            given.Refuse(ApiKey, $"{key} is not the key of the certificate in {certificate}, both as PEM: "
                + wrong.Message);
        }
    }

    private void CheckAuthority()
    {
        if (FileOf(ApiRequestHeaderCa, ApiListen) is not { } path)
            return;
        try
        {
            RequestHeaderTrust.FromPem(File.ReadAllText(path));
        }
        catch (Exception wrong) when (wrong is FormatException or IOException or UnauthorizedAccessException)
        {
            given.Refuse(ApiRequestHeaderCa, $"{path}: {wrong.Message}");
        }
    }

    private HookOptions? Hook()
    {
        var (socket, listen) = (given.Text(HookSocket), given.Text(HookListen));
        if (socket is not null)
            CheckSocket(socket);
        if (listen is null)
            given.Idle(HookListen, HookTokenFile);
        if (socket is null && listen is null)
            return null;
        return new HookOptions
        {
            Socket = socket,
            Listen = addresses.Read(HookListen),
            TokenFile = listen is null ? null : Token(),
        };
    }

    private void CheckSocket(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
            given.Refuse(HookSocket, $"the folder of {path} does not exist");
        else if (Directory.Exists(path) || (File.Exists(path) && new FileInfo(path).Length > 0))
            given.Refuse(HookSocket, $"{path} is there and is no socket; it would be replaced");
        if (path.Length > LongestSocket)
            given.Refuse(HookSocket, $"{path} has {path.Length} characters; a socket's path may have {LongestSocket}");
    }

    private string? Token()
    {
        if (FileOf(HookTokenFile, HookListen) is not { } path)
            return null;
        try
        {
            if (TokenFile.ProblemOf(File.ReadAllText(path)) is { Length: > 0 } problem)
                given.Refuse(HookTokenFile, $"{path}: {problem}");
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            given.Refuse(HookTokenFile, $"{path} cannot be read: {unread.Message}");
        }
        return path;
    }

    private string? LedgerText()
    {
        if (given.Text(RunSettings.Ledger) is not { } connection)
            return null;
        if (LedgerOptions.ProblemOf(connection) is { Length: > 0 } problem)
            given.Refuse(RunSettings.Ledger, $"{problem}; it should be such as Host=/run/postgresql;Database=bridge");
        return connection;
    }

    private LedgerRetention Retention()
    {
        if (given.Text(RunSettings.Ledger) is null)
            given.Idle(RunSettings.Ledger, RetentionActions, RetentionJobs);
        return new LedgerRetention(Days(RetentionActions, KeepActions), Days(RetentionJobs, 0));
    }

    private TimeSpan? Days(Setting setting, int days)
    {
        if (given.Text(setting) is { } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out days) || days > MostDays))
            given.Refuse(setting, $"'{text}' is no number of days: 1 to {MostDays}, or 0 to keep them for ever");
        return days == 0 ? null : TimeSpan.FromDays(days);
    }

    private string? FileOf(Setting setting, Setting with)
    {
        var path = given.Needed(setting, with);
        if (path.Length > 0 && !File.Exists(path))
            given.Refuse(setting, $"there is no file {path}");
        return File.Exists(path) ? path : null;
    }
}
