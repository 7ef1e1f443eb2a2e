# shellcheck shell=bash
# The daemons of one lab's Slurm. Expects open_lab; needs the lab's init for everything but its own start.

# Paths
SLURM_PIDS=$LAB/run
SLURM_LOG=$LAB/slurm/log
RESTD_SOCKET=$LAB/slurm/run/slurmrestd.sock

slurm_init() { pid_of "$SLURM_PIDS/slurm-init.pid"; }

# inside COMMAND…: in the lab's namespaces as root, process namespace included.
inside() {
    local init
    init=$(slurm_init) || die "Slurm of lab $LAB_NAME is not up" "scripts/slurm-up $LAB_NAME"
    nsenter -t "$init" -m -u -i -n -p -r -w -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
}

# host_pid PID: what the host calls a process of the lab's process namespace; daemons are children of its init.
host_pid() {
    local init child
    init=$(slurm_init)
    for child in $(<"/proc/$init/task/$init/children"); do
        [ "$(awk '/^NSpid:/ {print $NF}' "/proc/$child/status" 2>/dev/null)" != "$1" ] || { echo "$child"; return 0; }
    done
    return 1
}

# start_inside NAME COMMAND…: a daemon in the lab, its output in log/NAME.out; remembered by its pid on the host.
start_inside() {
    local name=$1 pid
    shift
    ! pid_of "$SLURM_PIDS/$name.pid" >/dev/null || return 0
    rm -f "$LAB/slurm/run/$name.ns"
    # shellcheck disable=SC2016 # expanded inside
    inside setsid --fork sh -c 'n=$1; shift; echo $$ >"/cluster/run/$n.new"; mv "/cluster/run/$n.new" "/cluster/run/$n.ns"
        exec "$@" >>"/cluster/log/$n.out" 2>&1 </dev/null' sh "$name" "$@" >/dev/null 2>&1 </dev/null {LOCK_FD}>&-
    wait_until 10 "process of $name" "$SLURM_LOG/$name.out" test -s "$LAB/slurm/run/$name.ns"
    # setsid's child may need a moment until the lab's init is its parent.
    until pid=$(host_pid "$(<"$LAB/slurm/run/$name.ns")"); do
        inside kill -0 "$(<"$LAB/slurm/run/$name.ns")" 2>/dev/null || start_failed "$name"
    done
    remember "$SLURM_PIDS/$name.pid" "$pid"
}

# still NAME COMMAND…: a readiness check that ends the wait when the daemon itself has ended.
still() {
    local name=$1
    shift
    pid_of "$SLURM_PIDS/$name.pid" >/dev/null || start_failed "$name"
    "$@" >/dev/null 2>&1
}

start_failed() {
    show_tail "$SLURM_LOG/$1.out"
    show_tail "$SLURM_LOG/$1.log"
    die "$1 ended while starting" "read $SLURM_LOG/$1.out and $1.log"
}

start_mariadb() {
    [ -d "$LAB/slurm/mysql/mysql" ] || inside mariadb-install-db --user=mysql --datadir=/cluster/mysql --skip-test-db \
        --auth-root-authentication-method=socket >"$SLURM_LOG/mariadb.out" 2>&1 ||
        { show_tail "$SLURM_LOG/mariadb.out"; die "mariadb-install-db failed" "read $SLURM_LOG/mariadb.out"; }
    start_inside mariadb mariadbd --no-defaults --user=mysql --datadir=/cluster/mysql --socket=/run/mysqld/mysqld.sock \
        --pid-file=/cluster/mysql/mariadbd.pid --skip-networking --innodb-buffer-pool-size=128M \
        --innodb-snapshot-isolation=OFF --innodb-flush-log-at-trx-commit=2 --innodb-lock-wait-timeout=900
    wait_until 60 "mariadb to answer" "$SLURM_LOG/mariadb.out" still mariadb inside mariadb-admin -uroot ping
    inside mariadb -uroot -e "create database if not exists slurm_acct_db;
        create user if not exists slurm@localhost identified via unix_socket;
        grant all on slurm_acct_db.* to slurm@localhost;"
}

start_slurmdbd() {
    start_inside slurmdbd slurmdbd -D
    wait_until 60 "slurmdbd to answer" "$SLURM_LOG/slurmdbd.log" still slurmdbd inside sacctmgr -n list cluster
}

start_slurmctld() {
    start_inside slurmctld slurmctld -D
    wait_until 60 "slurmctld to answer" "$SLURM_LOG/slurmctld.log" still slurmctld controller_up
}

controller_up() { inside scontrol ping | grep -q 'is UP'; }

start_slurmrestd() {
    pid_of "$SLURM_PIDS/slurmrestd.pid" >/dev/null || rm -f "$RESTD_SOCKET"
    # It refuses to run as root or as SlurmUser; SLURM_JWT=daemon is compulsory with rest_auth/jwt.
    start_inside slurmrestd setpriv --reuid restd --regid restd --clear-groups env SLURM_JWT=daemon \
        slurmrestd -a rest_auth/jwt -s openapi/slurmctld,openapi/slurmdbd -t 4 \
        unix:/cluster/run/slurmrestd.sock 10.231.0.1:6820
    wait_until 30 "slurmrestd to answer on $RESTD_SOCKET" "$SLURM_LOG/slurmrestd.out" still slurmrestd \
        curl -s -m 2 --unix-socket "$RESTD_SOCKET" http://lab/livez
}

# daemon_verb DAEMON ACTION: the body of scripts/slurmctld and its like.
daemon_verb() {
    slurm_init >/dev/null || die "Slurm of lab $LAB_NAME is not up" "scripts/slurm-up $LAB_NAME"
    process_verb "$1" 20 "$2"
}
