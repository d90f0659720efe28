#!/usr/bin/env bats
# What the command of --via may do: the machine that it reaches is always this one.

# shellcheck disable=SC2016,SC2154

load hosts

@test "a shell between the run and the machine changes nothing" {
  script_of 'start -n a -- sh -c "echo \$K3THREAD_HOSTNAME; exit 3"' 'start -n b --host b -- sh -c "echo \$K3THREAD_HOSTNAME"'
  via='sh -c "\"\$@\"" {}'
  run -3 run_on a:1,b:1 script
  is "$(sort out)" $'a | a\nb | b'
}

# needs_processes: sets `via` to a machine with processes of its own, but with the /proc of this one.
needs_processes() {
  needs_root
  unshare -p -f true 2>/dev/null || skip 'the kernel refuses namespaces'
  via='env MACHINE={} unshare -p -f'
}

@test "a machine may be a process namespace, whose processes are found and ended" {
  needs_processes
  script_of 'start -n a -- sh -c "setsid sleep 1000 & cat /proc/1/comm; readlink /proc/self; exit 3"' \
    'start -n b --host b -- sh -c "exec sleep 1000"' 'join a' 'raise -w b'
  run -3 run_on a:1,b:1 script
  cat out messages
  grep -qx 'a | k3-agent' out
  [ "$(sed -n '2s/^a | //p' out)" -lt 1000 ] # a number of the namespace
  grep -q '^a .* exit 3, left process [0-9]* (sleep 1000)' messages
  grep -q '^b .* SystemExit' messages
  no_sleeps
}

# Succeeds if no process of this test sleeps.
no_sleeps() {
  # shellcheck disable=SC2046 # words
  ! grep -lzx "XDG_RUNTIME_DIR=$dir" $(pgrep -x sleep | sed 's|.*|/proc/&/environ|') 2>/dev/null
}

@test "a process namespace without a right to mount its /proc is named" {
  needs_processes
  via+=' setpriv --bounding-set=-sys_admin'
  script_of 'start -n a -- true'
  run -125 run_on a script
  grep -q "host 'a' is lost: .*/proc is not that of this process namespace.*--mount-proc" messages
  via='env MACHINE={} unshare -p -f --mount-proc setpriv --bounding-set=-sys_admin'
  run_on a script
}

@test "a process that the machine's shell left behind may end without the agent" {
  script_of 'start -n a -- sh -c "touch up; until [ -e ended ]; do sleep 0.02; done; k3thread list -q; echo fine"'
  via='sh -c "{ until [ -e up ]; do sleep 0.02; done; touch ended; } & exec sh"'
  PATH=${K3THREAD%/*}:$PATH run_on a script
  is "$(cat out)" $'a | 1\na | fine'
}

@test "a command that closes its input or its output before the agent is up, and does not end, loses its machine" {
  script_of 'start -n a -- true'
  for via in 'sh -c "exec sleep 1000 <&-"' 'sh -c "exec sleep 1000 >&-"'; do
    run -125 run_on a script
    grep -q "host 'a' is lost: its command has closed the connection" messages
  done
  via='sh -c "echo no way >&2; exec >&-; until [ -e end ]; do sleep 0.02; done"'
  (sleep 0.1 && touch end) 3>&- &
  run -125 run_on a script
  grep -q "host 'a' is lost: no way" messages
}

@test "a connection that breaks in one direction ends everything on the machine" {
  local way
  cp "$BATS_TEST_DIRNAME/relay.py" .
  script_of 'start -n a -- sh -c "echo \$\$ >pid; touch up; exec sleep 1000"'
  for way in from-agent to-agent; do
    rm -f up pid
    via="$PYTHON -I -S relay.py $way up"
    run -125 run_on a script
    grep -q "^a .*ConnectionError, exit 125: host 'a' is lost" messages
    wait_until 15 refute_alive "$(cat pid)"
  done
}

@test "what is printed before the agent is no part of the output, whatever it is" {
  via='sh -c "head -c 100000 /dev/urandom; echo; yes k3thread-agent | head -1000; exec sh"'
  script_of 'start -n a -- echo fine'
  run_on a script
  is "$(cat out)" 'a | fine'
}

@test "nsenter reaches a machine that is the namespaces of a process, whose id is its name" {
  needs_processes
  unshare -p -f -m -u --mount-proc sh -c 'hostname inside; echo $$ >&2; exec sleep 1000' 2>up 3>&- &
  local outside=$! inside
  wait_for_file up
  inside=$(pgrep -P "$outside")
  via='nsenter -t {} -a'
  script_of 'start -n a -- sh -c "hostname; readlink /proc/self; setsid sleep 1000 & exit 3"'
  run -3 run_on "$inside" script
  grep -qx 'a | inside' out
  [ "$(sed -n '2s/^a | //p' out)" -lt 1000 ]
  grep -q "^a  *$inside .* exit 3, left process [0-9]* (sleep 1000)" messages
  kill -KILL "$inside"
  wait "$outside" || :
}
