# shellcheck shell=bash
# What the demo applies, as YAML on standard output. Expects LAB/env.

# Namespaces, the key that slurmd pods mount, the one that tokens are made with, and what alice may do.
manifest_base() {
    cat <<E
apiVersion: v1
kind: Namespace
metadata: {name: slurm}
---
apiVersion: v1
kind: Namespace
metadata: {name: team-a}
---
apiVersion: v1
kind: Secret
metadata: {name: slurm-auth, namespace: slurm}
type: Opaque
data:
  slurm.key: $(base64 -w0 "$(lab_value SLURM_KEY_FILE)")
---
apiVersion: v1
kind: Secret
metadata:
  name: slurm-jwt
  namespace: slurm
  annotations: {slurmbridge.io/allowed-addresses: 'unix:$(lab_value SLURMRESTD_SOCKET)'}
type: Opaque
data:
  jwt.key: $(base64 -w0 "$(lab_value JWT_KEY_FILE)")
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
  tokenKeyRef: {name: slurm-jwt, key: jwt.key}
  slurmKeyRef: {name: slurm-auth, key: slurm.key}
  confServer: $(lab_value CONF_SERVER)
  accountNamespaces: {team-a: team-a}
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
