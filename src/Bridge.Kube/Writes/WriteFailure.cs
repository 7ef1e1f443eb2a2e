using Bridge.Control;
using Bridge.Kube.Client;

namespace Bridge.Kube.Writes;

/// <summary>What a failed write means to the loop.</summary>
public static class WriteFailure
{
    /// <summary>
    /// One of the five results. Gone needs the API server's own word: a 404 without a Status object comes from a proxy,
    /// or from a server that does not know the kind (yet), and says nothing about the object.
    /// </summary>
    public static StepResult ToResult(KubeFailure failure) => failure switch
    {
        { FromApi: false } => StepResult.Unavailable(failure.Message, failure.After),
        { Code: 404, Reason: "NotFound", About: "namespaces" } => StepResult.Rejected(failure.Message),
        { Code: 404, Reason: "NotFound" } => StepResult.Gone,
        { Code: 409 } => StepResult.Conflict(failure.Message),
        { Code: 401 or 408 or 410 or 429 } or { Code: >= 500 } =>
        StepResult.Unavailable(failure.Message, failure.After),
        { Code: >= 400 } => StepResult.Rejected(failure.Message),
        _ => StepResult.Unavailable(failure.Message, failure.After),
    };
}
