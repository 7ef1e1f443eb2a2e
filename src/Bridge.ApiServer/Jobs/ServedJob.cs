using Bridge.Core.Model;

namespace Bridge.ApiServer.Jobs;

/// <summary>What is kept of a job that is served: the reader's own record, and no copy of it.</summary>
public readonly record struct ServedJob(string Cluster, SlurmJob Job);
