using System.Collections.Immutable;
using System.Globalization;
using Bridge.Kube.Models;
using Bridge.Lab.Models;

namespace Bridge.Lab.Scheduling;

/// <summary>What came of allocating a claim on a node: devices, or why not.</summary>
public sealed record AllocationResult(ImmutableArray<LabDeviceResult> Devices, string Refusal)
{
    public static AllocationResult Refused(string why) => new([], why);
}

/// <summary>
/// Picks devices for a claim on one node as the structured-parameters allocator of kube-scheduler does (KEP-4381), for
/// the requests that Bridge makes. The words of a refusal are the real one's where it has any.
/// </summary>
public sealed class DeviceAllocator(
    ImmutableArray<DevicePool> pools, ImmutableDictionary<ObjectKey, LabDeviceClass> classes,
    IReadOnlySet<DeviceId> inUse)
{
    /// <summary>resource.k8s.io/v1, AllocationResultsMaxSize.</summary>
    private const int MaxResults = 32;

    private readonly HashSet<DeviceId> taken = [.. inUse];

    /// <summary>Allocates the whole claim or nothing; what it takes is in use for the claims that follow.</summary>
    public AllocationResult Allocate(LabClaim claim)
    {
        if (claim.Spec.Devices.Constraints.Count > 0)
            return AllocationResult.Refused($"claim {claim.Metadata.Name}: constraints are beyond the lab's scheduler");
        var results = ImmutableArray.CreateBuilder<LabDeviceResult>();
        foreach (var request in claim.Spec.Devices.Requests)
        {
            var (picked, refusal) = Pick(request);
            if (refusal.Length > 0)
            {
                taken.ExceptWith(results.Select(r => r.Id));
                return AllocationResult.Refused($"claim {claim.Metadata.Name}, request {request.Name}: {refusal}");
            }
            taken.UnionWith(picked.Select(d => d.Id));
            results.AddRange(picked.Select(d => new LabDeviceResult
            {
                Request = request.Name, Driver = d.Id.Driver, Pool = d.Id.Pool, Device = d.Id.Device,
            }));
        }
        return results.Count <= MaxResults
            ? new AllocationResult(results.ToImmutable(), "")
            : AllocationResult.Refused(string.Create(
                CultureInfo.InvariantCulture,
                $"claim {claim.Metadata.Name}: {results.Count} devices, an allocation holds at most {MaxResults}"));
    }

    private (IReadOnlyList<PoolDevice> Picked, string Refusal) Pick(LabDeviceRequest request)
    {
        if (request.Exactly is not { } exactly)
            return ([], "firstAvailable is beyond the lab's scheduler");
        if (exactly.AdminAccess == true)
            return ([], "adminAccess is beyond the lab's scheduler");
        if (!classes.TryGetValue(new ObjectKey("", exactly.DeviceClassName), out var deviceClass))
            return ([], $"device class {exactly.DeviceClassName} does not exist");
        var selectors = new List<DeviceSelector>();
        foreach (var selector in deviceClass.Spec.Selectors.Concat(exactly.Selectors))
        {
            if (selector.Cel is null || DeviceSelector.Parse(selector.Cel.Expression) is not { } parsed)
                return ([], $"the selector \"{selector.Cel?.Expression}\" is beyond the lab's scheduler");
            selectors.Add(parsed);
        }
        var all = exactly.AllocationMode == "All";
        var (candidates, refusal) = Candidates(selectors, all);
        if (refusal.Length > 0)
            return ([], refusal);
        return all
            ? PickAll(candidates, exactly)
            : PickCount(candidates, exactly, Math.Max(1, exactly.Count));
    }

    private (IReadOnlyList<PoolDevice> Devices, string Refusal) Candidates(List<DeviceSelector> selectors, bool all)
    {
        var found = new List<PoolDevice>();
        foreach (var pool in pools)
            foreach (var device in pool.Devices)
            {
                var (selected, error) = Selects(selectors, device);
                if (error.Length > 0)
                    return ([], $"device {device.Id}: {error}");
                if (selected && pool.Complete)
                    found.Add(device);
                else if (selected && all)
                    return ([], $"asks for all devices, but resource pool {pool} is currently being updated");
            }
        return (found, "");
    }

    private static (bool Selected, string Error) Selects(List<DeviceSelector> selectors, PoolDevice device)
    {
        foreach (var selector in selectors)
        {
            var (selected, error) = selector.Matches(device.Id.Driver, device.Device);
            if (!selected)
                return (false, error);
        }
        return (true, "");
    }

    private (IReadOnlyList<PoolDevice> Picked, string Refusal) PickAll(
        IReadOnlyList<PoolDevice> devices, LabExactRequest request)
    {
        foreach (var device in devices)
            if (Obstacle(device, request) is { Length: > 0 } obstacle)
                return ([], $"cannot allocate all claims: device {device.Id} {obstacle}");
        return devices.Count > 0 ? (devices, "") : ([], "cannot allocate all claims: no device matches");
    }

    private (IReadOnlyList<PoolDevice> Picked, string Refusal) PickCount(
        IReadOnlyList<PoolDevice> devices, LabExactRequest request, long count)
    {
        var free = devices.Where(d => Obstacle(d, request).Length == 0).Take((int)Math.Min(count, int.MaxValue))
            .ToArray();
        return free.Length == count
            ? (free, "")
            : ([], string.Create(
                CultureInfo.InvariantCulture,
                $"cannot allocate all claims: {free.Length} of {count} devices are free"));
    }

    private string Obstacle(PoolDevice device, LabExactRequest request)
    {
        if (taken.Contains(device.Id) && device.Device.AllowMultipleAllocations != true)
            return "is in use by another claim";
        var taint = device.Device.Taints?.FirstOrDefault(
            t => t.Effect is "NoSchedule" or "NoExecute"
            && !request.Tolerations.Any(
                toleration => toleration.Tolerates(new() { Key = t.Key, Value = t.Value, Effect = t.Effect })));
        return taint is null ? "" : $"has untolerated taint {taint.Key}={taint.Value}:{taint.Effect}";
    }
}
