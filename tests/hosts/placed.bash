# shellcheck shell=bash
# A run whose commands are on another machine, with a supervisor that the test talks to as to any other: what a thread
# does on one machine it does there.

# shellcheck disable=SC2154

load hosts

setup() {
  begin_test
  begin_placed
}

# Starts the run, whose script does not end, and makes its supervisor that of the test.
begin_placed() {
  mkdir front far
  mkfifo script-input
  sleep 1000 >script-input 3>&- &
  held=$!
  XDG_RUNTIME_DIR=$dir/front TMPDIR=$dir/front in_front placed -q --hosts far:100 \
    --via "${placed_via-env} XDG_RUNTIME_DIR=$dir/far TMPDIR=$dir/far MACHINE={}" script-input
  wait_until "$DEADLINE" finds_socket
}

# Succeeds if the supervisor of the run is there, and makes it that of the test.
finds_socket() {
  local found
  found=$(echo "$dir"/front/k3thread-run.*/run.sock)
  [ -S "$found" ] && K3THREAD_SOCKET=$found "$K3THREAD" list >/dev/null && export K3THREAD_SOCKET=$found
}

teardown() {
  end_placed
}

end_placed() {
  kill "$held" 2>/dev/null || :
  end_test
}
