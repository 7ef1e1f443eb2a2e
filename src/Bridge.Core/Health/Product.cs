namespace Bridge.Core.Health;

/// <summary>What Bridge knows of a GPU product.</summary>
/// <param name="Name">Short name as used in checks and in GRES types: "h100".</param>
/// <param name="Match">A product matches when NVML's name holds one of these, upper and lower case alike.</param>
/// <param name="GpusPerNode">How many a usual node has.</param>
/// <param name="NvLinks">Links that must be active; 0 where links are optional or absent.</param>
/// <param name="Provenance">Where the numbers come from.</param>
public sealed record Product(
    string Name, IReadOnlyList<string> Match, int GpusPerNode, int NvLinks, IReadOnlyList<Provenance> Provenance);
