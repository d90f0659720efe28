#!/usr/bin/env bats
# start --wait: a thread in the foreground of its caller.

# shellcheck disable=SC2016,SC2154

load helpers

@test "start --wait prints the command's output and exits with the command's status" {
  run -7 --separate-stderr k3 start --wait -- sh -c 'echo one; echo two >&2; printf three; exit 7'
  is "$output" $'one\ntwo\nthree'
  is "$stderr" ''
}

@test "start --wait prints output while the command runs" {
  in_background wait k3 start --wait -- sh -c 'echo up; until [ -e go ]; do sleep 0.02; done; echo done'
  wait_for_file wait.out
  is "$(cat wait.out)" up
  touch go
  finish wait
  is "$(cat wait.out)" $'up\ndone'
}

@test "start --wait exits with the same statuses as join" {
  run -137 k3 start --wait -- sh -c 'kill -KILL $$'
  run -124 k3 start --wait --timeout 0.1 -- sleep 1000
  run -124 k3 start --wait --timeout 0 -- sleep 1000
  run -127 --separate-stderr k3 start --wait -- ./nothing
  like "$stderr" 'k3thread: start: FileNotFoundError: *'
  touch plain
  run -126 k3 start --wait -- ./plain
}

@test "SIGINT to start --wait raises KeyboardInterrupt in the thread, and SIGTERM raises SystemExit" {
  for signal in INT:130:KeyboardInterrupt TERM:143:SystemExit; do
    IFS=: read -r signal status exception <<<"$signal"
    in_background wait "$K3THREAD" start --wait --name a -- sh -c 'echo up; exec sleep 1000'
    wait_for_file wait.out
    kill "-$signal" "${background[wait]}"
    finish wait "$status"
    is "$(k3_field a exception)" "$exception"
    rm wait.out
  done
}

@test "a second signal to start --wait kills the thread" {
  in_background wait "$K3THREAD" start --wait --name a -- \
    sh -c 'trap "" INT TERM; echo up; while :; do sleep 1000; done'
  wait_for_file wait.out
  again() { ! kill -TERM "${background[wait]}" 2>/dev/null; }
  wait_until "$DEADLINE" again
  finish wait 143
  is "$(k3_field a signal)" 9
}

@test "the thread of start --wait can be listed and raised in like any other thread" {
  in_background wait k3 start --wait --name a -- sh -c 'echo up; exec sleep 1000'
  wait_for_file wait.out
  is_state a running
  k3 raise a
  finish wait 143
}

@test "Ctrl-C at a terminal interrupts the thread of start --wait, and no other thread" {
  k3 start --name other -- sleep 1000
  cat >script.exp <<'END'
set timeout 30
log_user 0
spawn -noecho $env(K3THREAD) start --wait -- sh -c "echo up; exec sleep 1000"
expect "up"
send "\003"
expect eof {} timeout { exit 99 }
if {[lindex [wait] 5] ne "SIGINT"} { exit 98 }
END
  expect script.exp
  is_state other running
}

@test "start --wait and join that cannot reach a supervisor exit with 125, as a command may exit with 1" {
  run -125 k3 -S "$dir/missing/k.sock" start --wait -- true
  run -1 k3 -S "$dir/missing/k.sock" start -- true
  mkdir shut
  : >shut/file
  run -125 k3 -S "$dir/shut/file/k.sock" join a
  run -1 k3 -S "$dir/shut/file/k.sock" list
  run -69 k3 join a
  run -64 k3 -L a/b join a
}
