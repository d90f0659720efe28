#!/usr/bin/env bats
# A file system that does not answer: the command cannot begin, but its thread can be ended.

# helpers.bash and run set some names.
# shellcheck disable=SC2154

load helpers

setup() {
  needs_root
  begin_test
  mkdir silent
  cat >silent.py <<'EOF'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open("/dev/fuse", os.O_RDWR)
options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fd
if libc.mount(b"silent", sys.argv[1].encode(), b"fuse", 0, options) != 0:
    sys.exit(1)
print("mounted", flush=True)
sys.stdin.read()
EOF
  mkfifo gate
  "$PYTHON" -I -S silent.py "$dir/silent" <gate >mounted 2>&1 3>&- &
  server=$!
  exec 4>gate
  wait_until "$DEADLINE" is_settled
  grep -q mounted mounted || skip "no file system can be mounted here"
}

is_settled() {
  [ -s mounted ] || ! kill -0 "$server" 2>/dev/null
}

# A process that still waits for the file system gets an error when the file system is gone.
unmount() {
  exec 4>&-
  wait "$server" || :
  umount -l silent 2>/dev/null || :
}

teardown() {
  [ ! -S "$K3THREAD_SOCKET" ] || k3 shutdown --now || :
  unmount
  leave_test
}

# start_silent NAME: starts a thread whose command is on the file system; the start waits for it.
start_silent() {
  in_background "start-$1" k3 start -n "$1" -- "$dir/silent/program"
  wait_for_state "$1" running
}

@test "raise ends a thread whose command is on a file system that does not answer" {
  k3 start -- true
  for exception in SystemExit KeyboardInterrupt SIGKILL; do
    start_silent a
    k3 raise --wait=20 a "$exception"
    finish start-a '*'
    is "$(k3_field a signal)" 9
  done
}

@test "shutdown ends a thread whose command is on a file system that does not answer, and serves others meanwhile" {
  k3 start -- true
  start_silent a
  k3 start -n b -- true
  k3 join b
  k3 shutdown --now
  finish start-a '*'
}
