namespace Bridge.Core.View;

/// <summary>How fresh one source of the view is. A source that fails keeps its last content and says so here.</summary>
/// <param name="Synced">Whether it has been read whole at least once.</param>
/// <param name="Since">A time at which the content was known to be right. The content may be newer, never older: for as
/// long as nothing changes and nothing fails this moves in steps or not at all, so that the view stays the same
/// value.</param>
/// <param name="Error">Why it cannot be read at present, as one sentence; empty when it can.</param>
/// <param name="Unread">Names of the objects that came in a form that is not understood and stay as they were last
/// read, by commas; empty when there are none.</param>
public sealed record SourceState(bool Synced, DateTimeOffset Since, string Error = "", string Unread = "")
{
    public static readonly SourceState NotYet = new(false, DateTimeOffset.MinValue);

    /// <summary>Synced, and the last attempt to read it worked.</summary>
    public bool Current => Synced && Error.Length == 0;
}
