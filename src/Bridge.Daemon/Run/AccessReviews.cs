using System.Text.Json.Nodes;
using Bridge.ApiServer.Security;
using Bridge.Kube.Client;

namespace Bridge.Daemon.Run;

/// <summary>
/// Asks Kubernetes whether a caller of the job API may do what it asks (authorization.k8s.io/v1 SubjectAccessReview).
/// </summary>
public sealed class AccessReviews(KubeClient client)
{
    private const string Path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    public async ValueTask<AccessDecision> AuthorizeAsync(AccessRequest request, CancellationToken cancel)
    {
        var body = new KubeRequest(HttpMethod.Post, Path)
        {
            Body = System.Text.Encoding.UTF8.GetBytes(Review(request).ToJsonString()),
            ContentType = "application/json",
            Within = Bound,
        };
        try
        {
            var answer = await client.SendAsync(body, DaemonJson.Default.JsonObject, cancel);
            var status = answer["status"];
            return new AccessDecision(
                (bool?)status?["allowed"] == true ? AccessVerdict.Allowed : AccessVerdict.Denied,
                (string?)status?["reason"] ?? "");
        }
        catch (KubeException unanswered)
        {
            return new AccessDecision(AccessVerdict.Unknown, unanswered.Message);
        }
    }

    private static JsonArray List(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);

    private static JsonObject Review(AccessRequest request) => new()
    {
        ["apiVersion"] = "authorization.k8s.io/v1",
        ["kind"] = "SubjectAccessReview",
        ["spec"] = new JsonObject
        {
            ["user"] = request.User.Name,
            ["uid"] = request.User.Uid,
            ["groups"] = List(request.User.Groups),
            ["extra"] = new JsonObject(
                request.User.Extra.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)List(e.Value)))),
            ["resourceAttributes"] = new JsonObject
            {
                ["verb"] = request.Verb,
                ["group"] = request.Group,
                ["resource"] = request.Resource,
                ["namespace"] = request.Namespace,
                ["name"] = request.Name,
            },
        },
    };
}
