using Bridge.ApiServer.Security;
using Microsoft.Extensions.Logging;

namespace Bridge.ApiServer.Serving;

/// <summary>What all resources of a server share.</summary>
public sealed record ServingSettings
{
    public required FrontProxyAuthenticator Authenticator { get; init; }

    public required Authorize Authorize { get; init; }

    public required ILogger Log { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long a watch lasts that does not say (kube-apiserver: 30 to 60 minutes).</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How often a watch that allows bookmarks gets one (kube-apiserver: each minute).</summary>
    public TimeSpan BookmarkEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Ends watches when the server stops, so that stopping does not wait for them.</summary>
    public CancellationToken Stopping { get; init; }
}
