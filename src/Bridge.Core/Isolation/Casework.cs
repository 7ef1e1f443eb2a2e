using System.Collections.Immutable;

namespace Bridge.Core.Isolation;

/// <summary>
/// The desk of one planning step: what is known, which inquiries are open, what was found. Lives for one step only.
/// </summary>
internal sealed class Casework(
    FabricMap fleet, IsolationOptions options, TestHistory evidence, IEnumerable<Finding> known)
{
    private readonly List<Finding> findings = [.. known];

    public FabricMap Fleet => fleet;

    public IsolationOptions Options => options;

    public TestHistory Evidence => evidence;

    public IReadOnlyList<Finding> Findings => findings;

    public List<Inquiry> Open { get; } = [];

    /// <summary>Nothing more is asked: what is slow is everything.</summary>
    public bool Over => findings.Any(finding => finding.Culprit == Culprit.Fleet);

    public void Find(Finding finding)
    {
        if (!findings.Any(known => known.Culprit == finding.Culprit && known.Nodes.SequenceEqual(finding.Nodes)))
            findings.Add(finding);
    }

    /// <summary>Opens an inquiry unless the same one is open.</summary>
    public void Ask(Inquiry inquiry)
    {
        if (!Open.Any(open => open.GetType() == inquiry.GetType() && open.Subject.SequenceEqual(inquiry.Subject)))
            Open.Add(inquiry);
    }

    public bool Removed(int node) => findings.Any(finding => finding.Removes && finding.Nodes.Contains(node));

    public bool Failed(Ask ask) => ask.Test is { } test && evidence.Tests[test].Failed;

    public bool Passed(Ask ask) => ask.Test is { } test && !evidence.Tests[test].Failed;

    /// <summary>
    /// The node is fit to be the measure of another: it passed, is not blamed, and its domain was seen to talk to
    /// others.
    /// </summary>
    public bool Sound(int partner) =>
        evidence.Proven(partner) && !Removed(partner)
        && (fleet.Domains.Length == 1 || evidence.Crossed(fleet.DomainOf(partner)));

    /// <summary>Failed pair tests of the node, one per sound partner. Each is a strike.</summary>
    public ImmutableArray<JudgedTest> Strikes(int node) =>
        [.. evidence.Pairs(node).Where(test => test.Failed && Sound(test.Other(node)))
            .DistinctBy(test => test.Other(node))];

    /// <summary>The strikes against a partner of another domain.</summary>
    public ImmutableArray<JudgedTest> OutsideStrikes(int node) =>
        [.. Strikes(node).Where(test => fleet.DomainOf(test.Other(node)) != fleet.DomainOf(node))];

    public ImmutableArray<int> Places(IEnumerable<JudgedTest> tests) =>
        [.. tests.Select(test => evidence.Tests.IndexOf(test))];

    public string Name(int node) => fleet.Names[node].Value;
}

/// <summary>A verdict inside the planner: nodes are places in the fleet, proof is indices of tests.</summary>
internal sealed record Finding(
    Culprit Culprit, ImmutableArray<int> Nodes, int Domain, Confidence Confidence, ImmutableArray<int> Proof,
    string Why)
{
    /// <summary>The nodes take no further part: they are blamed, or hang on a switch that is.</summary>
    public bool Removes => Culprit is Culprit.Node or Culprit.Switch;
}
