using Bridge.ApiServer.Security;
using Bridge.Kube.Client;
using k8s;
using k8s.Models;

namespace Bridge.Daemon.Run;

/// <summary>
/// Asks Kubernetes whether a caller of the job API may do what it asks (authorization.k8s.io/v1 SubjectAccessReview).
/// </summary>
public sealed class AccessReviews(KubeClient client)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    public async ValueTask<AccessDecision> AuthorizeAsync(AccessRequest request, CancellationToken cancel)
    {
        try
        {
            var answer = await client.CallAsync(
                (api, c) => api.AuthorizationV1.CreateSubjectAccessReviewAsync(Review(request), cancellationToken: c),
                Bound, cancel);
            return new AccessDecision(
                answer.Status is { Allowed: true } ? AccessVerdict.Allowed : AccessVerdict.Denied,
                answer.Status?.Reason ?? "");
        }
        catch (KubeException unanswered)
        {
            return new AccessDecision(AccessVerdict.Unknown, unanswered.Message);
        }
    }

    private static V1SubjectAccessReview Review(AccessRequest request) => new()
    {
        ApiVersion = $"{V1SubjectAccessReview.KubeGroup}/{V1SubjectAccessReview.KubeApiVersion}",
        Kind = V1SubjectAccessReview.KubeKind,
        Spec = new V1SubjectAccessReviewSpec
        {
            User = request.User.Name,
            Uid = request.User.Uid,
            Groups = [.. request.User.Groups],
            Extra = request.User.Extra.ToDictionary(e => e.Key, e => (IList<string>)[.. e.Value]),
            ResourceAttributes = new V1ResourceAttributes
            {
                Verb = request.Verb,
                Group = request.Group,
                Resource = request.Resource,
                NamespaceProperty = request.Namespace,
                Name = request.Name,
            },
        },
    };
}
