# shellcheck shell=bash
# One lab's private PostgreSQL: a socket in the lab's directory and a free loopback port. Expects open_lab.

PG=$LAB/postgres
PG_BIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)

# It refuses to run as root.
as_postgres() { (cd / && exec setpriv --reuid postgres --regid postgres --clear-groups -- "$@"); }

postgres_port() { cat "$PG/port"; }

start_postgres() {
    ! pid_of "$LAB/run/postgres.pid" >/dev/null || return 0
    # No fsync: what a killed process had written is safe, and a lab need not outlive a power cut.
    start_process "$LAB/run/postgres.pid" "$PG/log" setpriv --reuid postgres --regid postgres --clear-groups -- \
        "$PG_BIN/postgres" -D "$PG/data" -p "$(postgres_port)" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$PG/socket" -c fsync=off -c full_page_writes=off -c max_connections=100
    wait_until 30 "PostgreSQL to answer on port $(postgres_port)" "$PG/log" postgres_ready
}

postgres_ready() {
    pid_of "$LAB/run/postgres.pid" >/dev/null || { show_tail "$PG/log"; die "PostgreSQL ended while starting" "read $PG/log"; }
    "$PG_BIN/pg_isready" -q -h 127.0.0.1 -p "$(postgres_port)"
}
