using System.Text;
using Bridge.ApiServer.Security;
using Bridge.Kube.Client;

namespace Bridge.Daemon.Run;

/// <summary>Whose certificate may name users to the job API: from a file, or as the API server publishes it.</summary>
public static class ApiTrust
{
    private const string Published = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

    /// <exception cref="FormatException">What was read is no authority.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="KubeException">The API server did not answer.</exception>
    public static async Task<RequestHeaderTrust> ReadAsync(ApiOptions api, KubeClient client, CancellationToken cancel)
    {
        if (api.RequestHeaderCaPath is { } path)
            return RequestHeaderTrust.FromPem(await File.ReadAllTextAsync(path, cancel), api.RequestHeaderNames);
        var map = await client.SendAsync(
            new KubeRequest(HttpMethod.Get, Published), DaemonJson.Default.JsonObject, cancel);
        return RequestHeaderTrust.FromConfigMap(Encoding.UTF8.GetBytes(map.ToJsonString()));
    }
}
