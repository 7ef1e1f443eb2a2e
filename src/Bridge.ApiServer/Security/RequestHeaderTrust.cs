using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Bridge.ApiServer.Security;

/// <summary>
/// Whose word about the user is taken: the clients with a certificate of this authority, and in which headers they say
/// it (kube-apiserver's --requestheader-* flags).
/// </summary>
public sealed record RequestHeaderTrust
{
    /// <summary>Certificates of the front-proxy authority; one at least.</summary>
    public required X509Certificate2Collection Authorities { get; init; }

    /// <summary>Common names that may speak for users; empty allows every certificate of the authority.</summary>
    public IReadOnlyList<string> AllowedNames { get; init; } = [];

    public IReadOnlyList<string> UsernameHeaders { get; init; } = ["X-Remote-User"];

    public IReadOnlyList<string> UidHeaders { get; init; } = ["X-Remote-Uid"];

    public IReadOnlyList<string> GroupHeaders { get; init; } = ["X-Remote-Group"];

    public IReadOnlyList<string> ExtraHeaderPrefixes { get; init; } = ["X-Remote-Extra-"];

    /// <summary>Trust in the certificates of a PEM file, with the usual header names.</summary>
    /// <exception cref="FormatException">There is no certificate in the text.</exception>
    public static RequestHeaderTrust FromPem(string pem, IReadOnlyList<string>? allowedNames = null)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"the request-header CA is not PEM: {e.Message}", e);
        }
        if (authorities.Count == 0)
            throw new FormatException("the request-header CA holds no certificate: it should be PEM");
        return new RequestHeaderTrust { Authorities = authorities, AllowedNames = allowedNames ?? [] };
    }

    /// <summary>
    /// Reads the ConfigMap kube-system/extension-apiserver-authentication as the API server's JSON. The lists in it are
    /// JSON texts.
    /// </summary>
    /// <exception cref="FormatException">A field is missing or no list; the message names it.</exception>
    public static RequestHeaderTrust FromConfigMap(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var found = document.RootElement.TryGetProperty("data", out var data);
            if (!found || data.ValueKind is not JsonValueKind.Object)
                throw new FormatException("extension-apiserver-authentication has no data");
            var trust = FromPem(
                Text(data, "requestheader-client-ca-file"), List(data, "requestheader-allowed-names", []));
            return trust with
            {
                UsernameHeaders = List(data, "requestheader-username-headers", trust.UsernameHeaders),
                UidHeaders = List(data, "requestheader-uid-headers", trust.UidHeaders),
                GroupHeaders = List(data, "requestheader-group-headers", trust.GroupHeaders),
                ExtraHeaderPrefixes = List(data, "requestheader-extra-headers-prefix", trust.ExtraHeaderPrefixes),
            };
        }
        catch (JsonException e)
        {
            throw new FormatException($"extension-apiserver-authentication is not JSON: {e.Message}", e);
        }
    }

    private static string Text(JsonElement data, string key) =>
        data.TryGetProperty(key, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException(
                $"extension-apiserver-authentication has no {key}: the API server was started without it");

    private static IReadOnlyList<string> List(JsonElement data, string key, IReadOnlyList<string> otherwise)
    {
        if (!data.TryGetProperty(key, out _))
            return otherwise;
        using var list = JsonDocument.Parse(Text(data, key));
        if (list.RootElement.ValueKind is not JsonValueKind.Array)
            throw new FormatException($"extension-apiserver-authentication: {key} should be a JSON list of strings");
        return [.. list.RootElement.EnumerateArray().Select(e => e.ToString())];
    }
}
