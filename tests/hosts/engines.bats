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
