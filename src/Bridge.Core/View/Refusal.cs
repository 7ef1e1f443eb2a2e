using Bridge.Core.Names;

namespace Bridge.Core.View;

/// <summary>
/// What Kubernetes or Slurm refused or left unanswered last, and has not done since: it stands in the status of the
/// object that asked, until it is done or no longer wanted.
/// </summary>
/// <param name="Key">Key of the step.</param>
/// <param name="About">The object that the step was about.</param>
/// <param name="Why">Why the step was wanted.</param>
/// <param name="Reason">The neighbour's own words.</param>
/// <param name="Rejected">It was understood and refused; else it was left unanswered, or the world was another.</param>
/// <param name="Since">When it was first refused in this row.</param>
/// <param name="Times">How often in this row.</param>
public sealed record Refusal(
    string Key, ObjectRef About, string Why, string Reason, bool Rejected, DateTimeOffset Since, int Times);
