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

@test "slots shows the number, which can be set again, and with --long and --json the running and waiting threads" {
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

@test "with 0 slots no new command begins, and running commands go on; with none there is no limit" {
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

@test "a shutdown waits for threads that get no slot; raise and shutdown --now end them" {
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

# up NAME…: starts threads that write their K3THREAD_SLOT to the file NAME.slot, and run until a raise.
up() {
  local name
  for name; do
    k3 start -n "$name" -- sh -c 'echo "${K3THREAD_SLOT-unset}" >"$K3THREAD_NAME.slot"; exec sleep 1000'
  done
}

# has_slot NAME NUMBER: waits until the thread has begun, and checks the number.
has_slot() {
  wait_for_file "$1.slot"
  is "$(cat "$1.slot")" "$2"
}

@test "K3THREAD_SLOT is the lowest number that no running command has" {
  supervise_slots 3
  up a b c d
  has_slot a 0
  has_slot b 1
  has_slot c 2
  [ ! -e d.slot ]
  k3 raise --wait b
  has_slot d 1
  k3 raise --wait a
  k3 raise --wait c
  up e
  has_slot e 0
}

@test "without a limit, and in a daemon, there is no K3THREAD_SLOT, not even the caller's" {
  K3THREAD_SLOT=7 k3 start -- sh -c 'echo "${K3THREAD_SLOT-unset}"'
  k3 slots 1
  K3THREAD_SLOT=7 k3 daemon -e K3THREAD_SLOT=8 -- sh -c 'echo "${K3THREAD_SLOT-unset}"'
  K3THREAD_SLOT=7 k3 start -e K3THREAD_SLOT=8 -- sh -c 'echo "${K3THREAD_SLOT-unset}"'
  k3 join 1 2 3
  is "$(k3 logs 1) $(k3 logs 2) $(k3 logs 3)" 'unset unset 0'
  echo "start -- sh -c 'echo \"\$1 \${K3THREAD_SLOT-unset}\"' sh \"script:\$K3THREAD_SLOT\"" >nested
  is "$(K3THREAD_SLOT=7 k3 run -q --no-prefix nested)" 'script: unset'
}

@test "no two running commands have the same K3THREAD_SLOT while the slots change" {
  supervise_slots
  up a
  has_slot a unset
  k3 slots 3
  up b c
  has_slot b 0
  has_slot c 1
  k3 slots 1
  k3 raise --wait b
  k3 raise --wait a
  up d
  rm c.slot
  k3 restart c
  has_slot c 0
  k3 slots 4
  has_slot d 1
  up e
  has_slot e 2
  k3 slots none
  up f
  has_slot f unset
}

@test "the commands of a probe have the K3THREAD_SLOT of their thread" {
  supervise_slots 2
  up a
  k3 start -n b --ready cmd:'[ "$K3THREAD_SLOT" = 1 ]' -- sleep 1000
  k3 join -t "$LIMIT" --ready b
  k3 join -t "$LIMIT" --until cmd:'[ "$K3THREAD_SLOT" = 1 ]' b
}

@test "a leftover keeps the K3THREAD_SLOT of its thread until it has ended" {
  supervise_slots 2
  k3 start -n a -- sh -c 'setsid sh -c "trap : TERM; touch up; while [ ! -e go ]; do sleep 0.02; done" & until [ -e up ]; do sleep 0.02; done'
  wait_for_state a stopping
  up b
  has_slot b 1
  touch go
  k3 join a
  up c
  has_slot c 0
}

# Each job has the directory of its number to itself.
@test "many jobs with a policy to run again have numbers of their own, below the number of slots" {
  supervise_slots 4
  cat >job <<'END'
#!/bin/sh
[ "$K3THREAD_SLOT" -lt 4 ] && mkdir "slot.$K3THREAD_SLOT" && sleep 0.01 && rmdir "slot.$K3THREAD_SLOT" || touch wrong
echo >>"runs.$K3THREAD_ID"
[ "$(wc -l <"runs.$K3THREAD_ID")" = 2 ]
END
  chmod +x job
  for _ in {1..24}; do k3 start -r on-failure -- ./job; done
  k3 join --all
  [ ! -e wrong ]
  is "$(cat runs.* | wc -l)" 48
}

@test "more than 64 commands have each a slot number of their own" {
  supervise_slots 70
  for _ in {1..66}; do
    echo 'start -- sh -c "echo \$K3THREAD_SLOT >>numbers; exec sleep 1000"'
  done | k3 shell >/dev/null
  wait_until "$DEADLINE" eval '[ "$(wc -l <numbers)" = 66 ]'
  is "$(sort -nu numbers | xargs)" "$(sort -n numbers | xargs)"
  is "$(sort -n numbers | tail -n 1)" 65
}
