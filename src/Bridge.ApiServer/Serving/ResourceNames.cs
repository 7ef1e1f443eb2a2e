namespace Bridge.ApiServer.Serving;

/// <summary>How a resource is called and what may be done with it. All served resources are namespaced.</summary>
public sealed record ResourceNames
{
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public IReadOnlyList<string> Verbs { get; init; } = ["get", "list", "watch"];

    /// <summary>What to use instead of the verbs that are missing; the end of the 405 message.</summary>
    public string Instead { get; init; } = "";

    public string GroupVersion => $"{Group}/{Version}";

    /// <summary>As in error messages: slurmjobs.jobs.slurmbridge.io.</summary>
    public string QualifiedPlural => $"{Plural}.{Group}";
}
