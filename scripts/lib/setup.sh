# shellcheck shell=bash
# The parts of scripts/setup. Each does nothing when its result is there.

# What the lab and the native libraries are built and run with: package, and a command that proves it is there.
PACKAGES='
mmdebstrap mmdebstrap
iproute2 ip
util-linux unshare
mount mount
procps ps
curl curl
jq jq
openssl openssl
cmake cmake
gcc gcc
clang clang
make make
libc6-dev /usr/include/stdio.h
postgresql pg_dump
debian-archive-keyring /usr/share/keyrings/debian-archive-keyring.gpg
ca-certificates /etc/ssl/certs/ca-certificates.crt
'

SLURM_SUITE=forky
SLURM_PACKAGES=slurmctld,slurmdbd,slurmd,slurmrestd,slurm-client,slurm-wlm-basic-plugins,slurm-wlm-mysql-plugin
SLURM_PACKAGES+=,slurm-wlm-jwt-plugin,munge,mariadb-server,curl,jq,ca-certificates,iproute2,procps

setup_packages() {
    local package proof missing=()
    [ -e /etc/debian_version ] || die "this is no Debian" "use a Debian 12 machine or container"
    while read -r package proof; do
        [ -z "$package" ] || [ -e "$proof" ] || command -v "$proof" >/dev/null || missing+=("$package")
    done <<<"$PACKAGES"
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    # Debian's package would start a server of its own on port 5432; the lab starts private ones.
    if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    fi
    { apt_get update && apt_get install --no-install-recommends "${missing[@]}"; } || {
        show_tail "$BRIDGE_CACHE/apt.log"
        die "apt-get could not install ${missing[*]}" "look at $BRIDGE_CACHE/apt.log and at /etc/apt"
    }
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@" \
        >>"$BRIDGE_CACHE/apt.log" 2>&1 </dev/null
}

# Debian has no .NET SDK, so this one cannot be installed from here.
setup_sdk() {
    local sdk
    sdk=$(cd "$REPO" && dotnet --version 2>/dev/null) || sdk=none
    [[ $sdk == 10.* ]] || die ".NET SDK 10 is needed, found: $sdk" \
        "install it (dotnet-sdk-10.0, see https://learn.microsoft.com/dotnet/core/install/linux-debian) and run scripts/setup again"
}

setup_rootfs() {
    [ -e "$ROOTFS/.complete" ] || build_rootfs
    # Mount points; the root itself is read-only in the lab.
    mkdir -p "$ROOTFS"/{cluster,work,etc/slurm,sys,proc,dev,run,tmp,home}
    [ -e "$ROOTFS/etc/hosts" ] || : >"$ROOTFS/etc/hosts"
}

build_rootfs() {
    local mirror log=$BRIDGE_CACHE/rootfs.log
    mirror=$(debian_mirror)
    say "building the Slurm root filesystem (about a minute, 530 MB, once): $ROOTFS"
    rm -rf "$ROOTFS"
    # shellcheck disable=SC2016 # mmdebstrap's shell expands it
    local no_daemons='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"'
    # policy-rc.d keeps the packages from starting daemons. The mirror's Release file of a suite in motion may be past its date.
    mmdebstrap --mode=root --variant=minbase --include="$SLURM_PACKAGES" \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --customize-hook="$no_daemons" \
        "$SLURM_SUITE" "$ROOTFS" "$mirror" >"$log" 2>&1 </dev/null ||
        { show_tail "$log"; die "the Slurm root filesystem could not be built" "read $log; is $mirror reachable?"; }
    chroot "$ROOTFS" slurmctld -V | grep -q ' 26\.05' || die \
        "Debian $SLURM_SUITE gave $(chroot "$ROOTFS" slurmctld -V), the lab is made for 26.05" "see docs/lab.md, Versions"
    touch "$ROOTFS/.complete"
}

# debian_mirror: the one that this machine's own apt uses.
debian_mirror() {
    local mirror
    mirror=$(sed -n 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    [ -n "$mirror" ] || mirror=$(sed -n 's/^deb[[:space:]]\(\[[^]]*\][[:space:]]*\)\?\([^[:space:]]*\).*/\2/p' \
        /etc/apt/sources.list 2>/dev/null | head -n 1)
    [ -n "$mirror" ] || die "no Debian mirror in /etc/apt" "put one into /etc/apt/sources.list.d/debian.sources"
    printf '%s\n' "$mirror"
}

setup_apiserver() {
    "$REPO/tests/apiserver/fetch" "$APISERVER" "$(debian_mirror)" >>"$BRIDGE_CACHE/fetch.log" 2>&1 || {
        show_tail "$BRIDGE_CACHE/fetch.log"
        die "the packages of the lab's API server could not be fetched" "read $BRIDGE_CACHE/fetch.log"
    }
    [ -x "$APISERVER/bin/labapi" ] || say "building the lab's API server (about five minutes, once): $APISERVER/bin/labapi"
    "$REPO/tests/apiserver/build" "$APISERVER" >"$BRIDGE_CACHE/build.log" 2>&1 || {
        show_tail "$BRIDGE_CACHE/build.log"
        die "the lab's API server could not be built" "read $BRIDGE_CACHE/build.log"
    }
}
