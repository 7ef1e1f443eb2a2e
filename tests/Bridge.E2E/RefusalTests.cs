using Bridge.E2E.World;
using Bridge.Lab.Faults;

namespace Bridge.E2E;

/// <summary>
/// What Kubernetes or Slurm refused stands in the status of the object that asked for it, in their words, until it is
/// mended; and a refusal costs no job.
/// </summary>
public sealed class RefusalTests(E2ELab lab) : LabTest(lab)
{
    private const string Policies = "/apis/slurmbridge.io/v1alpha1/namespaces/slurm";

    // Stands for a ResourceQuota, PodSecurity or a policy engine: the API server refuses the pod with 403.
    private const string NoPods =
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: no-slurmd}
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
          validations:
          - expression: "!object.metadata.name.startsWith('slurmd-')"
            message: 'exceeded quota: gpu-quota'
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: no-slurmd}
        spec: {policyName: no-slurmd, validationActions: [Deny]}
        """;

    /// <summary>Deadline: 40 s to say so, 90 s until the node has come.</summary>
    [Fact]
    public async Task A_pod_that_Kubernetes_refuses_is_said_by_its_pool_until_it_may_be_made()
    {
        await Lab.ApplyAsync(NoPods);
        try
        {
            await Lab.AddNodeAsync("extra-1");
            await SaysAsync("nodepools/h100", "False", "exceeded quota: gpu-quota", 40);
        }
        finally
        {
            await Lab.KubectlAsync("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "no-slurmd");
        }
        await Lab.NodeIsAsync("extra-1", "idle", Seconds(90), row => row.Idle);
        await SaysAsync("nodepools/h100", "True", "", 20);
    }

    /// <summary>Deadline: 20 s to say so, 30 s until all of it is applied.</summary>
    [Fact]
    public async Task A_partition_that_Slurm_refuses_says_why_in_Slurms_words_until_it_is_mended()
    {
        await PatchAsync("""{"spec":{"qos":"nosuch-qos","maxTimeMinutes":30}}""");
        await SaysAsync("partitionpolicies/gpu", "False", "invalid qos", 20);
        await PatchAsync("""{"spec":{"qos":null}}""");
        await SaysAsync("partitionpolicies/gpu", "True", "", 30);
        Assert.Contains("MaxTime=00:30:00", (await Lab.SlurmAsync("scontrol", "show", "partition", "gpu")).Output,
            StringComparison.Ordinal);
    }

    /// <summary>Deadline: 30 s to say so, 30 s until the node drains.</summary>
    [Fact]
    public async Task A_drain_that_Slurm_refuses_is_said_by_the_SlurmCluster_and_made_when_it_may_be()
    {
        await AdminLevelAsync("None");
        try
        {
            await Lab.KubectlAsync("cordon", "gpu-1");
            await Lab.ClusterSaysAsync("False", "2010", Seconds(30));
        }
        finally
        {
            await AdminLevelAsync("Administrator");
        }
        await Lab.NodeIsAsync("gpu-1", "drained by Bridge", Seconds(30), row => row.DrainedByBridge);
        await Lab.ClusterSaysAsync("True", "Slurm 26.05", Seconds(30));
    }

    /// <summary>
    /// A pod is to go, the API server refuses to delete it, and meanwhile an administrator resumes the node and a job
    /// begins on it: the deletion that goes through at last must not be the one that was decided before.
    /// Deadline: 60 s to be refused, 60 s for the job to begin, 90 s for the rest.
    /// </summary>
    [Fact]
    public async Task A_job_that_begins_between_look_and_deletion_of_its_pod_runs_to_its_end()
    {
        await Lab.AddNodeAsync("extra-1");
        await Lab.NodeIsAsync("extra-1", "idle in partition gpu", Seconds(90),
            row => row.Idle && row.Partitions.Contains("gpu"));
        var refusal = new FaultRule
        {
            Fault = Fault.ServerError(503), Method = "DELETE", Path = "^/api/v1/namespaces/slurm/pods/slurmd-extra-1",
        };
        Lab.KubeProxy.Script.Add(refusal);
        Lab.Declare("injected by the fault proxy");
        await Lab.KubectlAsync("label", "node", "extra-1", "lab.slurmbridge.io/pool-");
        await Eventually.SoAsync("the deletion is refused", Seconds(60), async () =>
            Lab.KubeProxy.Script.Hits(refusal) > 0 ? "" : await Lab.StandingAsync());

        var job = await ResumeUntilItRunsAsync();
        var refused = Lab.KubeProxy.Script.Hits(refusal);
        Lab.KubeProxy.Script.Clear();
        await Lab.NodeIsAsync("extra-1", "draining again", Seconds(30),
            row => row.State.StartsWith("drain", StringComparison.Ordinal));
        await job.StillRunsAsync();
        await job.CompletesAsync();
        await Lab.NodeIsGoneAsync("extra-1", Seconds(90));
        Assert.True(refused > 0, "nothing was refused: the rule no longer matches Bridge's request");
    }

    // Bridge drains the node again as soon as it sees it resumed, perhaps before slurmctld has started the job.
    private async Task<BatchJob> ResumeUntilItRunsAsync()
    {
        var job = await Lab.SubmitJobAsync("extra-1", partition: "all"); // which holds every node
        await Eventually.SoAsync($"job {job.Id} runs on the resumed node", Seconds(60), async () =>
        {
            if (await job.StateAsync() == "RUNNING")
                return "";
            await Lab.SlurmAsync("scontrol", "update", "nodename=extra-1", "state=resume");
            return await Lab.StandingAsync();
        });
        return job;
    }

    private Task SaysAsync(string policy, string status, string words, int seconds) =>
        Eventually.SoAsync($"{policy} has Ready={status} with '{words}'", Seconds(seconds), async () =>
            await Lab.ConditionAsync($"{Policies}/{policy}", "Ready") is var ready && ready.Status == status
                && ready.Message.Contains(words, StringComparison.OrdinalIgnoreCase)
                ? "" : $"it says {ready}\n{Lab.Bridge.Tail()}");

    private Task<string> PatchAsync(string patch) => Lab.KubectlAsync(
        "-n", "slurm", "patch", "partitionpolicy", "gpu", "--type", "merge", "-p", patch);

    private async Task AdminLevelAsync(string level) =>
        (await Lab.SlurmAsync("sacctmgr", "-i", "modify", "user", Lab["SLURM_USER"], "set", $"adminlevel={level}"))
            .Ok();
}
