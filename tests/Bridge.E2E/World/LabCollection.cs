namespace Bridge.E2E.World;

/// <summary>All end-to-end tests share one lab and run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LabCollection : ICollectionFixture<E2ELab>
{
    public const string Name = "the lab";
}
