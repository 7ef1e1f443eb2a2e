using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bridge.Daemon.Settings;
using Bridge.Ledger;

namespace Bridge.Adapter.Tests.Daemon;

/// <summary>What `bridge run` takes from flags, environment and file, and what it refuses.</summary>
public sealed class SettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bridge-settings-").FullName;
    private readonly Dictionary<string, string[]> flags = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> variables = new(StringComparer.Ordinal);
    private string? file;

    [Fact]
    public void A_flag_comes_before_a_variable_and_that_before_the_file()
    {
        WriteFile("""{"namespace": "file", "identity": "file", "metrics": {"listen": "127.0.0.1:19101"}}""");
        variables["BRIDGE_NAMESPACE"] = "variable";
        variables["BRIDGE_IDENTITY"] = "variable";
        flags["--namespace"] = ["flag"];
        var options = Read(out _);
        Assert.Equal("flag", options?.Namespace);
        Assert.Equal("variable", options?.Identity);
        Assert.Equal("127.0.0.1:19101", $"{options?.MetricsListen}");
    }

    [Fact]
    public void Without_anything_there_are_defaults()
    {
        var options = Read(out _);
        Assert.Equal(("slurm", "host-1"), (options?.Namespace, options?.Identity));
        Assert.Null(options?.Api);
        Assert.Null(options?.Hook);
        Assert.Null(options?.Ledger);
        Assert.Equal(new LedgerRetention(TimeSpan.FromDays(90), null), options?.Retention);
    }

    [Fact]
    public void How_long_the_ledger_keeps_is_told_in_days_and_0_is_for_ever()
    {
        WriteFile("""{"ledger": "Host=/run/postgresql", "retention": {"actions": 0, "jobs": 400}}""");
        Assert.Equal(new LedgerRetention(null, TimeSpan.FromDays(400)), Read(out _)?.Retention);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("36501")]
    [InlineData("90d")]
    public void What_is_no_number_of_days_is_refused(string days)
    {
        variables["BRIDGE_LEDGER"] = "Host=/run/postgresql";
        flags["--retention-jobs"] = [days];
        Assert.Null(Read(out var problems));
        Assert.Equal(
            $"retention.jobs (from --retention-jobs): '{days}' is no number of days: 1 to 36500, or 0 to keep them for "
            + "ever", Assert.Single(problems));
    }

    [Fact]
    public void To_keep_what_no_ledger_has_is_refused()
    {
        flags["--retention-actions"] = ["30"];
        Assert.Null(Read(out var problems));
        Assert.Contains("of no use without ledger", Assert.Single(problems));
    }

    [Fact]
    public void Every_mistake_is_told_at_once_with_its_key_path_and_what_would_be_right()
    {
        WriteFile(
            """
            namespace: Bad_Name
            api: {lisen: x, cert: /nowhere/tls.crt}
            hook:
              listen: "8443"
            unheard: 1
            """);
        variables["BRIDGE_LEDGER"] = "postgres://user:secret@host=1";
        flags["--api-listen"] = ["1:2"];
        flags["--hook-socket"] = ["/nowhere/hook.sock"];
        Assert.Null(Read(out var problems));
        Assert.Collection(problems.Order(StringComparer.Ordinal),
            p => Assert.StartsWith($"api.cert (from {file}): there is no file /nowhere/tls.crt", p),
            p => Assert.Contains("needed with api.listen; give it by --api-key, BRIDGE_API_KEY or file", p),
            p => Assert.Contains("api.lisen", p),
            p => Assert.StartsWith("api.listen (from --api-listen): '1:2' is not IP:PORT, such as", p),
            p => Assert.StartsWith($"hook.listen (from {file}): '8443' is not IP:PORT", p),
            p => Assert.StartsWith("hook.socket (from --hook-socket): the folder of /nowhere/hook.sock", p),
            p => Assert.StartsWith("hook.tokenFile: it is needed with hook.listen", p),
            p => Assert.StartsWith("ledger (from BRIDGE_LEDGER)", p),
            p => Assert.StartsWith($"namespace (from {file}): 'Bad_Name' is no namespace", p),
            p => Assert.Contains("unheard", p));
        Assert.DoesNotContain(problems, p => p.Contains("secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("api: [1, 2]", "api (from FILE): it is a list, where a mapping is expected")]
    [InlineData("identity: {a: b}", "identity (from FILE): it is a mapping, where a text is expected: NAME")]
    [InlineData("identity: [a, b]", "identity (from FILE): it is a list, where a text is expected: NAME")]
    [InlineData("a: b: c", "FILE is not YAML or JSON: line 1")]
    [InlineData("- a", "FILE: it is a list, where a mapping is expected")]
    public void A_file_of_another_shape_is_refused(string text, string expected)
    {
        WriteFile(text);
        Assert.Null(Read(out var problems));
        Assert.Contains(problems, p => p.StartsWith(expected.Replace("FILE", file), StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused()
    {
        file = Path.Combine(folder, "none.yaml");
        Assert.Null(Read(out var problems));
        Assert.StartsWith($"{file} cannot be read", Assert.Single(problems));
    }

    [Fact]
    public void A_list_is_a_list_in_the_file_and_separated_by_semicolons_in_a_variable()
    {
        var inFile = new GivenSettings([RunSettings.SlurmClient], _ => null, _ => null,
            WriteFile("slurmClient: [one a, two]"));
        var inVariable = new GivenSettings([RunSettings.SlurmClient], _ => null, _ => "one a; two", null);
        Assert.Equal(["one a", "two"], inFile.Texts(RunSettings.SlurmClient));
        Assert.Equal(["one a", "two"], inVariable.Texts(RunSettings.SlurmClient));
    }

    [Fact]
    public void An_address_that_is_taken_is_refused()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        flags["--metrics-listen"] = [$"{other.LocalEndpoint}"];
        Assert.Null(Read(out var problems));
        Assert.EndsWith("another process listens there", Assert.Single(problems));
    }

    [Fact]
    public void An_address_of_another_machine_is_refused()
    {
        flags["--metrics-listen"] = ["192.0.2.1:19102"];
        Assert.Null(Read(out var problems));
        Assert.EndsWith("it is no address of this machine", Assert.Single(problems));
    }

    [Fact]
    public void One_port_for_two_things_is_refused()
    {
        flags["--metrics-listen"] = ["0.0.0.0:19103"];
        flags["--hook-listen"] = ["127.0.0.1:19103"];
        flags["--hook-token-file"] = [Write("token", "0123456789abcdef")];
        Assert.Null(Read(out var problems));
        Assert.Contains("same port as hook.listen", Assert.Single(problems));
    }

    [Fact]
    public void A_certificate_with_the_key_of_another_is_refused()
    {
        flags["--api-listen"] = ["127.0.0.1:19104"];
        flags["--api-cert"] = [Write("tls.crt", Certificate(out _))];
        Certificate(out var key);
        flags["--api-key"] = [Write("tls.key", key)];
        Assert.Null(Read(out var problems));
        Assert.Contains("is not the key of the certificate in", Assert.Single(problems));
    }

    [Theory]
    [InlineData("short", "a token has at least 16 characters")]
    [InlineData("with a space in it it is no token", "visible ASCII without spaces")]
    public void A_token_that_cannot_work_is_refused_and_not_shown(string token, string expected)
    {
        flags["--hook-listen"] = ["127.0.0.1:19105"];
        flags["--hook-token-file"] = [Write("token", token)];
        Assert.Null(Read(out var problems));
        var problem = Assert.Single(problems);
        Assert.Contains(expected, problem);
        Assert.DoesNotContain(token, problem);
    }

    [Fact]
    public void A_file_in_the_place_of_a_socket_is_not_replaced()
    {
        flags["--hook-socket"] = [Write("hook.sock", "precious")];
        Assert.Null(Read(out var problems));
        Assert.Contains("is no socket", Assert.Single(problems));
    }

    [Fact]
    public void Every_setting_has_its_flag_and_variable_by_one_rule()
    {
        Assert.Equal("--api-requestheader-allowed-names", RunSettings.ApiRequestHeaderNames.Flag);
        Assert.Equal("BRIDGE_HOOK_TOKEN_FILE", RunSettings.HookTokenFile.Variable);
        Assert.Equal(RunSettings.All.Count, RunSettings.All.Select(s => s.Flag).Distinct().Count());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private RunOptions? Read(out IReadOnlyList<string> problems)
    {
        var given = new GivenSettings(RunSettings.All, s => flags.GetValueOrDefault(s.Flag),
            variables.GetValueOrDefault, file);
        var options = new RunOptionsReader(given, "host-1").Read();
        problems = given.Problems;
        return options;
    }

    private string WriteFile(string text) => file = Write("bridge.yaml", text);

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static string Certificate(out string key)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        key = pair.ExportPkcs8PrivateKeyPem();
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=test", pair, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return certificate.ExportCertificatePem();
    }
}
