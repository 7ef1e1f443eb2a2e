using Bridge.Core.Gpus;
using Bridge.Core.Model;
using Bridge.Kube.Models;

namespace Bridge.Kube.Fleet;

/// <summary>ResourceSlice → the pool rule's input. Knows the attributes that GPU drivers publish.</summary>
public static class SliceMapping
{
    /// <summary>Maps one slice; devices that are no GPUs are names only.</summary>
    public static PoolSlice Map(ResourceSlice slice)
    {
        var spec = slice.Spec;
        return new PoolSlice(
            slice.Metadata.Name,
            new PoolKey(spec.Driver, spec.Pool.Name),
            spec.NodeName,
            spec.Pool.Generation,
            spec.Pool.ResourceSliceCount,
            [.. spec.Devices.Select(d => d.Name)],
            [.. spec.Devices.Where(d => IsGpu(spec.Driver, d)).Select(d => Map(spec, d))]);
    }

    // NVIDIA's driver says so by attribute; others (dra-example-driver) publish no type, but a uuid and a model. IMEX
    // channels, vfio devices, network cards and CPUs are neither.
    private static bool IsGpu(string driver, SliceDevice device) => Text(driver, device, "type") switch
    {
        "gpu" or "mig" => true,
        "" => Text(driver, device, "uuid").Length > 0 && Product(driver, device).Length > 0,
        _ => false,
    };

    private static GpuDevice Map(SliceSpec spec, SliceDevice device) => new()
    {
        Driver = spec.Driver,
        Pool = spec.Pool.Name,
        Name = device.Name,
        Uuid = Text(spec.Driver, device, "uuid"),
        Product = Product(spec.Driver, device),
        MigProfile = Text(spec.Driver, device, "type") == "mig" ? Text(spec.Driver, device, "profile") : "",
        PciBusId = First(spec.Driver, device, "resource.kubernetes.io/pciBusID", "pcieBusID"),
        DriverVersion = Text(spec.Driver, device, "driverVersion"),
        ComputeCapability = Text(spec.Driver, device, "cudaComputeCapability"),
        Shared = device.AllowMultipleAllocations,
        Taints = [.. device.Taints.Select(t => new Taint(t.Key, t.Value, t.Effect))],
    };

    private static string Product(string driver, SliceDevice device) => First(driver, device, "productName", "model");

    private static string First(string driver, SliceDevice device, string one, string other) =>
        Text(driver, device, one) is { Length: > 0 } found ? found : Text(driver, device, other);

    // A name without a domain means the driver's own: "uuid" and "gpu.nvidia.com/uuid" are the same attribute.
    private static string Text(string driver, SliceDevice device, string name)
    {
        if (device.Attributes is not { } attributes)
            return "";
        return attributes.TryGetValue(name, out var plain) || attributes.TryGetValue($"{driver}/{name}", out plain)
            ? plain?.Text ?? plain?.Version ?? ""
            : "";
    }
}
