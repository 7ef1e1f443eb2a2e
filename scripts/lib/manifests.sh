# shellcheck shell=bash
# What the demo applies, as YAML on standard output. Expects LAB/env.

# Namespaces, the key that slurmd pods mount, and what alice may do.
manifest_base() {
    cat <<E
apiVersion: v1
kind: Namespace
metadata: {name: slurm}
---
apiVersion: v1
kind: Namespace
metadata:
  name: team-a
  labels: {slurmbridge.io/account: team-a}
---
apiVersion: v1
kind: Secret
metadata: {name: slurm-auth, namespace: slurm}
type: Opaque
data:
  slurm.key: $(base64 -w0 "$(lab_value SLURM_KEY_FILE)")
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: slurm-user, namespace: team-a}
rules:
- apiGroups: [jobs.slurmbridge.io]
  resources: ['*']
  verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: slurm-user, namespace: team-a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: slurm-user}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: team-a}
---
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: gpu.nvidia.com}
spec:
  selectors:
  - cel: {expression: 'device.driver == "gpu.nvidia.com" && device.attributes["gpu.nvidia.com"].type == "gpu"'}
E
}

manifest_cluster() {
    cat <<E
apiVersion: slurmbridge.io/v1alpha1
kind: SlurmCluster
metadata: {name: demo, namespace: slurm}
spec:
  restUrl: unix:$(lab_value SLURMRESTD_SOCKET)
  user: $(lab_value SLURM_USER)
  tokenKeyFile: $(lab_value JWT_KEY_FILE)
  slurmKeyRef: {name: slurm-auth, key: slurm.key}
  confServer: $(lab_value CONF_SERVER)
  clientCommand: [$(lab_value SLURM_CLIENT | sed 's/ /, /g')]
---
apiVersion: slurmbridge.io/v1alpha1
kind: NodePool
metadata: {name: h100, namespace: slurm}
spec:
  cluster: demo
  nodeSelector:
    matchLabels: {lab.slurmbridge.io/pool: h100}
  slurmd: {image: lab/slurmd:26.05}
  reserved: {cpus: 2, memoryMiB: 2048}
---
apiVersion: slurmbridge.io/v1alpha1
kind: PartitionPolicy
metadata: {name: gpu, namespace: slurm}
spec:
  cluster: demo
  pools: [h100]
  gpuModels: [h100]
  maxTimeMinutes: 1440
E
}

# manifest_nodes NAME…: fake GPU nodes, 8 × h100 each, as a Node and the ResourceSlice that NVIDIA's driver would publish.
manifest_nodes() {
    local node
    for node in "$@"; do
        cat <<E
---
apiVersion: v1
kind: Node
metadata:
  name: $node
  labels:
    lab.slurmbridge.io/made: "true"
    lab.slurmbridge.io/pool: h100
    kubernetes.io/hostname: $node
    nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3
---
apiVersion: resource.k8s.io/v1
kind: ResourceSlice
metadata:
  name: $node-gpu.nvidia.com
  labels: {lab.slurmbridge.io/made: "true"}
spec:
  driver: gpu.nvidia.com
  nodeName: $node
  pool: {name: $node, generation: 1, resourceSliceCount: 1}
  devices:
$(manifest_devices "$node")
E
    done
}

manifest_devices() {
    local i sum
    for i in 0 1 2 3 4 5 6 7; do
        sum=$(md5sum <<<"$1/$i")
        cat <<E
  - name: gpu-$i
    attributes:
      type: {string: gpu}
      uuid: {string: GPU-${sum:0:8}-${sum:8:4}-${sum:12:4}-${sum:16:4}-${sum:20:12}}
      productName: {string: NVIDIA H100 80GB HBM3}
      brand: {string: Nvidia}
      architecture: {string: Hopper}
      cudaComputeCapability: {version: 9.0.0}
      driverVersion: {version: 580.65.6}
    capacity:
      memory: {value: 80Gi}
E
    done
}

# manifest_node_status: what a kubelet would report; the node runtime keeps it fresh.
manifest_node_status() {
    local now
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    cat <<E
{"status": {
  "capacity": {"cpu": "16", "memory": "64Gi", "pods": "110"},
  "allocatable": {"cpu": "16", "memory": "64Gi", "pods": "110"},
  "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "a node of the lab",
    "lastHeartbeatTime": "$now", "lastTransitionTime": "$now"}]}}
E
}
