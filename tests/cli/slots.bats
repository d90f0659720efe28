#!/usr/bin/env bats
# slots: how many commands may run at a time.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# supervise_slots [N]: a supervisor in the background.
supervise_slots() {
  in_background supervise k3 supervise ${1:+--slots=$1}
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
}

# Prints the state of each thread, in the order of their ids.
states() {
  k3 list --json | "$PYTHON" -I -S -c 'import json, sys; print(*(t["state"] for t in json.load(sys.stdin)))'
}

@test "slots shows the number, which can be set again, and with --long and --json what runs and waits" {
  supervise_slots
  is "$(k3 slots)" none
  k3 slots 2
  is "$(k3 slots)" 2
  for _ in 1 2 3 4 5; do k3 start -- sleep 1000; done
  k3 daemon -- sleep 1000
  is "$(k3 slots --long | tr -s ' ')" $'SLOTS RUNNING QUEUED\n2 2 3'
  is "$(k3 slots --json | tr -d ' \n')" '{"slots":2,"running":2,"queued":3}'
  is "$(k3 slots -l "$(k3 slots)" | tail -n 1 | tr -s ' ')" '2 2 3'
  run -0 --separate-stderr k3 slots none
  is "$output$stderr" ''
  is "$(k3 slots)" none
  is "$(k3 slots --json | tr -d ' \n')" '{"slots":null,"running":5,"queued":0}'
}

@test "a larger number begins queued threads at once, in their order; a smaller one ends none" {
  supervise_slots 1
  for _ in 1 2 3 4 5; do k3 start -- sleep 1000; done
  is "$(states)" 'running queued queued queued queued'
  k3 slots 3
  is "$(states)" 'running running running queued queued'
  k3 slots 2
  is "$(states)" 'running running running queued queued'
  k3 raise --wait 1
  is "$(states)" 'ended running running queued queued'
  k3 raise --wait 2
  is "$(states)" 'ended ended running running queued'
}

@test "with 0 slots nothing new begins, and what runs goes on; with none there is no limit" {
  supervise_slots
  k3 start -- sleep 1000
  k3 slots 0
  k3 start -- sleep 1000
  k3 start -- sleep 1000
  k3 daemon -- sleep 1000
  is "$(states)" 'running queued queued running'
  k3 restart 1
  is "$(states)" 'running queued queued running'
  k3 raise --wait 1
  is "$(states)" 'ended queued queued running'
  k3 slots none
  is "$(states)" 'ended running running running'
}

@test "a shutdown waits for threads that no slot lets begin; raise and shutdown --now end them" {
  supervise_slots
  k3 slots 0
  k3 start -- touch began
  k3 start -- touch began
  in_background shutdown k3 shutdown
  wait_until "$DEADLINE" eval '! k3 start -- true'
  k3 raise 1
  run -124 k3 join -t 0 2
  k3 shutdown --now
  finish shutdown
  [ ! -e began ]
}

@test "commands that began without a limit count when there is one, delayed and needing ones too" {
  supervise_slots
  k3 start -n a -- sleep 1000
  k3 start -n b -r always -- sleep 1000
  k3 start -n later -a 1 -- sleep 1000
  k3 start -n unready --ready cmd:'[ -e ready ]' -- sleep 1000
  k3 start -n needs --needs unready -- sleep 1000
  k3 slots 3
  wait_for_state later queued
  touch ready
  wait_for_state needs queued
  k3 raise b SIGKILL
  k3 raise --wait a
  is_state later queued || is_state later running
  wait_for_state later running
  is_state needs queued
  k3 slots 4
  wait_for_state needs running
}

@test "wrong numbers of slots are refused in one line, and change nothing" {
  supervise_slots 2
  for word in x '' 1.5 1e3 ' ' 1000001 99999999999999999999 nonee None; do
    run -64 k3 slots "$word"
    is "$output" "k3thread: slots: ValueError: slots takes a number from 0 to 1000000, or 'none', not '$word'"
  done
  run -64 k3 slots -- -1
  run -64 k3 slots -1
  run -64 k3 slots 3 4
  like "$output" 'k3thread: slots: give one number at most*'
  run -64 k3 slots --json --long
  is "$(k3 slots)" 2
  script <<'PY'
fails(-32001, "TypeError", "slots", slots="2")
fails(-32001, "TypeError", "slots", slots=True)
fails(-32001, "TypeError", "slots", slots=1.5)
fails(-32001, "TypeError", "slots", slots=[1])
fails(-32002, "ValueError", "slots", slots=-1)
fails(-32002, "ValueError", "slots", slots=1000001)
fails(-32602, "TypeError", "slots", number=1)
assert call("slots") == {"slots": 2, "running": 0, "queued": 0}
assert call("slots", slots=None) == {"slots": 2, "running": 0, "queued": 0}
assert call("slots", slots=0) == {"slots": 0, "running": 0, "queued": 0}
assert call("slots", slots=1000000)["slots"] == 1000000
assert call("slots", slots="none") == {"slots": None, "running": 0, "queued": 0}
PY
}

@test "slots starts no supervisor" {
  run -69 k3 slots
  run -69 k3 slots 3
}

@test "a script and a shell set the slots" {
  printf '%s\n' 'slots' 'slots 1' 'start -n a -- sleep 1000' 'start -n b -- true' 'slots --long' 'list -q b' \
    'slots none' 'join b' 'raise a' >commands
  run -0 --separate-stderr k3 run -q --slots 7 commands
  is "$(tr -s ' ' <<<"$output")" $'7\nSLOTS RUNNING QUEUED\n1 1 1\n2'
  k3 start -- sleep 1000
  is "$(printf '%s\n' 'slots 0' 'start -- true' 'slots' | k3 shell)" $'2\n0'
  is "$(states)" 'running queued'
}

@test "threads that begin and end while the slots change never exceed the number" {
  supervise_slots 3
  cat >job <<'END'
#!/bin/sh
mkdir "up.$K3THREAD_ID"
set -- up.*
echo $# >>seen
sleep 0.01
rmdir "up.$K3THREAD_ID"
END
  chmod +x job
  changes() {
    while [ ! -e enough ]; do for number in 0 1 3 2; do k3 slots "$number"; done; done
  }
  in_background changes changes
  for _ in {1..60}; do k3 start -- ./job; done
  k3 join --all
  touch enough
  finish changes
  is "$(wc -l <seen)" 60
  [ "$(sort -n seen | tail -n 1)" -le 3 ]
}
