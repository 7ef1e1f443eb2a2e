namespace Bridge.Lab;

/// <summary>Names by which the lab knows what it made.</summary>
public static class LabKeys
{
    /// <summary>Field manager of every write of the lab.</summary>
    public const string FieldManager = "bridge-lab";

    /// <summary>
    /// On every Node, ResourceSlice, DeviceClass and Lease that the lab made: only those does it run and clean up.
    /// </summary>
    public const string MadeLabel = "lab.slurmbridge.io/made";
    public const string MadeValue = "true";
    public const string MadeSelector = MadeLabel + "=" + MadeValue;

    public const string LeaseNamespace = "kube-node-lease";

    /// <summary>As the real scheduler sets it on a claim that it has allocated.</summary>
    public const string ClaimFinalizer = "resource.kubernetes.io/delete-protection";
}
