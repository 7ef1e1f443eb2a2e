using Bridge.ApiServer.Meta;
using Bridge.ApiServer.Security;
using Microsoft.AspNetCore.Http;

namespace Bridge.ApiServer.Serving;

/// <summary>Who asks, and may they: nothing but health is answered before both are known.</summary>
internal sealed class ApiGate(ServingSettings settings)
{
    /// <summary>
    /// A handler that runs only for authenticated users; discovery needs no more (as system:discovery grants).
    /// </summary>
    public RequestDelegate Authenticated(Func<HttpContext, UserInfo, Task> handler) => context =>
    {
        if (settings.Authenticator.Authenticate(context, out var why) is { } user)
            return handler(context, user);
        Log.Unauthorized(settings.Log, context.Request.Method, context.Request.Path, why);
        return Replies.WriteAsync(context, Failures.Unauthorized(why));
    };

    /// <returns>Null when allowed.</returns>
    public async ValueTask<Failure?> CheckAsync(ResourceNames names, AccessRequest request, CancellationToken cancel)
    {
        var decision = await settings.Authorize(request, cancel);
        switch (decision.Verdict)
        {
            case AccessVerdict.Allowed:
                return null;
            case AccessVerdict.Denied:
                return Failures.Forbidden(names, request, decision.Reason);
            default:
                Log.Undecided(settings.Log, request.Verb, names.QualifiedPlural, request.User.Name, decision.Reason);
                return Failures.Unavailable($"whether this is allowed could not be asked: {decision.Reason}", 5);
        }
    }
}
