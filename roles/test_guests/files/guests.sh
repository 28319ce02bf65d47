#!/usr/bin/env bash
# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Booted Debian guests in containers of systemd-nspawn, with systemd, sshd and addresses of their own.
#   guests.sh check               says why guests cannot run here, and fails then
#   guests.sh create NAME...      starts guests anew that do not run, and prints a line "NAME ADDRESS" for each
#   guests.sh destroy [NAME...]   ends these guests, or all of the state directory
#   guests.sh show                prints a JSON object: network, fabric (where to answer for Azure's platform), guests
# GUESTS_DIR is the state directory, GUESTS_SUITE the release of Debian, GUESTS_BASE where its root file system is kept. All
# guests of a state directory share a network namespace, so that what they take for Azure's platform is neither this machine's
# nor leaves it.
set -euo pipefail
shopt -s inherit_errexit

suite=${GUESTS_SUITE:-bookworm}
dir=${GUESTS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/azure_backup_guests}
base_dir=${GUESTS_BASE:-$dir/base}
packages=systemd,systemd-sysv,dbus,python3,python3-apt,openssh-server,iproute2,ca-certificates,sudo
wire_server=168.63.129.16
metadata=169.254.169.254
# Where a program of this machine that plays Azure's platform must listen, on the machine's end of the guests' network.
wire_port=16880 plugin_port=16881 metadata_port=16980

die() { echo "guests: $*" >&2; exit 1; }

# Why guests cannot run on this machine; nothing when they can.
obstacle() {
    if [ "$(uname -s)" != Linux ]; then echo "it needs Linux"
    elif [ "$(id -u)" -ne 0 ]; then echo "it needs root"
    elif ! unshare --mount --net --pid --fork true 2>/dev/null; then echo "this machine lets nobody make namespaces"
    elif [ ! -w /sys/fs/cgroup ]; then echo "control groups cannot be written here"
    elif [ -n "$(missing)" ] && ! command -v apt-get >/dev/null; then echo "missing, and no apt-get to install them: $(missing)"
    fi
}

# The Debian packages of the tools that are not there.
missing() {
    local tool
    for tool in systemd-nspawn:systemd-container mmdebstrap:mmdebstrap nft:nftables ssh:openssh-client ip:iproute2; do
        command -v "${tool%:*}" >/dev/null || printf '%s ' "${tool#*:}"
    done
}

install_tools() {
    local wanted
    wanted=$(missing)
    [ -n "$wanted" ] || return 0
    # shellcheck disable=SC2086
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $wanted; } >&2
}

