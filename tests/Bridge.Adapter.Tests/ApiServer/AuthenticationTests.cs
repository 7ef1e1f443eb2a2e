using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Bridge.ApiServer.Security;
using Bridge.Testing;

namespace Bridge.Adapter.Tests.ApiServer;

public sealed class AuthenticationTests
{
    [Fact]
    public async Task Without_a_certificate_a_forged_user_header_is_worth_nothing()
    {
        await using var api = await StartAsync();
        Assert.Contains("no client certificate", await RefusedAsync(api, null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        await using var api = await StartAsync();
        using var other = TestPki.Issue(api.Pki.Authority, "front-proxy-client", TestPki.ForClients);
        using var sameName = TestPki.MakeAuthority("front-proxy-ca");
        using var alike = TestPki.Issue(sameName, "front-proxy-client", TestPki.ForClients);
        const string refusal = "not one of the request-header authority";

        Assert.Contains(refusal, await RefusedAsync(api, other), StringComparison.Ordinal);
        Assert.Contains(refusal, await RefusedAsync(api, alike), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_certificate_and_one_for_servers_are_refused()
    {
        await using var api = await StartAsync();
        var authority = api.Pki.FrontProxyAuthority;
        var past = new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var expired = TestPki.Issue(authority, "front-proxy-client", TestPki.ForClients, past);
        using var server = TestPki.Issue(authority, "front-proxy-client", TestPki.ForServers);

        Assert.Contains("NotTimeValid", await RefusedAsync(api, expired), StringComparison.Ordinal);
        Assert.Contains("NotValidForUsage", await RefusedAsync(api, server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_allowed_names_may_speak_for_users()
    {
        await using var api = await StartAsync(new JobApi.Setup { AllowedNames = ["aggregator"] });
        using var right = TestPki.Issue(api.Pki.FrontProxyAuthority, "aggregator", TestPki.ForClients);

        var refused = await RefusedAsync(api, api.Pki.FrontProxy);
        Assert.Contains("'front-proxy-client' is not among the allowed names", refused, StringComparison.Ordinal);
        using var client = api.ClientWith(right);
        client.DefaultRequestHeaders.Add("X-Remote-User", "alice");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(JobApi.Jobs, JobApi.Cancel)).StatusCode);
    }

    [Fact]
    public async Task The_proxy_must_say_who_asks()
    {
        await using var api = await StartAsync();
        using var silent = api.ClientWith(api.Pki.FrontProxy);
        using var response = await silent.GetAsync(JobApi.Jobs, JobApi.Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task A_replaced_authority_counts_on_connections_that_are_open()
    {
        await using var api = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync(JobApi.Jobs)).Code);
        using var next = TestPki.MakeAuthority("next");
        api.Host.Trust = RequestHeaderTrust.FromPem(next.ExportCertificatePem());
        Assert.Equal(HttpStatusCode.Unauthorized, (await api.GetAsync(JobApi.Jobs)).Code);
    }

    [Fact]
    public async Task The_authorizer_hears_who_wants_what_where()
    {
        var asked = new List<AccessRequest>();
        await using var api = await StartAsync(new JobApi.Setup
        {
            Authorize = (request, _) =>
            {
                asked.Add(request);
                return ValueTask.FromResult(new AccessDecision(AccessVerdict.Allowed));
            },
        });
        using var request = new HttpRequestMessage(
            HttpMethod.Get, JobApi.Root + "/namespaces/team-vision/slurmjobs/lab-1");
        request.Headers.Add("X-Remote-Extra-Example.com%2fScopes", "a");
        await api.SendAsync(request);
        await api.GetAsync(JobApi.Jobs + "?fieldSelector=metadata.name=lab-1");
        await api.GetAsync(JobApi.Jobs + "?watch=1&resourceVersion=1");

        Assert.Equal(["get", "list", "watch"], asked.Select(a => a.Verb));
        Assert.Equal(["team-vision", "", ""], asked.Select(a => a.Namespace));
        Assert.Equal(["lab-1", "lab-1", ""], asked.Select(a => a.Name));
        Assert.All(asked, a =>
            Assert.Equal(("alice", "jobs.slurmbridge.io", "slurmjobs"), (a.User.Name, a.Group, a.Resource)));
        Assert.Equal(["system:authenticated"], asked[0].User.Groups);
        Assert.Equal(["a"], asked[0].User.Extra["example.com/scopes"]);
    }

    [Fact]
    public async Task Denied_is_403_and_undecided_is_503()
    {
        var verdict = new AccessDecision(AccessVerdict.Denied, "no role binding");
        var setup = new JobApi.Setup { Authorize = (_, _) => ValueTask.FromResult(verdict) };
        await using var api = await StartAsync(setup);
        var (denied, status) = await api.GetAsync(JobApi.Root + "/namespaces/team-vision/slurmjobs");
        verdict = new AccessDecision(AccessVerdict.Unknown, "the API server did not answer");
        var (undecided, _) = await api.GetAsync(JobApi.Jobs);

        Assert.Equal(HttpStatusCode.Forbidden, denied);
        Assert.Equal(
            "slurmjobs.jobs.slurmbridge.io is forbidden: User \"alice\" cannot list resource \"slurmjobs\" in API "
            + "group \"jobs.slurmbridge.io\" in the namespace \"team-vision\": no role binding",
            status.At("message"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, undecided);
    }

    [Fact]
    public async Task A_renewed_serving_certificate_is_shown_without_a_restart()
    {
        var time = new ManualTime(DateTimeOffset.UtcNow);
        await using var api = await StartAsync(new JobApi.Setup { Time = time });
        Assert.Equal("CN=serving", await ShownAsync(api));
        await File.WriteAllTextAsync(api.Pki.KeyPath, "half written", JobApi.Cancel);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("CN=serving", await ShownAsync(api));
        api.Pki.WriteServing("renewed");
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("CN=renewed", await ShownAsync(api));
    }

    [Fact]
    public void The_trust_is_read_from_the_cluster_s_own_ConfigMap()
    {
        using var authority = TestPki.MakeAuthority("front-proxy-ca");
        var map = $$$"""
            {"kind":"ConfigMap","data":{
              "requestheader-client-ca-file":{{{JsonSerializer.Serialize(authority.ExportCertificatePem())}}},
              "requestheader-allowed-names":"[\"front-proxy-client\"]",
              "requestheader-username-headers":"[\"X-Who\"]"}}
            """;
        var trust = RequestHeaderTrust.FromConfigMap(System.Text.Encoding.UTF8.GetBytes(map));

        Assert.Equal(authority.Thumbprint, Assert.Single(trust.Authorities).Thumbprint);
        Assert.Equal(["front-proxy-client"], trust.AllowedNames);
        Assert.Equal(["X-Who"], trust.UsernameHeaders);
        Assert.Equal(["X-Remote-Group"], trust.GroupHeaders);
    }

    [Theory]
    [InlineData("""{"data":{}}""", "has no requestheader-client-ca-file")]
    [InlineData("""{"data":{"requestheader-client-ca-file":"x"}}""", "holds no certificate")]
    [InlineData("<html>", "is not JSON")]
    [InlineData("{}", "has no data")]
    public void A_ConfigMap_that_cannot_be_trusted_says_what_is_missing(string map, string part)
    {
        var json = System.Text.Encoding.UTF8.GetBytes(map);
        var refused = Assert.Throws<FormatException>(() => RequestHeaderTrust.FromConfigMap(json));
        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<JobApi> StartAsync(JobApi.Setup? setup = null)
    {
        var api = await JobApi.StartAsync(setup);
        api.Store.Update([Samples.Running(1)], Samples.Namespaces);
        return api;
    }

    private static async Task<string> RefusedAsync(JobApi api, X509Certificate2? certificate)
    {
        using var client = api.ClientWith(certificate);
        client.DefaultRequestHeaders.Add("X-Remote-User", "system:admin");
        client.DefaultRequestHeaders.Add("X-Remote-Group", "system:masters");
        using var response = await client.GetAsync(JobApi.Jobs, JobApi.Cancel);
        var status = JsonElement.Parse(await response.Content.ReadAsStringAsync(JobApi.Cancel));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Unauthorized", status.At("reason"));
        return status.At("message");
    }

    private static async Task<string> ShownAsync(JobApi api)
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(IPEndPoint.Parse(new Uri(api.Address).Authority), JobApi.Cancel);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                CertificateChainPolicy = api.Pki.TrustInServers(),
            },
            JobApi.Cancel);
        return tls.RemoteCertificate!.Subject;
    }
}
