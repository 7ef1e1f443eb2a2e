namespace Bridge.Core.Planning;

/// <summary>
/// Keeps what one odd object does to a planner from the others: they go on, and the failure becomes a sentence in the
/// status of what it concerns. An exception here is a bug of Bridge's; until it is mended, it must not stop a cluster.
/// </summary>
internal static class Bulkhead
{
    /// <summary>Reason of the condition.</summary>
    public const string Reason = "PlanFailed";

    public static T Try<T>(Func<T> plan, Func<string, T> failed)
    {
        try
        {
            return plan();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return failed($"it could not be planned, and is left as it is: {failure.Message}");
        }
    }
}
