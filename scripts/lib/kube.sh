# shellcheck shell=bash disable=SC2034 # the names set here are for the verbs
# The daemons of one lab's Kubernetes API: etcd and labapi on loopback. Expects open_lab.

PKI=$LAB/kube/pki
KUBE_LOG=$LAB/kube/log
ETCD=$APISERVER/root/usr/bin/etcd
KUBECTL=$APISERVER/root/usr/bin/kubectl
AGGREGATED=jobs.slurmbridge.io/v1alpha1
BRIDGE_ACCOUNT=slurm:bridge # namespace and name, as helm/bridge/rbac.yaml has them

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
