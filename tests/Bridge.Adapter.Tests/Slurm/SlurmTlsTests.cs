using System.Security.Cryptography.X509Certificates;
using Bridge.Adapter.Tests.ApiServer;
using Bridge.Core.View;
using Bridge.Slurm;
using Microsoft.Extensions.Logging.Abstractions;

namespace Bridge.Adapter.Tests.Slurm;

/// <summary>slurmrestd over TLS, on a real port. Its certificate is for 127.0.0.1.</summary>
public sealed class SlurmTlsTests : IAsyncLifetime
{
    private readonly X509Certificate2 authority = TestPki.MakeAuthority("slurm-ca");
    private FakeSlurmrestd slurm = null!;
    private X509Certificate2Collection trusted = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        trusted = [authority];
        slurm = await FakeSlurmrestd.StartAsync(
            certificate: TestPki.Issue(authority, "slurmrestd", TestPki.ForServers));
    }

    public async ValueTask DisposeAsync() => await slurm.DisposeAsync();

    [Fact]
    public async Task A_certificate_of_the_authority_for_the_host_is_taken() =>
        Assert.True((await ReadAsync(slurm.Url)).Nodes.Synced);

    [Fact]
    public Task A_certificate_for_another_host_is_refused_and_sent_no_token() =>
        RefusedAsync(slurm.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), "and name localhost");

    [Fact]
    public Task A_certificate_of_another_authority_is_refused_and_sent_no_token()
    {
        trusted = [TestPki.MakeAuthority("slurm-ca")];
        return RefusedAsync(slurm.Url, "must be of the authority in spec.caRef");
    }

    [Fact]
    public async Task Without_an_authority_of_its_own_the_systems_hold()
    {
        var view = await ReadAsync(slurm.Url, trust: false);
        Assert.Contains("of the system's authorities", view.Nodes.Error, StringComparison.Ordinal);
        Assert.Empty(slurm.Tokens);
    }

    [Fact]
    public async Task A_rotated_authority_is_seen_by_the_next_connection()
    {
        trusted = [TestPki.MakeAuthority("before")];
        using var port = Port(slurm.Url);
        Assert.False((await port.ReadAsync(Cancel)).Nodes.Synced);
        trusted = [authority];
        Assert.True((await port.ReadAsync(Cancel)).Nodes.Synced);
    }

    [Fact]
    public async Task Why_the_authorities_cannot_be_read_is_said()
    {
        using var port = Port(slurm.Url, _ => throw new IOException("spec.caRef: ConfigMap slurm/ca has no key 'x'"));
        Assert.Contains("ConfigMap slurm/ca has no key 'x'", (await port.ReadAsync(Cancel)).Nodes.Error,
            StringComparison.Ordinal);
    }

    private async Task RefusedAsync(string url, string why)
    {
        var view = await ReadAsync(url);
        Assert.False(view.Nodes.Synced);
        Assert.Contains(why, view.Nodes.Error, StringComparison.Ordinal);
        Assert.Empty(slurm.Tokens);
    }

    private async Task<SlurmView> ReadAsync(string url, bool trust = true)
    {
        using var port = Port(url, trust ? _ => ValueTask.FromResult(trusted) : null);
        return await port.ReadAsync(Cancel);
    }

    private SlurmPort Port(string url) => Port(url, _ => ValueTask.FromResult(trusted));

    private static SlurmPort Port(string url, TrustSource? trust) => new(
        new SlurmOptions { RestUrl = url, Trust = trust },
        _ => ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[] { 1, 2, 3 }), null, () => true,
        TimeProvider.System, NullLogger<SlurmPort>.Instance);
}
