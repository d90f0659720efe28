#!/usr/bin/env bats
# --restart: which ends lead to another run, how many runs there are, and what ends the thread.

# shellcheck disable=SC2016,SC2154

load helpers

# fails N: a command that fails N times, then succeeds; each run adds a line to the file runs.
fails() {
  printf '#!/bin/sh\necho >>runs; [ $(wc -l <runs) -gt %s ]\n' "$1" >failing
  chmod +x failing
}

runs() {
  wc -l <runs
}

@test "a thread without --restart runs once" {
  fails 1
  k3 start --name a -- ./failing
  run -1 k3 join a
  k3 start --name b --restart never -- ./failing
  k3 join b
  is "$(runs)" 2
}

@test "--restart on-failure repeats until a run succeeds, and the status is that of the last run" {
  fails 2
  k3 start --name a --restart on-failure -- ./failing
  k3 join --timeout "$LIMIT" a
  is "$(runs)" 3
  is "$(k3_field a runs)" 3
}

@test "the end of a command by a signal counts as a failure" {
  k3 start --name a --restart on-failure:1 -- sh -c 'echo >>runs; kill -KILL $$'
  run -137 k3 join --timeout "$LIMIT" a
  is "$(runs)" 2
}

@test "a number limits the restarts of a thread" {
  fails 100
  k3 start --name a --restart on-failure:2 -- ./failing
  run -1 k3 join --timeout "$LIMIT" a
  is "$(runs)" 3
}

@test "--restart always continues after a success, until a raise ends the thread for good" {
  k3 start --name a --restart always -- sh -c 'echo >>runs'
  wait_until "$DEADLINE" is_run a 3
  k3 raise --wait a
  is "$(k3_field a exception)" SystemExit
  before=$(runs)
  k3 start --name b --restart always:1 -- sh -c 'echo >>runs'
  k3 join --timeout "$LIMIT" b
  is "$(runs)" $((before + 2))
}

is_run() {
  [ "$(k3_field "$1" runs)" -ge "$2" ]
}

@test "a raise while the command runs ends the thread for good" {
  k3 start --name a --restart always -- sleep 1000
  k3 raise a
  run -143 k3 join --timeout "$LIMIT" a
  is "$(k3_field a runs)" 1
}

@test "a timeout counts as a failure of one run" {
  k3 start --name a --restart on-failure:1 --timeout 0.2 -- \
    sh -c 'trap "exit 0" TERM; echo >>runs; while :; do sleep 0.01; done'
  run -124 k3 join --timeout "$LIMIT" a
  is "$(runs)" 2
}

@test "the delays between runs grow" {
  k3 start --name a --restart on-failure:4 -- sh -c 'date +%s%N >>runs; false'
  run -1 k3 join --timeout "$LIMIT" a
  mapfile -t times <runs
  is "${#times[@]}" 5
  # At least 0.1, 0.2, 0.4 and 0.8 s: load can only make them longer.
  for i in 0 1 2 3; do
    [ $((times[i + 1] - times[i])) -ge $((100000000 << i)) ]
  done
}

# The sixth delay would be 3.2 s; the first is 0.1 s. A run of 10 s counts as good.
@test "the delays begin at the shortest again after a good run" {
  k3 start --name a --restart on-failure:6 -- \
    sh -c 'date +%s%N >>begins; [ "$(wc -l <begins)" != 6 ] || sleep 10.1; date +%s%N >>ends; false'
  run -1 k3 join --timeout "$LIMIT" a
  mapfile -t begins <begins
  mapfile -t ends <ends
  is "${#ends[@]}" 7
  [ $((begins[5] - ends[4])) -ge 1600000000 ]
  [ $((begins[6] - ends[5])) -lt 3000000000 ]
}

@test "a restarted thread keeps its log and its directory" {
  mkdir there
  k3 start --name a --directory there --restart on-failure:1 -- sh -c 'pwd; echo $K3THREAD_NAME; exit 1'
  run -1 k3 join --timeout "$LIMIT" a
  is "$(cat "$(k3_field a log)")" "$dir/there"$'\na\n'"$dir/there"$'\na'
}

@test "list shows no result of an earlier run while the command runs again" {
  k3 start --name a --restart on-failure:1 -- sh -c '[ ! -e ran ] || exec sleep 1000; touch ran; exit 3'
  wait_until "$DEADLINE" is_run a 2
  like "$(k3 list a | tr -s ' ')" $'*\n* running no * - sh -c *'
  unlike "$(k3_field a seconds)" '-*'
  k3 raise --wait a
  like "$(k3 list a | tr -s ' ')" $'*\n* ended no * SystemExit, SIGTERM sh -c *'
}

@test "a thread has no process in the pause before a restart" {
  k3 start --name a --restart on-failure -- false
  wait_until "$DEADLINE" is_run a 3
  wait_for_state a delayed
  is "$(k3_field a state) $(k3_field a pid)" 'delayed null'
}

@test "a malformed policy is a ValueError" {
  for policy in '' sometimes on-failure: on-failure:0 always:x never:1 on-failure:-1; do
    run -64 --separate-stderr k3 start --restart "$policy" -- true
    like "$stderr" 'k3thread: start: ValueError: *'
  done
}
