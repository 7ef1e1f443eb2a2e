using System.Collections.Immutable;
using Bridge.Lab.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>One thing that the scheduler, or the controllers that stand beside it, wants done.</summary>
public abstract record Decision;

/// <summary>Write the grants, then bind the pod.</summary>
public sealed record BindPod(LabPod Pod, string Node, ImmutableArray<ClaimGrant> Grants) : Decision;

/// <summary>
/// A claim for a pod. Results are null when the claim has its devices already and only the reservation is missing.
/// </summary>
public sealed record ClaimGrant(LabClaim Claim, ImmutableArray<LabDeviceResult>? Results);

/// <summary>Say on the pod why it is not placed.</summary>
public sealed record HoldPod(LabPod Pod, string Message) : Decision;

/// <summary>Take the reservations of ended pods off a claim; without any left, take its devices back too.</summary>
public sealed record ReleaseClaim(LabClaim Claim, ImmutableArray<ClaimConsumer> Remaining) : Decision;

/// <summary>Delete a claim whose owner, a pod, is gone.</summary>
public sealed record CollectClaim(LabClaim Claim) : Decision;

/// <summary>Delete a pod whose node is gone.</summary>
public sealed record CollectPod(LabPod Pod) : Decision;
