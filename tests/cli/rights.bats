#!/usr/bin/env bats
# A process that became root, as by sudo: k3thread cannot end it, and says so instead of waiting.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

setup() {
  needs_root
  begin_test
  chmod 711 "$dir"
  mkdir place bin
  chown 65534:65534 place
  cp "$K3THREAD" bin/k3thread
  cp "$HELPERS/riser" riser
  chmod 4755 riser
  export K3THREAD_SOCKET=$dir/place/k.sock XDG_RUNTIME_DIR=$dir/place
}

# The processes that are left end when this file is gone.
teardown() {
  rm -f root/pids
  [ ! -S "$K3THREAD_SOCKET" ] || as_user shutdown --now || :
  if [ -s pids ]; then
    wait_until "$DEADLINE" refute_alive "$(cat pids)"
  fi
  cat place/*.log 2>/dev/null || :
  leave_test
}

# Runs k3thread as another user.
as_user() {
  timeout --foreground -s KILL "$DEADLINE" \
    setpriv --reuid=65534 --regid=65534 --clear-groups "$dir/bin/k3thread" "$@"
}

# Starts a thread whose command becomes root; its pid goes to the file pids.
start_riser() {
  mkdir -p root
  as_user start -n up -g 0.5 -- "$@"
  wait_for_file root/pids
  cp root/pids pids
  pid=$(cat pids)
}

gone() {
  wait_until "$DEADLINE" refute_alive "$1"
}

@test "raise in a process that may not be signalled is a SendRaiseError that names the process" {
  start_riser ./riser "$dir/root/pids"
  run -1 --separate-stderr as_user raise --all
  like "$stderr" "k3thread: raise: SendRaiseError: process $pid *"
  for exception in SystemExit HUP KeyboardInterrupt SIGKILL; do
    run -1 --separate-stderr as_user raise up "$exception"
    is "$stderr" "k3thread: raise: SendRaiseError: process $pid of thread 'up' may not be signalled: Operation not permitted"
  done
  assert_alive "$pid"
  # The raise of SIGKILL has given the process up.
  run -125 --separate-stderr as_user join -t "$LIMIT" up
  like "$stderr" "*process $pid could not be ended"
}

@test "shutdown returns although a process cannot be ended, and names the process" {
  start_riser ./riser "$dir/root/pids"
  supervisor=$(as_user version | sed -n 's/^supervisor .*pid \([0-9]*\)).*/\1/p')
  run -1 --separate-stderr as_user shutdown --now
  is "$stderr" "k3thread: shutdown: process $pid could not be ended, and is left"
  refute_alive "$supervisor"
  assert_alive "$pid"
  wait_until "$DEADLINE" grep -q '1 processes are left that may not be killed' place/k.log
}

@test "raise, join, list and shutdown name a process that outlived its thread because it cannot be ended" {
  start_riser sh -c "./riser $dir/root/pids & wait"
  run -1 --separate-stderr as_user raise --wait=20 up
  like "$stderr" "k3thread: raise: *process $pid could not be ended"
  run -143 --separate-stderr as_user join up
  like "$stderr" "k3thread: join: thread 'up' (id 1): process $pid could not be ended"
  like "$(as_user list --json up)" "*\"unended\": $pid,*"
  like "$(as_user list --json up)" "*\"message\": \"process $pid could not be ended: *"
  as_user start -n next -- true
  as_user join next
  run -1 --separate-stderr as_user shutdown
  like "$stderr" "*process $pid could not be ended*"
}

# press PID: sends SIGINT if the process still exists; succeeds when it does not.
press() {
  ! kill -INT "$1" 2>/dev/null
}

@test "run returns after Ctrl-C although a process cannot be ended, and names the process" {
  mkdir root
  for grace in 0.5 1h; do
    echo "start -n up -g $grace -- ./riser $dir/root/pids" >script
    in_background run setpriv --reuid=65534 --regid=65534 --clear-groups bin/k3thread run script
    wait_for_file root/pids
    cp root/pids pids
    kill -INT "${background[run]}"
    # With the long grace only a second press ends the run.
    [ "$grace" = 0.5 ] || wait_until "$DEADLINE" press "${background[run]}"
    finish run 130
    grep "process $(cat pids) could not be ended" run.err
    rm root/pids
    gone "$(cat pids)"
  done
}
