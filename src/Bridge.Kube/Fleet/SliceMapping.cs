using Bridge.Core.Gpus;
using Bridge.Core.Model;
using k8s.Models;

namespace Bridge.Kube.Fleet;

/// <summary>ResourceSlice → the pool rule's input. Knows the attributes that GPU drivers publish.</summary>
public static class SliceMapping
{
    /// <summary>
    /// Maps one slice; devices that are no GPUs are names only. NodeName is empty where the devices are named otherwise
    /// (network-attached), which Bridge leaves alone.
    /// </summary>
    public static PoolSlice Map(V1ResourceSlice slice)
    {
        var spec = slice.Spec ?? new V1ResourceSliceSpec();
        var driver = spec.Driver ?? "";
        // Absent for a slice that carries shared counters only.
        var devices = spec.Devices ?? [];
        return new PoolSlice(
            slice.Metadata.Name,
            new PoolKey(driver, spec.Pool?.Name ?? ""),
            spec.NodeName ?? "",
            spec.Pool?.Generation ?? 0,
            spec.Pool?.ResourceSliceCount ?? 0,
            [.. devices.Select(d => d.Name ?? "")],
            [.. devices.Where(d => IsGpu(driver, d)).Select(d => Map(driver, spec.Pool?.Name ?? "", d))]);
    }

    // NVIDIA's driver says so by attribute; others (dra-example-driver) publish no type, but a uuid and a model. IMEX
    // channels, vfio devices, network cards and CPUs are neither.
    private static bool IsGpu(string driver, V1Device device) => Text(driver, device, "type") switch
    {
        "gpu" or "mig" => true,
        "" => Text(driver, device, "uuid").Length > 0 && Product(driver, device).Length > 0,
        _ => false,
    };

    private static GpuDevice Map(string driver, string pool, V1Device device) => new()
    {
        Driver = driver,
        Pool = pool,
        Name = device.Name ?? "",
        Uuid = Text(driver, device, "uuid"),
        Product = Product(driver, device),
        MigProfile = Text(driver, device, "type") == "mig" ? Text(driver, device, "profile") : "",
        PciBusId = First(driver, device, "resource.kubernetes.io/pciBusID", "pcieBusID"),
        DriverVersion = Text(driver, device, "driverVersion"),
        ComputeCapability = Text(driver, device, "cudaComputeCapability"),
        Shared = device.AllowMultipleAllocations == true,
        Taints = [.. (device.Taints ?? []).Select(t => new Taint(t.Key, t.Value ?? "", t.Effect))],
    };

    private static string Product(string driver, V1Device device) => First(driver, device, "productName", "model");

    private static string First(string driver, V1Device device, string one, string other) =>
        Text(driver, device, one) is { Length: > 0 } found ? found : Text(driver, device, other);

    // A name without a domain means the driver's own: "uuid" and "gpu.nvidia.com/uuid" are the same attribute.
    private static string Text(string driver, V1Device device, string name)
    {
        if (device.Attributes is not { } attributes)
            return "";
        return attributes.TryGetValue(name, out var plain) || attributes.TryGetValue($"{driver}/{name}", out plain)
            ? plain?.StringValue ?? plain?.Version ?? ""
            : "";
    }
}
