using Bridge.E2E.World;

namespace Bridge.E2E;

/// <summary>
/// Bridge acts in all these tests with the rights of helm/bridge/rbac.yaml: that they suffice, the other tests show;
/// here, that they are few, and what happens without one.
/// </summary>
public sealed class RightsTests(E2ELab lab) : LabTest(lab)
{
    [Theory]
    [InlineData("get", "secrets", "slurm", "yes")] // the rights are there at all
    [InlineData("list", "secrets", "slurm")]
    [InlineData("get", "secrets", "kube-system")]
    [InlineData("delete", "nodes", "")]
    [InlineData("list", "pods", "team-a")]
    [InlineData("create", "pods", "team-a")]
    [InlineData("delete", "pods", "kube-system")]
    [InlineData("delete", "slurmclusters.slurmbridge.io", "slurm")]
    [InlineData("patch", "clusterroles", "")]
    [InlineData("impersonate", "users", "")]
    public async Task Bridge_may_not(string verb, string what, string inNamespace, string answer = "no")
    {
        string[] where = inNamespace.Length > 0 ? ["-n", inNamespace] : [];
        var asked = await Lab.TryKubectlAsync(
            ["--kubeconfig", Lab["KUBECONFIG_BRIDGE"], "auth", "can-i", verb, what, .. where]);
        Assert.True(asked.Output.Trim() == answer, $"{asked.Output}{asked.Error}");
    }

    /// <summary>Deadline: 30 s to say so, 60 s to go on.</summary>
    [Fact]
    public async Task Rights_that_were_taken_away_are_named_change_nothing_and_are_waited_for()
    {
        var calm = await Calm.BeginAsync(Lab);
        await Lab.KubectlAsync("delete", "clusterrolebinding", "slurmbridge:daemon");
        try
        {
            Lab.Declare("forbidden");
            await Lab.RestartBridgeAsync();
            await Lab.ClusterSaysAsync("False", "cannot list resource \"nodes\"", Seconds(30));
        }
        finally
        {
            await Lab.ApplyRightsAsync();
        }
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(60));
        await calm.HeldAsync();
    }
}
