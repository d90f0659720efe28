#!/usr/bin/env bats
# Commands on machines that ssh reaches.

# shellcheck disable=SC2016,SC2154

load hosts
load ssh
load ../sshd

setup() {
  begin_test
  export XDG_RUNTIME_DIR=$dir TMPDIR=$dir
  via='ssh -F ssh_config {}'
  start_machines
}

teardown() {
  end_test_after stop_machines
}

@test "a run has its commands on three machines, with their addresses" {
  script_of 'start -n a -- sh -c "ip -o -4 addr show eth0; pwd"' \
    'start -n b -- sh -c "ip -o -4 addr show eth0; exit 4"' \
    'start -n c -- sh -c "ip -o -4 addr show eth0; sleep 0.1"'
  status=0
  in_net timeout 60 "$K3THREAD" run --hosts h1:1,h2:1,h3:1 --via "$via" script >out 2>messages || status=$?
  cat out messages
  is "$status" 4
  grep -q '^a | .* 10.77.1.2/24' out
  grep -qx "a | $dir" out
  grep -q '^b | .* 10.77.2.2/24' out
  grep -q '^c | .* 10.77.3.2/24' out
}

@test "a daemon on one machine serves a thread on another one that needs it" {
  script_of 'daemon -n web --host h1 --ready tcp:10.77.1.2:8000 -- python3 -m http.server 8000' \
    'start -n get --needs web --host h2 -- curl -sS -o /dev/null -w "%{http_code}\n" http://10.77.1.2:8000/'
  # The machines reach each other through the run'"'"'s.
  ip netns exec "$net" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  ip -n "${net}1" route add default via 10.77.1.1
  ip -n "${net}2" route add default via 10.77.2.1
  in_net timeout 60 "$K3THREAD" run --hosts h1,h2 --via "$via" script >out 2>messages
  grep -qx 'get | 200' out
}

@test "a machine whose sshd is gone loses its commands, and the others keep theirs" {
  script_of 'start -n a --host h1 -- sh -c "echo up; exec sleep 1000"' \
    'start -n b --host h2 -- sh -c "echo up; until [ -e go ]; do sleep 0.05; done; echo fine"'
  in_background run ip netns exec "$net" "$K3THREAD" run --hosts h1,h2 --via "$via" script
  wait_for_text run.out '^a | up'
  wait_for_text run.out '^b | up'
  # The process of the connection, the command's session is another one.
  pkill -KILL -f '^sshd: ' --ns "$(on_machine 1 | head -1)" --nslist net
  wait_for_text run.err "host 'h1' is lost"
  touch go
  finish run 125
  grep -qx 'b | fine' run.out
  grep -q '^a .*ConnectionError, exit 125' run.err
  wait_until 8 no_sleep_left # sooner than by the lease
}

no_sleep_left() {
  ! pgrep -x sleep --ns "$(on_machine 1 | head -1)" --nslist net
}
