# shellcheck shell=bash
# Three machines h1, h2 and h3: network namespaces with an sshd each, and one for the run. Nothing in them reaches
# the network outside.

# shellcheck disable=SC2016,SC2154

# start_machines [LINE…]: starts the machines; the lines go to each sshd_config. `in_net ssh -F ssh_config h1` reaches
# the first. The machine whose number is in `lacking` has no k3thread.
start_machines() {
  local n program
  needs_root
  for program in ip sshd ssh ssh-keygen; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || skip "$program is missing"
  done
  export PATH=$PATH:/usr/sbin:/sbin
  net=${dir##*.}
  ip netns add "$net" 2>/dev/null || skip 'the kernel makes no network namespaces here'
  machines=(1 2 3)
  make_ssh_keys
  for n in "${machines[@]}"; do
    start_machine "$n" "$@"
  done
  for n in "${machines[@]}"; do
    wait_until "$DEADLINE" in_net ssh -F ssh_config "h$n" true 2>/dev/null
  done
}

start_machine() {
  local n=$1 hide=:
  shift
  # A shell that sshd starts reads this file, in which a user may have slow commands.
  [ ! -e ~/.bashrc ] || hide='mount --bind /dev/null ~/.bashrc'
  ip netns add "$net$n"
  ip -n "$net" link add "h$n" type veth peer name eth0 netns "$net$n"
  ip -n "$net" addr add "10.77.$n.1/24" dev "h$n"
  ip -n "$net" link set "h$n" up
  ip -n "$net$n" addr add "10.77.$n.2/24" dev eth0
  ip -n "$net$n" link set eth0 up
  ip -n "$net$n" link set lo up
  sshd_config "sshd_config.$n" "10.77.$n.2" "$@"
  ssh_host "h$n" "10.77.$n.2"
  [ "${lacking-}" != "$n" ] || hide+='; mount --bind /dev/null "$K3THREAD"'
  in_background "sshd$n" ip netns exec "$net$n" sh -c "$hide; exec \"\$@\"" sh \
    "$(command -v sshd)" -D -e -f "$dir/sshd_config.$n"
}

# in_net COMMAND…: runs it where the machines can be reached.
in_net() {
  ip netns exec "$net" "$@"
}

# Prints the ids of the processes on machine N.
on_machine() {
  ip netns pids "$net$1"
}

stop_machines() {
  local n
  [ -n "${net-}" ] || return 0
  for n in "${machines[@]}"; do
    [ -z "${background[sshd$n]-}" ] || kill "${background[sshd$n]}" || :
    [ -z "${background[sshd$n]-}" ] || finish "sshd$n" '*'
    ip netns del "$net$n"
  done
  ip netns del "$net"
}
