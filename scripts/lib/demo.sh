# shellcheck shell=bash
# The parts of scripts/demo. Expects open_lab.

. "$REPO/scripts/lib/manifests.sh"

NODES=${BRIDGE_DEMO_NODES:-4} # gpu-1 and so on
CONFIGURATION=${BRIDGE_CONFIGURATION:-Debug}
BRIDGE=$LAB/bin/bridge
BRIDGE_LAB_PROGRAM=$LAB/lab-bin/bridge-lab
DEMO_LOG=$LAB/log
STARTED_AT=$SECONDS

# step TEXT: what happens now; what it waits for is part of the text.
step() { printf '%3d s  %s\n' $((SECONDS - STARTED_AT)) "$*"; }

kubectl() { "$(lab_value KUBECTL)" --kubeconfig "$(lab_value KUBECONFIG)" "$@"; }

# kubectl_alice: as the person who submitted.
kubectl_alice() { kubectl --kubeconfig "$(lab_value KUBECONFIG_ALICE)" -n team-a "$@"; }

as_alice() { AS=alice "$REPO/scripts/slurm-run" "$LAB" "$@"; }
slurm() { "$REPO/scripts/slurm-run" "$LAB" "$@"; }
log_of() { printf '%s/%s.log\n' "$DEMO_LOG" "$1"; }

demo_up() {
    step "set-up (the first time on a machine takes minutes: packages, Slurm, the API server)"
    "$REPO/scripts/setup"
    make_lab "$DEMO"
    mkdir -p "$DEMO_LOG"
    lock "$LAB/.demo.lock" "demo"
    step "building bridge"
    # Without the lock: the compiler's server stays behind, and would hold it until it ends.
    for project in src/Bridge.Daemon tests/Bridge.Lab; do
        (cd "$REPO" && dotnet build "$project" -c "$CONFIGURATION" -v q -nologo -clp:NoSummary >"$DEMO_LOG/build.log" 2>&1 {LOCK_FD}>&-) ||
            { show_tail "$DEMO_LOG/build.log"; die "$project does not build" "read $DEMO_LOG/build.log"; }
    done
    install src/Bridge.Daemon bin bridge
    install tests/Bridge.Lab lab-bin lab
    step "starting Slurm, the Kubernetes API and PostgreSQL"
    start_servers
    step "custom resources, namespaces, keys"
    apply_base
    step "starting the node runtime and Bridge"
    start_lab
    start_bridge
    step "a SlurmCluster, a NodePool, a PartitionPolicy; $NODES GPU nodes"
    manifest_cluster | kubectl apply -f - >/dev/null
    "$BRIDGE_LAB_PROGRAM" nodes --kubeconfig "$(lab_value KUBECONFIG)" --count "$NODES" >/dev/null
    wait_until 120 "the SlurmCluster to be Ready" "$(log_of cluster)" running cluster_ready
    wait_until 120 "$NODES Slurm nodes up with eight h100 each" "$(log_of bridge)" running nodes_up
    slurm sinfo -N -o '%10N %10T %14G %20R %f'
}

# install PROJECT FOLDER DAEMON: what runs is a copy, so that a build does not pull the files from under it; a new build
# replaces what runs.
install() {
    local built=$REPO/$1/bin/$CONFIGURATION/net10.0 copy=${LAB:?}/$2
    ! diff -rq "$built" "$copy" >/dev/null 2>&1 || return 0
    stop_process "$LAB/run/$3.pid" TERM 30
    rm -rf "$copy"
    cp -r "$built" "$copy"
}

# start_servers: side by side; the first failure ends the demo with its own message.
start_servers() {
    local pids=() pid status=0
    for verb in slurm-up kube-up postgres-up; do
        "$REPO/scripts/$verb" "$LAB" 2>"$DEMO_LOG/$verb.log" {LOCK_FD}>&- &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || status=$?; done
    [ $status -eq 0 ] || { cat "$DEMO_LOG"/{slurm,kube,postgres}-up.log >&2; exit 1; }
}

apply_base() {
    kubectl apply --server-side --force-conflicts --field-manager=demo -f "$REPO/helm/bridge/crds" >/dev/null
    kubectl wait --for=condition=Established --timeout=30s crd/slurmclusters.slurmbridge.io crd/nodepools.slurmbridge.io \
        crd/partitionpolicies.slurmbridge.io >/dev/null
    manifest_base | kubectl apply --server-side --force-conflicts --field-manager=demo -f - >/dev/null
    kubectl apply --server-side --force-conflicts --field-manager=demo -f "$REPO/helm/bridge/rbac.yaml" >/dev/null
}

