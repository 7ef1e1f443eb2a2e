# shellcheck shell=bash
# One lab's private PostgreSQL: a socket in the lab's directory and a free loopback port. Expects open_lab.

PG=$LAB/postgres
PG_BIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)

# It refuses to run as root.
as_postgres() { (cd / && exec setpriv --reuid postgres --regid postgres --clear-groups -- "$@"); }

postgres_port() { cat "$PG/port"; }

start_postgres() {
    ! pid_of "$LAB/run/postgres.pid" >/dev/null || return 0
    run_postgres
    wait_until 30 "PostgreSQL to answer on port $(postgres_port)" "$PG/log" postgres_ready
}

PG_TRIES=20

# No fsync: what a killed process had written is safe, and a lab need not outlive a power cut.
run_postgres() {
    start_process "$LAB/run/postgres.pid" "$PG/log" setpriv --reuid postgres --regid postgres --clear-groups -- \
        "$PG_BIN/postgres" -D "$PG/data" -p "$(postgres_port)" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$PG/socket" -c fsync=off -c full_page_writes=off -c max_connections=100
}

postgres_ready() {
    if ! pid_of "$LAB/run/postgres.pid" >/dev/null; then
        # After a kill the old server's children need a moment to notice and its number a parent to forget it; until then a
        # new one refuses to start.
        if tail -n 5 "$PG/log" | grep -qE 'shared memory block|postmaster.pid' && [ $((PG_TRIES -= 1)) -gt 0 ]; then
            sleep 0.3
            run_postgres
            return 1
        fi
        show_tail "$PG/log"
        die "PostgreSQL ended while starting" "read $PG/log"
    fi
    "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$(postgres_port)"
}
