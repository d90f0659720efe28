#!/usr/bin/env bats
# top in a run whose commands are on another machine, which here is a process namespace: the pids there mean nothing
# here.

# shellcheck disable=SC2016,SC2034,SC2154

load placed
load ../cli/terminals

setup() {
  needs_root
  unshare -p -f true 2>/dev/null || skip 'the kernel refuses namespaces'
  begin_test
  begin_terminals
  placed_via='unshare -p -f env'
  begin_placed
}

teardown() {
  end_tmux
  end_placed
}

has_line() {
  screen "$1" | sed 's/ *$//' | grep -qxE -- "$2"
}

see_line() {
  wait_until "$DEADLINE" has_line "$@" || { screen "$1" && return 1; }
}

@test "top shows the processor time and the memory of processes on another machine, and the logs here" {
  k3 start -n busy -- sh -c 'echo at work; while :; do :; done'
  k3 start -n idle -- "$PYTHON" -I -S -c 'import time; x = b"x" * 200000000; print("up", flush=True); time.sleep(1000)'
  sit user
  type_at user 'clear; k3 top' Enter
  see_line user ' 1 busy +running +[0-9]+s +[0-9]*[1-9][0-9.]* +[0-9.]+[KM]  at work'
  see_line user ' 2 idle +running +[0-9]+s +0\.0 +(19|2[0-9])[0-9]M  up'
  type_at user s s s s s s
  see user 'by memory'
  see_line user ' 2 idle +running +[0-9]+s +0\.0 +(19|2[0-9])[0-9]M  up'
  type_at user l
  see user 'Log of '
}

@test "top on a machine of the run shows the threads on all of them, with their logs" {
  k3 start -n busy -- sh -c 'echo at work; while :; do :; done'
  k3 start -n seat --tty -- "$K3THREAD" top
  sit user
  type_at user 'clear; k3 attach seat' Enter
  see_line user ' 1 busy +running +[0-9]+s +[0-9]*[1-9][0-9.]* +[0-9.]+[KM]  at work'
  type_at user l
  see user 'Log of busy'
  see_line user 'at work'
}

@test "a look at a machine that is lost meanwhile is answered without its threads' usage" {
  k3 start -n a -- sleep 1000
  wait_for_state a running
  agent=$(pgrep -f "^[^ ]*k3thread agent" | while read -r pid; do
    ! tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "TMPDIR=$dir/far" || echo "$pid"
  done)
  AGENT=$agent script <<'END'
import os, signal
c = Client()
looked = c.call("look", threads=[1])
assert looked[0]["cpu"] >= 0 and looked[0]["memory"] > 100000, looked
os.kill(int(os.environ["AGENT"]), signal.SIGSTOP)
c.send("look", threads=[1, 99], output=True)
c.call("version")
os.kill(int(os.environ["AGENT"]), signal.SIGKILL)
assert c.receive()["result"] == [{"id": 1, "output": ""}]
END
}
