using Bridge.ApiServer.Meta;

namespace Bridge.ApiServer.Serving;

/// <summary>The refusals, worded as the real API server words them so that clients and people recognise them.</summary>
internal static class Failures
{
    public static Failure BadRequest(IReadOnlyList<FailureCause> causes) => new()
    {
        Code = 400,
        Reason = "BadRequest",
        Message = string.Join("; ", causes.Select(c => $"{c.Field}: {c.Message}")),
        Details = new FailureDetails { Causes = causes },
    };

    public static Failure BadRequest(string field, string message) =>
        BadRequest([new FailureCause("FieldValueInvalid", message, field)]);

    public static Failure Unauthorized(string why) =>
        new() { Code = 401, Reason = "Unauthorized", Message = $"Unauthorized: {why}" };

    public static Failure Forbidden(ResourceNames names, Security.AccessRequest request, string why)
    {
        var where = request.Namespace.Length > 0 ? $"in the namespace \"{request.Namespace}\"" : "at the cluster scope";
        var because = why.Length > 0 ? $": {why}" : "";
        var what = request.Name.Length > 0 ? $"{names.QualifiedPlural} \"{request.Name}\"" : names.QualifiedPlural;
        return new Failure
        {
            Code = 403,
            Reason = "Forbidden",
            Message = $"{what} is forbidden: User \"{request.User.Name}\" cannot {request.Verb} resource "
                + $"\"{names.Plural}\" in API group \"{names.Group}\" {where}{because}",
            Details = Details(names, request.Name),
        };
    }

    public static Failure NotFound(ResourceNames names, string name) => new()
    {
        Code = 404,
        Reason = "NotFound",
        Message = $"{names.QualifiedPlural} \"{name}\" not found",
        Details = Details(names, name),
    };

    public static Failure NoSuchPath(string path) => new()
    {
        Code = 404,
        Reason = "NotFound",
        Message = $"the server could not find the requested resource: nothing is served at {path}",
    };

    public static Failure MethodNotAllowed(ResourceNames names, string verb) => new()
    {
        Code = 405,
        Reason = "MethodNotAllowed",
        Message = $"{verb} is not supported on resources of kind \"{names.QualifiedPlural}\": "
            + $"they can be asked for by {string.Join(", ", names.Verbs)}"
            + (names.Instead.Length > 0 ? $"; {names.Instead}" : ""),
        Details = Details(names, ""),
    };

    public static Failure NotAcceptable(string accept) => new()
    {
        Code = 406,
        Reason = "NotAcceptable",
        Message = "only application/json is served, also as=Table or as=PartialObjectMetadata with v=v1;g=meta.k8s.io; "
            + $"asked for was {accept}",
    };

    public static Failure Expired(string message, string? continueWith = null) => new()
    {
        Code = 410,
        Reason = "Expired",
        Message = message,
        Metadata = new ServedListMeta { Continue = continueWith },
    };

    public static Failure Unavailable(string why, int retryAfterSeconds = 1) => new()
    {
        Code = 503,
        Reason = "ServiceUnavailable",
        Message = why,
        Details = new FailureDetails { RetryAfterSeconds = retryAfterSeconds },
    };

    private static FailureDetails Details(ResourceNames names, string name) => new()
    {
        Name = name.Length > 0 ? name : null,
        Group = names.Group,
        Kind = names.Plural,
    };
}