# A real cluster has a scheduler, so the lab's stays off there.
start_lab() {
    local options=(--kubeconfig "$(lab_value KUBECONFIG)" --env "$LAB/env")
    [ "$(lab_value KUBE_EXTERNAL)" != true ] || options+=(--no-scheduler)
    pid_of "$LAB/run/lab.pid" >/dev/null ||
        start_process "$LAB/run/lab.pid" "$(log_of lab)" "$BRIDGE_LAB_PROGRAM" run "${options[@]}"
}

# Bridge has its own rights, not the administrator's.
start_bridge() {
    local options=(--kubeconfig "$(lab_value KUBECONFIG_BRIDGE)" --namespace slurm --hook-socket "$(lab_value HOOK_SOCKET)"
        --slurm-client "$(lab_value SLURM_CLIENT)" --slurmrestd-sockets "$(dirname "$(lab_value SLURMRESTD_SOCKET)")"
        --api-listen "$(lab_value AGGREGATE_ADDRESS):$(lab_value AGGREGATE_PORT)"
        --api-cert "$(lab_value AGGREGATE_CERT)" --api-key "$(lab_value AGGREGATE_KEY)")
    [ -z "$(lab_value REQUESTHEADER_CA)" ] || options+=(--api-requestheader-ca "$(lab_value REQUESTHEADER_CA)"
        --api-requestheader-allowed-names "$(lab_value REQUESTHEADER_NAME)")
    pid_of "$LAB/run/bridge.pid" >/dev/null ||
        BRIDGE_LEDGER=$(lab_value POSTGRES) start_process "$LAB/run/bridge.pid" "$(log_of bridge)" "$BRIDGE" run "${options[@]}"
}

# running CONDITION: a wait that ends when Bridge or the node runtime itself has ended.
running() {
    local daemon
    for daemon in bridge lab; do
        pid_of "$LAB/run/$daemon.pid" >/dev/null || { show_tail "$(log_of $daemon)"; die "$daemon has ended" "read $(log_of $daemon)"; }
    done
    "$@" || { sleep 0.4; false; }
}

# cluster_ready: when it is not, why is the log that the wait shows in the end.
cluster_ready() {
    kubectl -n slurm wait slurmcluster/demo --for=condition=Ready --timeout=0 >/dev/null 2>&1 || {
        kubectl -n slurm get slurmcluster/demo -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}{"\n"}' \
            >"$(log_of cluster)" 2>&1 || true
        false
    }
}
# nodes_up: they may be at work, when the demo was up before.
nodes_up() { [ "$(slurm sinfo -h -N -p gpu -o '%N %T %G' 2>/dev/null | grep -cE ' (idle|mixed|allocated|completing) gpu:h100:8')" = $NODES ]; }

main_job() {
    local job=$LAB/work/train.sh id
    cat >"$job" <<'E'
#!/bin/bash
#SBATCH -N2 --gres=gpu:h100:4
#SBATCH --job-name=train --output=train-%j.out
srun -l bash -c 'echo "$(hostname) as $(id -u), GPUs $CUDA_VISIBLE_DEVICES"; sleep 3'
E
    # An API server that found Bridge's API away looks again only after some seconds; the job must not be over by then.
    wait_until 120 "kubectl to list jobs for alice" "$(log_of bridge)" running kubectl_lists
    step "alice submits an unchanged script: sbatch train.sh"
    cat "$job"
    id=$(as_alice sbatch --parsable train.sh)
    # GPUs may be in use, when the demo was up before.
    wait_until 300 "job $id to run on two nodes" "$(log_of bridge)" running job_runs "$id"
    wait_until 30 "kubectl to show job $id running" "$(log_of bridge)" running kube_shows "$id" RUNNING
    kubectl_alice get slurmjobs
    wait_until 90 "job $id to be COMPLETED in sacct" "$(log_of bridge)" running job_completed "$id"
    step "sacct says"
    as_alice sacct -X -j "$id" -o JobID,JobName,User,Account,State,ExitCode,AllocTRES%50,NodeList
    cat "$LAB/work/train-$id.out"
    [ "$(grep -c 'as 2001, GPUs 0,1,2,3$' "$LAB/work/train-$id.out")" = 2 ] || die "the job did not see four GPUs on each of two nodes" \
        "look at $LAB/work/train-$id.out"
    wait_until 30 "kubectl to show job $id completed" "$(log_of bridge)" running kube_shows "$id" COMPLETED
    step "kubectl says, to alice and to the administrator"
    kubectl_alice get slurmjobs
    kubectl -n slurm get slurmclusters,nodepools,partitionpolicies
    how_to_play
    echo "demo: ok"
}