# The root file system that all guests lie over, made once.
base() {
    local root old
    mkdir -p "$base_dir"
    base_dir=$(cd "$base_dir" && pwd -P)
    exec 8>"$base_dir/lock"
    flock 8
    root=$base_dir/$suite-$({ echo "$packages"; declare -f base; } | cksum | cut -d' ' -f1)
    if [ ! -d "$root" ]; then
        echo "Making the root file system of the guests" >&2
        # Those of earlier versions of this program, unless a guest stands on one.
        for old in "$base_dir"/*/; do grep -q "lowerdir=${old%/}," /proc/mounts || rm -rf "$old"; done
        # With the package lists, or each guest would fetch them again.
        mmdebstrap --quiet --variant=minbase --include="$packages" --aptopt='Acquire::Languages "none"' --skip=cleanup/apt/lists \
            "$suite" "$root.part" >&2
        mv "$root.part" "$root"
    fi
    echo "$root"
}

# The number of this state directory's network: namespace azbkN with a bridge 10.77.N.0/25, linked to this machine
# by 10.77.N.128/30. The namespace routes, so nothing of Azure's addresses is ever set on the machine itself. A directory
# has the same number each time if it is free, so that what a crash left listening there is not in the way of another one.
network() {
    local number='' first
    [ ! -e "$dir/network" ] || number=$(cat "$dir/network")
    if [ -z "$number" ] || [ ! -e "/run/netns/azbk$number" ]; then
        first=$(($(echo "$dir" | cksum | cut -d' ' -f1) % 256))
        for number in $(seq "$first" 255) $(seq 0 "$first") none; do
            [ -z "$(ip -4 route show root "10.77.$number.0/24")" ] || continue
            ip netns add "azbk$number" 2>/dev/null && break
        done
        [ "$number" != none ] || die "no free network 10.77.0.0/24 to 10.77.255.0/24"
        echo "$number" >"$dir/network"
        network_up "$number"
    fi
    echo "$number"
}

network_up() {
    local name=azbk$1 net=10.77.$1
    ip link add "$name" type veth peer name uplink netns "$name"
    ip addr add "$net.129/30" dev "$name"
    ip link set "$name" up
    ip -n "$name" link set lo up
    ip -n "$name" addr add "$net.130/30" dev uplink
    ip -n "$name" link set uplink up
    ip -n "$name" link add guests type bridge
    for address in "$net.1/25" "$wire_server/32" "$metadata/32"; do ip -n "$name" addr add "$address" dev guests; done
    ip -n "$name" link set guests up
    ip -n "$name" route add default via "$net.129"
    ip route add "$net.0/25" via "$net.130"
    ip netns exec "$name" sysctl -qw net.ipv4.ip_forward=1
    ip netns exec "$name" nft -f - <<NFT
table ip azbk {
    chain platform {
        type nat hook prerouting priority dstnat;
        ip daddr $wire_server tcp dport 80 dnat to $net.129:$wire_port
        ip daddr $wire_server tcp dport 32526 dnat to $net.129:$plugin_port
        ip daddr $metadata tcp dport 80 dnat to $net.129:$metadata_port
    }
    chain guard {
        type filter hook forward priority filter;
        ip daddr { $wire_server, 169.254.0.0/16 } reject
    }
}
NFT
    [ "$(sysctl -n net.ipv4.ip_forward)" = 1 ] || { touch /run/azbk-no-forward; sysctl -qw net.ipv4.ip_forward=1; }
    nft -f - <<NFT
table ip $name {
    chain leave {
        type nat hook postrouting priority srcnat;
        ip saddr $net.0/25 oifname != "$name" masquerade
    }
    chain guard {
        type filter hook forward priority filter;
        iifname "$name" ip daddr { $wire_server, 169.254.0.0/16 } reject
    }
}
NFT
}

network_down() {
    local name
    [ -e "$dir/network" ] || return 0
    name=azbk$(cat "$dir/network")
    nft delete table ip "$name" 2>/dev/null || true
    ip link delete "$name" 2>/dev/null || true
    ip netns delete "$name" 2>/dev/null || true
    rm -f "$dir/network"
    [ ! -e /run/azbk-no-forward ] || compgen -G '/run/netns/azbk*' >/dev/null || { rm /run/azbk-no-forward; sysctl -qw net.ipv4.ip_forward=0; }
}

# The control groups that the guest and its supervisor live in, one for each hierarchy of the machine.
groups_of() {
    local top
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then top=/sys/fs/cgroup; else top='/sys/fs/cgroup/systemd /sys/fs/cgroup/unified'; fi
    for top in $top; do [ ! -d "$top" ] || echo "$top/azbk$(cat "$dir/network")-$1"; done
}

# All processes of the guest and its supervisor.
members() { local group; for group in $(groups_of "$1"); do find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true; done | sort -u; }

# The process id of the guest's own init.
leader() { local group; for group in $(groups_of "$1"); do sed -n 1p "$group/payload/init.scope/cgroup.procs" 2>/dev/null || true; done | sed -n 1p; }

# Runs the guest until it is powered off. Without a systemd of this machine a guest that reboots ends with status 133.
supervise() {
    local name=$1 group status
    while :; do
        for group in $(groups_of "$name"); do mkdir -p "$group"; echo $$ >"$group/cgroup.procs"; done
        status=0
        nsenter --net="/run/netns/azbk$(cat "$dir/network")" systemd-nspawn --quiet --directory="$dir/guests/$name/root" --machine="azbk$(cat "$dir/network")-$name" \
            --hostname="$name" --register=no --keep-unit --boot --console=pipe --network-bridge=guests --link-journal=no --resolv-conf=off \
            --timezone=off </dev/null || status=$?
        [ "$status" -eq 133 ] || exit "$status"
    done
}

free_address() {
    local host
    for host in $(seq 10 120); do
        grep -qxs "$1.$host" "$dir"/guests/*/address || { echo "$1.$host"; return; }
    done
    die "no address left for another guest"
}

start() {
    local name=$1 net=10.77.$2 base=$3 guest=$dir/guests/$1 root=$dir/guests/$1/root address
    address=$(free_address "$net")
    mkdir -p "$guest"/{root,upper,work}
    echo "$address" >"$guest/address"
    mount -t overlay overlay -o "lowerdir=$base,upperdir=$guest/upper,workdir=$guest/work" "$root"
    install -d -m 700 "$root/root/.ssh"
    install -m 600 "$dir/key.pub" "$root/root/.ssh/authorized_keys"
    # As in Azure, the platform's addresses have routes of their own.
    {
        printf '[Match]\nName=host0\n[Network]\nAddress=%s/25\nGateway=%s.1\n' "$address" "$net"
        printf '[Route]\nDestination=%s/32\nGateway=%s.1\n' "$wire_server" "$net" "$metadata" "$net"
    } >"$root/etc/systemd/network/10-host0.network"
    ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/"
    echo "$name" >"$root/etc/hostname"
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$root/etc/hosts"
    : >"$root/etc/machine-id"
    # A resolver on this machine's loopback is out of the guests' reach; systemd keeps the real one beside it.
    local resolver=/etc/resolv.conf
    ! grep -q '^nameserver 127\.' "$resolver" || resolver=/run/systemd/resolve/resolv.conf
    cp --remove-destination -L "$resolver" "$root/etc/resolv.conf"
    GUESTS_DIR=$dir setsid bash "$0" supervise "$name" >"$guest/log" 2>&1 </dev/null 9>&- &
}

