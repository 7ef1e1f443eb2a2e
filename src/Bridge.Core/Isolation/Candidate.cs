using Bridge.Core.Names;

namespace Bridge.Core.Isolation;

/// <summary>A node that may be tested.</summary>
/// <param name="Name">Its Slurm name.</param>
/// <param name="Domain">
/// The leaf switch, block or NVLink domain that it hangs on, as a path from the top, such as "spine-1/leaf-07". Paths
/// that sort together are taken to be close together; an unknown topology is one empty domain for all.
/// </param>
public readonly record struct Candidate(NodeName Name, string Domain);
