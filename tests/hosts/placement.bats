#!/usr/bin/env bats
# On which machine a thread of a run is, and what that means for daemons, needs and probes.

# shellcheck disable=SC2016,SC2034,SC2154

load hosts

@test "without --via, ssh gets the machine and the single word sh" {
  mkdir bin
  printf '#!/bin/sh\necho "$#: $*" >>calls\nexec sh\n' >bin/ssh
  chmod +x bin/ssh
  script_of 'start -n a --host box -- sh -c "echo \$K3THREAD_HOSTNAME"' 'start -n b --host user@other -- true'
  PATH=$dir/bin:$PATH k3 run --hosts box,user@other script >out
  is "$(cat out)" 'a | box'
  is "$(sort calls)" $'2: box sh\n2: user@other sh'
}

@test "a daemon takes no slot, and runs on the first machine that is up, or on that of --host" {
  script_of 'start -n work --host a -- sh -c "until [ -e go ]; do sleep 0.02; done"' \
    'daemon -n d1 -- sh -c "echo \$K3THREAD_HOSTNAME; exec sleep 1000"' \
    'daemon -n d2 -- sh -c "echo \$K3THREAD_HOSTNAME; exec sleep 1000"' \
    'daemon -n d3 --host b -- sh -c "echo \$K3THREAD_HOSTNAME; exec sleep 1000"' \
    'join --until line:. d1 d2 d3' 'daemon -- touch go'
  run_on a:1,b:1 script
  is "$(sort out)" $'d1 | a\nd2 | a\nd3 | b'
  script_of 'daemon -n d -- sh -c "echo \$K3THREAD_HOSTNAME; exec sleep 1000"' 'join --until line:. d' 'start -- true'
  via='sh -c "test {} != a && exec sh"'
  run_on a:1,b:1 script
  is "$(cat out)" 'd | b'
}

@test "needs hold across machines: ready, ended, and failed" {
  script_of 'daemon -n db --host a --ready line:^ready -- sh -c "until [ -e go ]; do sleep 0.02; done; echo ready; exec sleep 1000"' \
    'start -n user --host b --needs db -- sh -c "[ -e go ] && echo \$K3THREAD_HOSTNAME"' \
    'start -n last --host a --needs user:ended -- sh -c "echo \$K3THREAD_HOSTNAME"' \
    'start -n bad --host b -- false' 'start -n never --host a --needs bad:succeeded -- echo never' \
    'start -n go --host b -- touch go'
  run -1 run_on a:2,b:3 script
  is "$(sort out)" $'db | ready\nlast | a\nuser | b'
  grep -q '^never  *a ' messages
}

@test "a machine that comes up late takes part then, and the others have begun two seconds after the first" {
  script_of 'start -n x1 -- sh -c "echo \$K3THREAD_HOSTNAME; touch go; until [ -e done ]; do sleep 0.02; done"' \
    'start -n x2 -- sh -c "echo \$K3THREAD_HOSTNAME; touch done"'
  via='sh -c "test {} = late && until [ -e go ]; do sleep 0.02; done; exec sh"'
  run_on late:1,b:1 script
  is "$(cat out)" $'x1 | b\nx2 | late'
}

@test "a tcp: probe runs on the machine of the thread" {
  needs_root
  { unshare -n true && command -v ip; } >/dev/null 2>&1 || skip 'the kernel refuses namespaces, or ip is missing'
  free_ports port other
  # Each machine has a loopback interface of its own.
  via='unshare -n sh -c "ip link set lo up; exec sh"'
  "$PYTHON" -I -S -c "
import socket, time
s = socket.create_server(('127.0.0.1', $other))
time.sleep(1000)" 3>&- &
  local here=$!
  script_of "daemon -n web --host a --ready tcp:127.0.0.1:$port -- python3 -m http.server --bind 127.0.0.1 $port" \
    "start -n get --host b --needs web -- sh -c 'curl -s 127.0.0.1:$port || echo refused'" \
    "start -n not --host a --ready tcp:127.0.0.1:$other --ready-timeout 0.3 -- sleep 1000"
  run -124 run_on a:9,b:9 script
  kill "$here"
  is "$(grep '^get' out)" 'get | refused'
  grep -q '^web  *a  *yes .*SystemExit' messages
  grep -q "^not  *a .*not ready within 0.3 s: tcp:127.0.0.1:$other" messages
}

@test "in a command on any machine, list shows all threads, and start, join and raise reach all of them" {
  script_of 'daemon -n far --host b -- sleep 1000' \
    'start -n all --host a -- sh -c "k3thread list -q; k3thread start -n more --host b -- sh -c \"exit 5\" >/dev/null; k3thread join more; echo \$?; k3thread raise -w far; k3thread list far"' 'join all'
  PATH=${K3THREAD%/*}:$PATH run -5 run_on a:1,b:2 script
  is "$(sed -n 's/^all | //p' out | head -3)" $'1\n2\n5'
  grep -q '^all | 1 .*far .* b .*SystemExit' out
}
