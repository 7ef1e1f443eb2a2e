using Bridge.Kube.Models;

namespace Bridge.Lab.Models;

/// <summary>core/v1 Pod, as far as a scheduler and a node runtime read it.</summary>
public sealed record LabPod : IKubeObject
{
    public Meta Metadata { get; init => field = value ?? new(); } = new();
    public LabPodSpec Spec { get; init => field = value ?? new(); } = new();
    public LabPodStatus Status { get; init => field = value ?? new(); } = new();

    public bool Finished => Status.Phase is "Succeeded" or "Failed";

    public bool Deleting => Metadata.DeletionTimestamp is not null;
}

public sealed record LabPodSpec
{
    public string NodeName { get; init => field = value ?? ""; } = "";
    public string SchedulerName { get; init => field = value ?? ""; } = "";
    public string Hostname { get; init => field = value ?? ""; } = "";
    public string RestartPolicy { get; init => field = value ?? ""; } = "";
    public long? TerminationGracePeriodSeconds { get; init; }
    public IReadOnlyDictionary<string, string>? NodeSelector { get; init; }
    public LabAffinity? Affinity { get; init; }
    public IReadOnlyList<LabToleration> Tolerations { get; init => field = value ?? []; } = [];
    public IReadOnlyList<LabContainer> Containers { get; init => field = value ?? []; } = [];
    public IReadOnlyList<LabVolume> Volumes { get; init => field = value ?? []; } = [];
    public IReadOnlyList<LabPodClaim> ResourceClaims { get; init => field = value ?? []; } = [];
}

public sealed record LabPodClaim
{
    public string Name { get; init => field = value ?? ""; } = "";
    public string ResourceClaimName { get; init => field = value ?? ""; } = "";
    public string ResourceClaimTemplateName { get; init => field = value ?? ""; } = "";
}

public sealed record LabContainer
{
    public string Name { get; init => field = value ?? ""; } = "";
    public string Image { get; init => field = value ?? ""; } = "";
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];
    public IReadOnlyList<string> Args { get; init => field = value ?? []; } = [];
    public LabResources? Resources { get; init; }
}

public sealed record LabResources
{
    public IReadOnlyDictionary<string, string>? Requests { get; init; }
    public IReadOnlyDictionary<string, string>? Limits { get; init; }
}

public sealed record LabVolume
{
    public string Name { get; init => field = value ?? ""; } = "";
    public LabSecretVolume? Secret { get; init; }
}

public sealed record LabSecretVolume
{
    public string SecretName { get; init => field = value ?? ""; } = "";
    public bool? Optional { get; init; }

    /// <summary>Keys and the files they become; empty for every key under its own name.</summary>
    public IReadOnlyList<LabKeyToPath> Items { get; init => field = value ?? []; } = [];
}

public sealed record LabKeyToPath
{
    public string Key { get; init => field = value ?? ""; } = "";
    public string Path { get; init => field = value ?? ""; } = "";
}

public sealed record LabAffinity
{
    public LabNodeAffinity? NodeAffinity { get; init; }
}

public sealed record LabNodeAffinity
{
    public LabNodeSelector? RequiredDuringSchedulingIgnoredDuringExecution { get; init; }
}

/// <summary>core/v1 NodeSelector: terms are alternatives, the requirements of a term all hold.</summary>
public sealed record LabNodeSelector
{
    public IReadOnlyList<LabNodeSelectorTerm> NodeSelectorTerms { get; init => field = value ?? []; } = [];
}

public sealed record LabNodeSelectorTerm
{
    public IReadOnlyList<LabRequirement> MatchExpressions { get; init => field = value ?? []; } = [];
    public IReadOnlyList<LabRequirement> MatchFields { get; init => field = value ?? []; } = [];
}

public sealed record LabRequirement
{
    public string Key { get; init => field = value ?? ""; } = "";
    public string Operator { get; init => field = value ?? ""; } = "";
    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];
}

/// <summary>A toleration of a pod (core/v1) or of a device request (resource.k8s.io/v1).</summary>
public sealed record LabToleration
{
    public string Key { get; init => field = value ?? ""; } = "";
    public string Operator { get; init => field = value ?? ""; } = "";
    public string Value { get; init => field = value ?? ""; } = "";
    public string Effect { get; init => field = value ?? ""; } = "";

    /// <summary>Empty key with Exists tolerates everything; an empty effect tolerates every effect.</summary>
    public bool Tolerates(ObjectTaint taint) =>
        (Effect.Length == 0 || Effect == taint.Effect)
        && (Key.Length == 0 ? Operator == "Exists" : Key == taint.Key)
        && (Operator == "Exists" || Value == taint.Value);
}

public sealed record LabPodStatus
{
    public string Phase { get; init => field = value ?? ""; } = "";
    public string PodIP { get; init => field = value ?? ""; } = "";
    public IReadOnlyList<ObjectCondition> Conditions { get; init => field = value ?? []; } = [];
    public IReadOnlyList<LabContainerStatus> ContainerStatuses { get; init => field = value ?? []; } = [];
}

public sealed record LabContainerStatus
{
    public string Name { get; init => field = value ?? ""; } = "";
    public int RestartCount { get; init; }
}
