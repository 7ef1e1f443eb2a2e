namespace Bridge.Core.Tests.Isolation;

/// <summary>What is wrong with a simulated fabric.</summary>
public enum FaultClass
{
    None,

    /// <summary>One node slow to 0.3 … 0.8: three in four at large messages, one in four at small ones.</summary>
    OneBad,

    /// <summary>Two to eight such nodes, each slow in its own way.</summary>
    KBad,

    /// <summary>The path between two nodes.</summary>
    BadPair,

    /// <summary>All traffic that leaves one leaf switch.</summary>
    BadLeaf,

    /// <summary>One rail of all nodes of one or two neighbouring leaves.</summary>
    SlowRail,

    /// <summary>One node that is slow in 3 of 10 repeats.</summary>
    Flaky,

    /// <summary>Every node, alike.</summary>
    AllSlow,
}
