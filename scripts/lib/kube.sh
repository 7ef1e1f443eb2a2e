# shellcheck shell=bash disable=SC2034 # the names set here are for the verbs
# The daemons of one lab's Kubernetes API: etcd and labapi on loopback. Expects open_lab.

PKI=$LAB/kube/pki
KUBE_LOG=$LAB/kube/log
ETCD=$APISERVER/root/usr/bin/etcd
KUBECTL=$APISERVER/root/usr/bin/kubectl
AGGREGATED=jobs.slurmbridge.io/v1alpha1

# kube_port WHAT: the lab's port for it, chosen once.
kube_port() {
    local file=$LAB/kube/port-$1
    [ -s "$file" ] || claim_port >"$file"
    cat "$file"
}

start_etcd() {
    ! pid_of "$LAB/run/etcd.pid" >/dev/null || return 0
    local client peer
    client=http://127.0.0.1:$(kube_port etcd)
    peer=http://127.0.0.1:$(kube_port etcd-peer)
    start_process "$LAB/run/etcd.pid" "$KUBE_LOG/etcd.log" "$ETCD" --name lab --data-dir "$LAB/kube/etcd" \
        --listen-client-urls "$client" --advertise-client-urls "$client" --listen-peer-urls "$peer" \
        --initial-advertise-peer-urls "$peer" --initial-cluster "lab=$peer" --unsafe-no-fsync --log-level warn
    wait_until 30 "etcd to answer on $client" "$KUBE_LOG/etcd.log" alive etcd curl -fsS -m 2 "$client/health"
}

start_apiserver() {
    ! pid_of "$LAB/run/apiserver.pid" >/dev/null || return 0
    start_process "$LAB/run/apiserver.pid" "$KUBE_LOG/apiserver.log" "$APISERVER/bin/labapi" \
        -etcd "http://127.0.0.1:$(kube_port etcd)" -port "$(kube_port api)" \
        -cert "$PKI/apiserver.crt" -key "$PKI/apiserver.key" -client-ca "$PKI/ca.crt" \
        -aggregate "$AGGREGATED=https://127.0.0.1:$(kube_port aggregate)" -aggregate-ca "$PKI/ca.crt" \
        -proxy-client-cert "$PKI/front-proxy.crt" -proxy-client-key "$PKI/front-proxy.key"
    wait_until 60 "the API server to be ready on $(kube_url)" "$KUBE_LOG/apiserver.log" alive apiserver \
        curl -fsS -m 5 --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "$(kube_url)/readyz"
}

kube_url() { printf 'https://127.0.0.1:%s\n' "$(kube_port api)"; }

# alive NAME COMMAND…: a readiness check that ends the wait when the daemon itself has ended.
alive() {
    local name=$1
    shift
    pid_of "$LAB/run/$name.pid" >/dev/null || {
        show_tail "$KUBE_LOG/$name.log"
        die "$name ended while starting" "read $KUBE_LOG/$name.log"
    }
    "$@" >/dev/null 2>&1
}

# A real cluster in place of the lab's server: what is made there lies in this namespace or carries this name.
EXTERNAL_NAMESPACE=slurm
APISERVICE=v1alpha1.jobs.slurmbridge.io

external() {
    local kubectl
    kubectl=$(command -v kubectl || echo "$KUBECTL")
    "$kubectl" --kubeconfig "${BRIDGE_LAB_KUBECONFIG:-$(lab_value KUBECONFIG)}" --request-timeout=20s "$@"
}

# register_aggregate ADDRESS PORT: a Service without pods that leads to Bridge on this machine, and the APIService that uses it.
register_aggregate() {
    external get --raw /apis/apiregistration.k8s.io/v1 >/dev/null 2>&1 || {
        say "the cluster has no apiregistration.k8s.io: kubectl will not show jobs there"
        return 0
    }
    external apply --server-side --force-conflicts --field-manager=bridge-lab -f - >/dev/null <<E
apiVersion: v1
kind: Namespace
metadata: {name: $EXTERNAL_NAMESPACE}
---
apiVersion: v1
kind: Service
metadata: {name: bridge-jobs, namespace: $EXTERNAL_NAMESPACE}
spec:
  ports: [{name: https, port: 443, targetPort: $2}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: bridge-jobs
  namespace: $EXTERNAL_NAMESPACE
  labels: {kubernetes.io/service-name: bridge-jobs}
addressType: IPv4
endpoints: [{addresses: ["$1"]}]
ports: [{name: https, port: $2}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: $APISERVICE}
spec:
  group: ${AGGREGATED%/*}
  version: ${AGGREGATED#*/}
  groupPriorityMinimum: 1000
  versionPriority: 100
  caBundle: $(base64 -w0 "$PKI/ca.crt")
  service: {name: bridge-jobs, namespace: $EXTERNAL_NAMESPACE, port: 443}
E
}

forget_aggregate() {
    external get --raw /apis/apiregistration.k8s.io/v1 >/dev/null 2>&1 || return 0
    external delete --ignore-not-found apiservice "$APISERVICE"
    external delete --ignore-not-found -n "$EXTERNAL_NAMESPACE" service/bridge-jobs endpointslice.discovery.k8s.io/bridge-jobs
}