job_runs() { [ "$(slurm squeue -h -j "$1" -t RUNNING -o '%D' 2>/dev/null)" = 2 ]; }
job_completed() { [ "$(slurm sacct -X -n -P -j "$1" -o State,ExitCode 2>/dev/null)" = "COMPLETED|0:0" ]; }
kubectl_lists() { kubectl_alice get slurmjobs -o name >/dev/null 2>&1; }
kube_shows() { kubectl_alice get slurmjobs --field-selector "status.state=$2" -o name 2>/dev/null | grep -q "/demo-$1\$"; }

how_to_play() {
    cat <<E

All is up. To go on:
  export KUBECONFIG=$(lab_value KUBECONFIG)
  $(lab_value KUBECTL) get nodes; $(lab_value KUBECTL) -n slurm get pods,slc,snp,spp; $(lab_value KUBECTL) -n team-a get slurmjobs -w
  scripts/slurm-run $DEMO sinfo
  AS=alice scripts/slurm-run $DEMO sbatch -N1 --gres=gpu:h100:2 --wrap 'sleep 60'
  scripts/slurm-run $DEMO squeue
  $(lab_value KUBECTL) cordon gpu-1     # drains the Slurm node; uncordon resumes it
  scripts/demo status; scripts/demo down
Logs: $(log_of bridge), $(log_of lab)

E
}

demo_status() {
    local daemon pid
    [ -e "$LAB/env" ] || { echo "demo: down"; return 0; }
    for daemon in slurm-init mariadb slurmdbd slurmctld slurmrestd etcd apiserver postgres lab bridge; do
        if pid=$(pid_of "$LAB/run/$daemon.pid"); then echo "$daemon: running, process $pid"; else echo "$daemon: not running"; fi
    done
    ! slurm_answers || slurm sinfo -N -o '%10N %10T %14G %E'
    kubectl -n slurm get slurmclusters,nodepools,partitionpolicies,pods 2>/dev/null || true
}

slurm_answers() { slurm scontrol ping >/dev/null 2>&1; }

demo_down() {
    [ -d "$LAB" ] || { echo "demo: down"; return 0; }
    tell_jobs
    leave_cluster
    stop_process "$LAB/run/bridge.pid" TERM 15
    stop_process "$LAB/run/lab.pid" TERM 30
    for verb in slurm-down kube-down postgres-down; do "$REPO/scripts/$verb" "$LAB" --wipe; done
    rm -rf "$LAB"
    echo "demo: down"
}

FINAL_STATES='COMPLETED|CANCELLED|FAILED|TIMEOUT|NODE_FAIL|PREEMPTED|OUT_OF_MEMORY|BOOT_FAIL|DEADLINE|REVOKED'

# tell_jobs: whose work ends now. Nothing waits for it, nor for a slurmctld that does not answer.
tell_jobs() {
    local jobs
    [ -e "$LAB/env" ] && pid_of "$LAB/run/slurmctld.pid" >/dev/null || return 0
    jobs=$(timeout 10 "$REPO/scripts/slurm-run" "$LAB" squeue -h -t all -o '%T %i (%u, %j)' 2>/dev/null) ||
        { echo "demo: slurmctld does not answer, so the jobs that end now cannot be named"; return 0; }
    list_jobs "ends, running: job" "$(grep -vE "^(PENDING|$FINAL_STATES) " <<<"$jobs")"
    list_jobs "forgets, pending: job" "$(grep '^PENDING ' <<<"$jobs")"
}

# list_jobs WHAT LINES: the first few, each as `ID (USER, NAME)`, and how many more.
list_jobs() {
    local count
    [ -n "$2" ] || return 0
    count=$(wc -l <<<"$2")
    cut -d' ' -f2- <<<"$2" | sed -n '1,10p' | tr -cd '[:print:]\n' | sed "s/^/demo: $1 /"
    [ "$count" -le 10 ] || echo "demo: and $((count - 10)) more"
}

# leave_cluster: on a real cluster Bridge and the node runtime end what they began there, as long as they run: partition, pods, claims.
# kube-down takes out the rest.
leave_cluster() {
    [ "$(lab_value KUBE_EXTERNAL)" = true ] || return 0
    pid_of "$LAB/run/bridge.pid" >/dev/null || return 0
    kubectl -n slurm delete --ignore-not-found --timeout=60s partitionpolicy,nodepool --all || true
    local end=$((SECONDS + 60))
    until [ -z "$(kubectl -n slurm get pod,resourceclaim -o name)" ] || [ $SECONDS -ge $end ]; do sleep 0.5; done
}