wait_until_up() {
    local name=$1 state=
    for _ in $(seq 300); do
        sleep 0.2
        [ -n "$(members "$name")" ] || break
        state=$(ssh -F "$dir/ssh_config" -o ConnectTimeout=2 "$name" systemctl is-system-running --wait 2>/dev/null </dev/null) || true
        case $state in running | degraded) return ;; esac
    done
    tail -n 40 "$dir/guests/$name/log" >&2
    die "$name did not start; its console is above"
}

# Powers off, as killing the supervisor instead would leave the guest running; then clears away whatever is still there.
stop() {
    local name=$1 guest=$dir/guests/$1 init group
    if [ -e "$dir/network" ]; then
        init=$(leader "$name")
        [ -z "$init" ] || kill -RTMIN+4 "$init" 2>/dev/null || true
        for _ in $(seq 150); do [ -n "$(members "$name")" ] || break; sleep 0.1; done
        for init in $(members "$name"); do kill -KILL "$init" 2>/dev/null || true; done
        for group in $(groups_of "$name"); do
            for _ in $(seq 20); do
                [ -d "$group" ] || break
                find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
            done
        done
    fi
    for _ in $(seq 50); do
        mountpoint -q "$guest/root" || break
        umount "$guest/root" 2>/dev/null || sleep 0.1
    done
    rm -rf --one-file-system "$guest"
}

names() { for guest in "$dir"/guests/*/address; do [ ! -e "$guest" ] || basename "$(dirname "$guest")"; done; }

running() { [ -e "$dir/guests/$1/address" ] && [ -e "$dir/network" ] && [ -n "$(leader "$1")" ]; }

# Everything that ssh and Ansible need to know of the guests, by their names.
write_ssh_config() {
    local name
    {
        for name in $(names); do printf 'Host %s\n  HostName %s\n' "$name" "$(cat "$dir/guests/$name/address")"; done
        printf 'Host *\n  User root\n  IdentityFile %s\n  IdentitiesOnly yes\n  StrictHostKeyChecking no\n' "$dir/key"
        printf '  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n'
    } >"$dir/ssh_config.new"
    mv "$dir/ssh_config.new" "$dir/ssh_config"
}

create() {
    local reason root number name made=()
    reason=$(obstacle)
    [ -z "$reason" ] || die "$reason"
    install_tools
    [ -e "$dir/key" ] || ssh-keygen -q -t ed25519 -N '' -C guests -f "$dir/key"
    root=$(base)
    for name in "$@"; do running "$name" || stop "$name"; done
    number=$(network)
    for name in "$@"; do running "$name" || { start "$name" "$number" "$root"; made+=("$name"); }; done
    write_ssh_config
    for name in "${made[@]}"; do wait_until_up "$name"; done
    for name in "${made[@]}"; do echo "$name $(cat "$dir/guests/$name/address")"; done
}

destroy() {
    local name
    [ $# -gt 0 ] || while read -r name; do set -- "$@" "$name"; done < <(names)
    for name in "$@"; do stop "$name"; done
    write_ssh_config
    [ -n "$(names)" ] || network_down
}

show() {
    local name net separator=
    [ -e "$dir/network" ] || { echo '{"guests": {}}'; return; }
    net=10.77.$(cat "$dir/network")
    printf '{"network": "%s.0/25", "gateway": "%s.1", "ssh_config": "%s",\n' "$net" "$net" "$dir/ssh_config"
    printf ' "fabric": {"address": "%s.129", "wire_server_port": %s, "plugin_port": %s, "metadata_port": %s},\n' \
        "$net" "$wire_port" "$plugin_port" "$metadata_port"
    printf ' "guests": {'
    for name in $(names); do
        printf '%s"%s": "%s"' "$separator" "$name" "$(cat "$dir/guests/$name/address")"
        separator=', '
    done
    echo '}}'
}

command=${1:-}
[ $# -eq 0 ] || shift
for name in "$@"; do [[ $name =~ ^[a-z][a-z0-9-]{0,62}$ ]] || die "not a name for a guest: $name"; done
case $command in
    check) reason=$(obstacle); [ -z "$reason" ] || { echo "$reason"; exit 1; } ;;
    supervise) supervise "$1" ;;
    create | destroy | show)
        [ "$command" = show ] || mkdir -p "$dir/guests"
        [ ! -d "$dir" ] || { dir=$(cd "$dir" && pwd -P); exec 9>"$dir/lock"; flock 9; }
        "$command" "$@"
        ;;
    *) sed -n '6,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
