#!/usr/bin/env bats
# k3thread as process 1 of a container: a pid namespace.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load ../cli/helpers

setup() {
  begin_test
  unshare --pid --fork --mount-proc true 2>/dev/null || skip "no pid namespaces here"
}

# contain NAME COMMAND…: runs k3thread as process 1, in the background.
contain() {
  local name=$1
  shift
  in_background "$name" unshare --pid --fork --mount-proc --kill-child "$K3THREAD" "$@"
}

supervise() {
  contain init supervise
  wait_until "$DEADLINE" "$K3THREAD" version
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
  # The number that process 1 has outside of the container.
  one=$(pgrep -P "${background[init]}")
}

children_of() {
  cat "/proc/$1/task/$1/children"
}

has_one_child() {
  [ "$(children_of "$1" | wc -w)" = 1 ]
}

@test "a supervisor that is process 1 serves, and SIGTERM shuts it down with status 0" {
  supervise
  k3 start -n a -- sh -c 'trap "echo ended >'"$dir"'/out; exit" TERM; echo >'"$dir"'/ready; while :; do sleep 0.02; done'
  wait_for_file ready
  kill -TERM "$one"
  finish init 0
  is "$(cat out)" ended
  [ ! -e "$K3THREAD_SOCKET" ]
}

@test "a supervisor that is process 1 reaps the orphans of other processes" {
  supervise
  for _ in 1 2 3; do
    nsenter -t "$one" -p -- sh -c '(sleep 0.05 &)'
  done
  wait_until "$DEADLINE" has_one_child "$one"
  run -1 pgrep -r Z -P "$one"
  k3 shutdown
  finish init 0
}

@test "process 1 exits with 137 when its supervisor is killed" {
  supervise
  k3 start -n a -- sh -c "$HELPERS/creature $dir/c stubborn fork setsid & exec sleep 1000"
  wait_for_file c
  kill -KILL "$(children_of "$one" | tr -d ' ')"
  finish init 137
}

@test "run as process 1 exits as its script's thread did" {
  cat >script <<'EOS'
start -n a -- sh -c 'exit 7'
EOS
  contain running run "$dir/script"
  finish running 7
}

@test "run as process 1 treats SIGTERM as a shutdown" {
  cat >script <<EOS
start -n a -- sh -c 'trap "echo ended >$dir/out; exit 0" TERM; echo >$dir/ready; while :; do sleep 0.02; done'
EOS
  contain running run "$dir/script"
  wait_for_file ready
  kill -TERM "$(pgrep -P "${background[running]}")"
  finish running '*'
  is "$(cat out)" ended
}
