# shellcheck shell=bash
# A real cluster in place of the lab's server. Expects open_lab and lib/kube.sh. What the lab makes there carries MADE, so that nothing
# else is ever changed or taken away; one lab at a time holds the cluster.

MADE=lab.slurmbridge.io/made=true
EXTERNAL_NAMESPACES=(slurm team-a)
APISERVICE=v1alpha1.jobs.slurmbridge.io
RIGHTS=slurmbridge:daemon # of helm/bridge/rbac.yaml
HOLDER="$(uname -n):$LAB"

external() {
    local kubectl
    kubectl=$(command -v kubectl || echo "$KUBECTL")
    "$kubectl" --kubeconfig "${EXTERNAL_CONFIG:-$(lab_value KUBECONFIG)}" --request-timeout=30s "$@"
}

apply_external() { external apply --server-side --force-conflicts --field-manager=bridge-lab -f "${1:--}" >/dev/null; }
has_aggregation() { external get --raw /apis/apiregistration.k8s.io/v1 >/dev/null 2>&1; }

# claim_cluster: the namespaces and custom resources of this lab; ends where they are somebody else's.
claim_cluster() {
    local name holder
    for name in "${EXTERNAL_NAMESPACES[@]}"; do
        [ -n "$(external get namespace "$name" --ignore-not-found -o name)" ] || continue
        holder=$(external get namespace "$name" -o 'jsonpath={.metadata.annotations.lab\.slurmbridge\.io/holder}')
        [ "$holder" = "$HOLDER" ] || die "the cluster has a namespace $name already${holder:+, of the lab $holder}" \
            "${holder:+end that lab with scripts/kube-down there, or }use a cluster without it"
    done
    for name in slurmclusters nodepools partitionpolicies; do
        name=$name.slurmbridge.io
        [ -n "$(external get crd "$name" --ignore-not-found -o name)" ] || continue
        [ -n "$(external get crd -l "$MADE" -o name | grep -F "/$name")" ] ||
            die "the cluster has $name already: Bridge is installed there" "use a cluster without it"
    done
    if [ -n "$(external get clusterrole "$RIGHTS" --ignore-not-found -o name)" ]; then
        [ -n "$(external get clusterrole -l "$MADE" -o name | grep -F "/$RIGHTS")" ] ||
            die "the cluster has ClusterRole $RIGHTS already: Bridge is installed there" "use a cluster without it"
    fi
    manifest_claimed | apply_external
    for name in crds rbac.yaml; do
        apply_external "$REPO/helm/bridge/$name"
        external label --overwrite -f "$REPO/helm/bridge/$name" "$MADE" >/dev/null
    done
}

manifest_claimed() {
    local name
    for name in "${EXTERNAL_NAMESPACES[@]}"; do
        cat <<E
---
apiVersion: v1
kind: Namespace
metadata:
  name: $name
  labels: {${MADE%=*}: "${MADE#*=}"}
  annotations: {lab.slurmbridge.io/holder: "$HOLDER"}
E
    done
}

# register_aggregate ADDRESS PORT: the APIService, and the Service through which the API server finds Bridge on this machine. An
# EndpointSlice may not name a loopback address; an ExternalName may, and an API server on the same machine gets there.
register_aggregate() {
    local port=443
    has_aggregation || { say "the cluster has no apiregistration.k8s.io: kubectl will not show jobs there"; return 0; }
    case $1 in
        127.*) port=$2; manifest_external_name "$1" | apply_external ;;
        *) manifest_endpoint "$1" "$2" | apply_external ;;
    esac
    apply_external - <<E
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: $APISERVICE
  labels: {${MADE%=*}: "${MADE#*=}"}
spec:
  group: ${AGGREGATED%/*}
  version: ${AGGREGATED#*/}
  groupPriorityMinimum: 1000
  versionPriority: 100
  caBundle: $(base64 -w0 "$PKI/ca.crt")
  service: {name: bridge-jobs, namespace: slurm, port: $port}
E
}

manifest_external_name() {
    cat <<E
apiVersion: v1
kind: Service
metadata: {name: bridge-jobs, namespace: slurm}
spec: {type: ExternalName, externalName: $1}
E
}

manifest_endpoint() {
    cat <<E
apiVersion: v1
kind: Service
metadata: {name: bridge-jobs, namespace: slurm}
spec:
  ports: [{name: https, port: 443, targetPort: $2}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: bridge-jobs
  namespace: slurm
  labels: {kubernetes.io/service-name: bridge-jobs}
addressType: IPv4
endpoints: [{addresses: ["$1"]}]
ports: [{name: https, port: $2}]
E
}

# alice_config FILE: the administrator's kubeconfig, acting as alice.
alice_config() {
    external config view --minify --flatten --raw -o json | jq '.users[].user += {as: "alice", "as-groups": ["team-a"]}' >"$1"
    chmod 600 "$1"
}

# bridge_config FILE: the cluster as Bridge's service account sees it; the token, good for a day, is made anew at every kube-up.
bridge_config() {
    external create token "${BRIDGE_ACCOUNT#*:}" -n "${BRIDGE_ACCOUNT%:*}" --duration=24h >"$1.token"
    external config view --minify --flatten --raw -o json |
        jq --arg token "$1.token" '.users[].user = {tokenFile: $token}' >"$1"
    chmod 600 "$1" "$1.token"
}

# forget_cluster: takes out what the lab made. First the APIService: a namespace cannot go while an API group does not answer. Then the
# finalizers that wait for Bridge, and the pods that wait for a kubelet: neither runs any more.
forget_cluster() {
    local held namespaces
    ! has_aggregation || external delete apiservice -l "$MADE" >/dev/null
    external delete --wait=false node,resourceslice,deviceclass -l "$MADE" >/dev/null
    external delete --wait=false -n kube-node-lease lease -l "$MADE" >/dev/null
    if [ -n "$(external get namespace -l "$MADE" -o name | grep -x namespace/slurm)" ]; then
        for held in $(external get -n slurm slurmcluster,partitionpolicy -o name 2>/dev/null || true); do
            external patch -n slurm "$held" --type=merge -p '{"metadata":{"finalizers":null}}' >/dev/null || true
        done
        external delete -n slurm pod --all --force --grace-period=0 >/dev/null 2>&1 || true
    fi
    external delete crd,clusterrole,clusterrolebinding -l "$MADE" >/dev/null
    external delete -n default role,rolebinding -l "$MADE" >/dev/null
    external delete -n kube-system rolebinding -l "$MADE" >/dev/null
    namespaces=$(external get namespace -l "$MADE" -o name)
    # shellcheck disable=SC2086 # names are words
    [ -z "$namespaces" ] || external delete --request-timeout=0 --timeout=90s $namespaces >/dev/null
}
