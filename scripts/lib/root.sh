# shellcheck shell=bash
# The Slurm root filesystem as one process tree sees it: read-only, with private /dev, /proc, /run, /tmp and /var/spool.
# Sourced by the inits of the controller's and of the slurmd pods' namespaces; every mount dies with its namespace.

# enter_root ROOTFS AT: binds the root filesystem read-only on AT and lays the private parts over it.
enter_root() {
    local rootfs=$1 at=$2 dir
    mount --bind "$rootfs" "$at"
    mount -o remount,bind,ro "$at"
    mount -t proc proc "$at/proc"
    mount -t sysfs -o ro sysfs "$at/sys" 2>/dev/null || mount --rbind /sys "$at/sys"
    for dir in run tmp home var/spool var/log; do
        mount -t tmpfs -o mode=755 tmpfs "$at/$dir"
    done
    chmod 1777 "$at/tmp"
    private_dev "$at/dev"
}

private_dev() {
    local dev=$1 node
    mount -t tmpfs -o mode=755 tmpfs "$dev"
    mkdir "$dev/pts" "$dev/shm"
    while read -r node major minor; do
        mknod -m 666 "$dev/$node" c "$major" "$minor"
    done <<<$'null 1 3\nzero 1 5\nfull 1 7\nrandom 1 8\nurandom 1 9\ntty 5 0'
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$dev/shm"
    ln -s pts/ptmx "$dev/ptmx"
    ln -s /proc/self/fd "$dev/fd"
    ln -s fd/0 "$dev/stdin"
    ln -s fd/1 "$dev/stdout"
    ln -s fd/2 "$dev/stderr"
}

# set_hostname NAME: of this uts namespace; /proc is still the host's, its writes go to the writer's namespace.
set_hostname() { printf '%s\n' "$1" >/proc/sys/kernel/hostname; }
