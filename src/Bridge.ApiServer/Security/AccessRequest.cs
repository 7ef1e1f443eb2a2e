namespace Bridge.ApiServer.Security;

/// <summary>What somebody wants to do: the fields of a SubjectAccessReview.</summary>
/// <param name="User">The authenticated user.</param>
/// <param name="Verb">get, list, watch; create, delete, patch once they exist.</param>
/// <param name="Group">API group, jobs.slurmbridge.io.</param>
/// <param name="Resource">Plural name, slurmjobs.</param>
/// <param name="Namespace">Empty for all namespaces.</param>
public sealed record AccessRequest(UserInfo User, string Verb, string Group, string Resource, string Namespace)
{
    /// <summary>Empty unless one object is asked for.</summary>
    public string Name { get; init; } = "";
}

/// <summary>
/// The answer to an <see cref="AccessRequest"/>; the reason is one sentence, empty when there is nothing to say.
/// </summary>
public readonly record struct AccessDecision(AccessVerdict Verdict, string Reason = "");

/// <summary>Unknown is the default on purpose: what nobody has decided is not allowed.</summary>
public enum AccessVerdict
{
    /// <summary>The authorizer could not be asked: the request is answered 503, never let through.</summary>
    Unknown,
    Denied,
    Allowed,
}

/// <summary>
/// Decides whether a request may go on. An exception counts as a bug, not as an answer: say Unknown instead.
/// </summary>
public delegate ValueTask<AccessDecision> Authorize(AccessRequest request, CancellationToken cancel);
