using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Bridge.ApiServer.Security;

/// <summary>
/// Takes a user's name from the request's headers, but only on a connection whose client certificate proves it to be
/// the API server's aggregator. Anybody can write headers; the certificate is what makes them true.
/// </summary>
public sealed class FrontProxyAuthenticator(RequestHeaderTrust? trust, TimeProvider time)
{
    private const string ClientAuthenticationUse = "1.3.6.1.5.5.7.3.2";

    private volatile RequestHeaderTrust? trust = trust;

    /// <summary>
    /// Null while it is not known. May be replaced at any time; connections that are open are judged anew.
    /// </summary>
    public RequestHeaderTrust? Trust
    {
        get => trust;
        set => trust = value;
    }

    /// <returns>Null when the request proves nobody; then the reason says what is missing, without naming
    /// secrets.</returns>
    public UserInfo? Authenticate(HttpContext context, out string reason)
    {
        if (trust is not { } current)
        {
            reason = "whose certificate may name users could not be read yet: /readyz says why";
            return null;
        }
        reason = JudgeConnection(context, current);
        if (reason.Length > 0)
            return null;
        var headers = context.Request.Headers;
        var name = current.UsernameHeaders.Select(h => headers[h].ToString()).FirstOrDefault(v => v.Length > 0);
        if (name is null)
        {
            reason = $"the front proxy sent no {string.Join(" or ", current.UsernameHeaders)} header";
            return null;
        }
        return new UserInfo(name, [.. current.GroupHeaders.SelectMany(h => headers[h]).OfType<string>()])
        {
            Uid = current.UidHeaders.Select(h => headers[h].ToString()).FirstOrDefault(v => v.Length > 0) ?? "",
            Extra = ReadExtra(headers, current.ExtraHeaderPrefixes),
        };
    }

    // A chain is built once per connection and trust, not once per request; the validity period is looked at each time.
    private string JudgeConnection(HttpContext context, RequestHeaderTrust current)
    {
        if (context.Connection.ClientCertificate is not { } certificate)
            return "no client certificate: this API is reached through the Kubernetes API server, not directly";
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(this, out var known) && known is Judgement judged
            && ReferenceEquals(judged.Trust, current))
            return judged.Reason.Length == 0 && time.GetUtcNow() >= certificate.NotAfter
                ? "the client certificate has expired"
                : judged.Reason;
        var reason = JudgeCertificate(certificate, current);
        items?[this] = new Judgement(current, reason);
        return reason;
    }

    private string JudgeCertificate(X509Certificate2 certificate, RequestHeaderTrust current)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(current.Authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ClientAuthenticationUse));
        if (!chain.Build(certificate))
        {
            var why = string.Join(", ", chain.ChainStatus.Select(s => s.Status.ToString()));
            return $"the client certificate is not one of the request-header authority ({why})";
        }
        var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return current.AllowedNames.Count == 0 || current.AllowedNames.Contains(name)
            ? ""
            : $"the client certificate's name '{name}' is not among the allowed names of the request-header authority";
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadExtra(
        IHeaderDictionary headers, IReadOnlyList<string> prefixes)
    {
        var extra = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (header, values) in headers)
        {
            var prefix = prefixes.FirstOrDefault(p => header.StartsWith(p, StringComparison.OrdinalIgnoreCase));
            if (prefix is null)
                continue;
            var key = Uri.UnescapeDataString(header[prefix.Length..]).ToLowerInvariant();
            extra[key] = [.. values.OfType<string>()];
        }
        return extra;
    }

    private sealed record Judgement(RequestHeaderTrust Trust, string Reason);
}
