using Bridge.Kube.Client;

namespace Bridge.Kube.Watch;

internal enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>No object changed; everything up to this version has been told.</summary>
    Bookmark,

    /// <summary>The watch is over; <see cref="WatchEvent{T}.Failure"/> says why.</summary>
    Error,
}

/// <summary>One line of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object as it is, or as it last was; null for Bookmark and Error.</param>
/// <param name="Version">resourceVersion to resume from after this event.</param>
/// <param name="InitialEnd">A bookmark that ends the initial events of a streaming list.</param>
/// <param name="Failure">For Error only.</param>
internal readonly record struct WatchEvent<T>(
    WatchEventType Type, T? Object, string Version = "", bool InitialEnd = false, KubeFailure? Failure = null)
    where T : class
{
    public static WatchEvent<T> Error(KubeFailure failure) => new(WatchEventType.Error, null, Failure: failure);
}
