using Bridge.ApiServer.Meta;

namespace Bridge.ApiServer.Serving;

/// <summary>The refusals, worded as the real API server words them so that clients and people recognise them.</summary>
internal static class Failures
{
    public static Status BadRequest(IReadOnlyList<StatusCause> causes) => new()
    {
        Code = 400,
        Reason = "BadRequest",
        Message = string.Join("; ", causes.Select(c => $"{c.Field}: {c.Message}")),
        Details = new StatusDetails { Causes = causes },
    };

    public static Status BadRequest(string field, string message) =>
        BadRequest([new StatusCause("FieldValueInvalid", message, field)]);

    public static Status Unauthorized(string why) =>
        new() { Code = 401, Reason = "Unauthorized", Message = $"Unauthorized: {why}" };

    public static Status Forbidden(ResourceNames names, Security.AccessRequest request, string why)
    {
        var where = request.Namespace.Length > 0 ? $"in the namespace \"{request.Namespace}\"" : "at the cluster scope";
        var because = why.Length > 0 ? $": {why}" : "";
        var what = request.Name.Length > 0 ? $"{names.QualifiedPlural} \"{request.Name}\"" : names.QualifiedPlural;
        return new Status
        {
            Code = 403,
            Reason = "Forbidden",
            Message = $"{what} is forbidden: User \"{request.User.Name}\" cannot {request.Verb} resource "
                + $"\"{names.Plural}\" in API group \"{names.Group}\" {where}{because}",
            Details = Details(names, request.Name),
        };
    }

    public static Status NotFound(ResourceNames names, string name) => new()
    {
        Code = 404,
        Reason = "NotFound",
        Message = $"{names.QualifiedPlural} \"{name}\" not found",
        Details = Details(names, name),
    };

    public static Status NoSuchPath(string path) => new()
    {
        Code = 404,
        Reason = "NotFound",
        Message = $"the server could not find the requested resource: nothing is served at {path}",
    };

    public static Status MethodNotAllowed(ResourceNames names, string verb) => new()
    {
        Code = 405,
        Reason = "MethodNotAllowed",
        Message = $"{verb} is not supported on resources of kind \"{names.QualifiedPlural}\": "
            + $"they can be asked for by {string.Join(", ", names.Verbs)}"
            + (names.Instead.Length > 0 ? $"; {names.Instead}" : ""),
        Details = Details(names, ""),
    };

    public static Status NotAcceptable(string accept) => new()
    {
        Code = 406,
        Reason = "NotAcceptable",
        Message = "only application/json is served, also as=Table or as=PartialObjectMetadata with v=v1;g=meta.k8s.io; "
            + $"asked for was {accept}",
    };

    public static Status Expired(string message, string? continueWith = null) => new()
    {
        Code = 410,
        Reason = "Expired",
        Message = message,
        Metadata = new ListMeta { Continue = continueWith },
    };

    public static Status Unavailable(string why, int retryAfterSeconds = 1) => new()
    {
        Code = 503,
        Reason = "ServiceUnavailable",
        Message = why,
        Details = new StatusDetails { RetryAfterSeconds = retryAfterSeconds },
    };

    private static StatusDetails Details(ResourceNames names, string name) => new()
    {
        Name = name.Length > 0 ? name : null,
        Group = names.Group,
        Kind = names.Plural,
    };
}
