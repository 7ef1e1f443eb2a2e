using System.Text.Json;
using Bridge.Core.View;

namespace Bridge.Slurm.Rest;

/// <summary>What one slurmrestd serves.</summary>
/// <param name="DataParser">The newest version that both sides know, such as v0.0.45.</param>
/// <param name="Release">Slurm's release, such as 26.05.5.</param>
/// <param name="Cluster">ClusterName of its slurm.conf.</param>
/// <param name="Capabilities">What can be done beyond reading.</param>
internal sealed record ServerProfile(
    string DataParser, string Release, string Cluster, SlurmCapabilities Capabilities)
{
    /// <summary>Versions that Bridge reads, newest first.</summary>
    public static readonly string[] Supported = ["v0.0.45", "v0.0.44", "v0.0.43", "v0.0.42"];

    /// <summary>Whether partitions are read and written in the shape of v0.0.45.</summary>
    public bool Partitions45 => DataParser == "v0.0.45";

    public string Slurm(string path) => $"slurm/{DataParser}/{path}";

    public string SlurmDb(string path) => $"slurmdb/{DataParser}/{path}";
}

/// <summary>The paths and methods of an OpenAPI document; the rest of its megabytes is skipped, not kept.</summary>
internal sealed class ServedPaths
{
    private readonly HashSet<string> operations = new(StringComparer.Ordinal);

    /// <summary>Versions that are served at all, newest first, such as v0.0.45.</summary>
    public IReadOnlyList<string> Versions { get; private set; } = [];

    /// <exception cref="JsonException">Not whole JSON.</exception>
    public static ServedPaths Of(ReadOnlySpan<byte> document)
    {
        var served = new ServedPaths();
        var reader = new Utf8JsonReader(document);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var paths = reader.ValueTextEquals("paths"u8);
            reader.Read();
            if (paths && reader.TokenType == JsonTokenType.StartObject)
                served.AddPaths(ref reader);
            else
                reader.Skip();
        }
        served.Versions =
            [.. served.operations.Where(o => o.EndsWith("/ping", StringComparison.Ordinal)
            && o.StartsWith("get slurm/", StringComparison.Ordinal))
            .Select(o => o.Split('/')[1]).Distinct().OrderByDescending(v => v, StringComparer.Ordinal)];
        return served;
    }

    /// <summary>Whether slurm/VERSION/PATH takes this method.</summary>
    public bool Has(string method, string version, string path) =>
        operations.Contains($"{method} slurm/{version}/{path}");

    /// <summary>What can be done in one version beyond reading.</summary>
    public SlurmCapabilities Capabilities(string version)
    {
        var can = SlurmCapabilities.None;
        can |= Has("post", version, "partitions") ? SlurmCapabilities.WritePartitions : 0;
        can |= Has("post", version, "new/node") ? SlurmCapabilities.CreateNodes : 0;
        can |= Has("post", version, "reservation") ? SlurmCapabilities.WriteReservations : 0;
        can |= Has("get", version, "job/{job_id}/requeue") ? SlurmCapabilities.Requeue : 0;
        can |= Has("get", version, "resources/{job_id}") ? SlurmCapabilities.Resources : 0;
        return can;
    }

    private void AddPaths(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var path = reader.GetString()!.Trim('/');
            reader.Read();
            while (reader.TokenType == JsonTokenType.StartObject && reader.Read()
                && reader.TokenType == JsonTokenType.PropertyName)
                AddMethod(ref reader, path);
        }
    }

    private void AddMethod(ref Utf8JsonReader reader, string path)
    {
        do
        {
            operations.Add($"{reader.GetString()} {path}");
            reader.Read();
            reader.Skip();
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName);
    }
}
