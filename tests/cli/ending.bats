#!/usr/bin/env bats
# Each process of a thread that is being ended is asked once, and has the whole grace to clean up.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2034,SC2154

load helpers

setup() {
  begin_test
  saver="$HELPERS/saver $dir/log"
}

# start_savers NAME SCRIPT COUNT [OPTION…]: starts a thread, and waits until COUNT savers are up.
start_savers() {
  local name=$1 script=$2 count=$3
  shift 3
  rm -f log
  k3 start -n "$name" "$@" -- sh -c "$script"
  wait_until "$DEADLINE" are_up "$count"
}

are_up() {
  [ "$(grep -c ' up$' log)" = "$1" ]
}

# said LINE…: the log has exactly these lines, besides those that say "up".
said() {
  is "$(grep -v ' up$' log)" "$(printf '%s\n' "$@")"
}

# --- once ---

@test "a member of the group that is cleaning up is not asked again when the command ends" {
  start_savers a "$saver m 0.4 & exec sleep 1000" 1
  k3 raise --wait=20 a
  said 'm TERM' 'm saved'
  is "$(k3_field a signal)" 15
}

@test "KeyboardInterrupt asks a member of the group once too, and no SIGTERM follows" {
  start_savers a "$saver m 0.4 & exec sleep 1000" 1
  k3 raise --wait=20 a KeyboardInterrupt
  said 'm INT' 'm saved'
  is "$(k3_field a signal)" 2
}

@test "a process outside of the group is asked once when its parents have ended" {
  start_savers a "$saver m 0.2 setsid & exec $saver leader 0.4" 2
  k3 raise --wait=20 a
  said 'leader TERM' 'leader saved' 'm TERM' 'm saved'
}

@test "a process that let its parent exit, and one that has children of its own, are asked once" {
  start_savers a "$saver daemon 0.2 fork setsid fork & exec $saver leader 0.4" 2
  k3 raise --wait=20 a KeyboardInterrupt
  said 'leader INT' 'leader saved' 'daemon INT' 'daemon saved'
  start_savers b "setsid sh -c '$saver m 0.3 & exec $saver top 0.1' & exec sleep 1000" 2
  k3 raise --wait=20 b
  said 'top TERM' 'top saved' 'm TERM' 'm saved'
}

@test "processes outside of the group are asked after half of the grace when the command does not end" {
  start_savers a "trap '' TERM; $saver m 0.1 setsid & while :; do sleep 0.02; done" 1 -g 2
  k3 raise --wait=20 a
  said 'm TERM' 'm saved'
  is "$(k3_field a signal)" 9
}

@test "to ask processes outside of the group costs the supervisor no descriptor" {
  for name in a b c; do
    start_savers "$name" "trap '' TERM; $saver m 0 setsid & while :; do sleep 0.02; done" 1 -g 0.2
    k3 raise --wait=20 "$name"
    said 'm TERM' 'm saved'
    start_savers "$name" "trap '' TERM; $saver orphan 0 fork setsid fork & while :; do sleep 0.02; done" 1 -g 0.2
    k3 raise --wait=20 "$name"
    said 'orphan TERM' 'orphan saved'
    start_savers "$name" "$saver daemon 0 fork setsid fork & exec $saver leader 0.1" 2
    k3 raise --wait=20 "$name"
    said 'leader TERM' 'leader saved' 'daemon TERM' 'daemon saved'
    [ "$name" != a ] || before=$(count_descriptors)
  done
  wait_until "$DEADLINE" has_descriptors "$before"
}

count_descriptors() {
  find "/proc/$(supervisor_pid)/fd" -mindepth 1 | wc -l
}

has_descriptors() {
  [ "$(count_descriptors)" -le "$1" ]
}

@test "the processes that a command left behind are asked once" {
  start_savers a "$saver one 0.3 & $saver two 0.3 setsid & until [ -e go ]; do sleep 0.02; done" 2
  echo >go
  k3 join -t "$LIMIT" a
  is "$(sort log)" "$(printf '%s\n' 'one TERM' 'one saved' 'one up' 'two TERM' 'two saved' 'two up')"
}

@test "a process below a leftover that does not end is asked after half of the grace" {
  start_savers a "{ trap '' TERM; $saver m 0.1 setsid & while :; do sleep 0.02; done; } & until [ -e go ]; do sleep 0.02; done" 1 -g 2
  echo >go
  k3 join -t "$LIMIT" a
  said 'm TERM' 'm saved'
}

@test "KeyboardInterrupt ends a background job although the job ignores SIGINT" {
  k3 start -n a -g 1000 -- sh -c 'sleep 1000 & echo >up; wait'
  wait_for_file up
  k3 raise --wait=20 a KeyboardInterrupt
  start_savers b "$saver m 0.1 deaf & exec sleep 1000" 1 -g 1000
  k3 raise --wait=20 b KeyboardInterrupt
  said 'm TERM' 'm saved'
}

@test "a second raise asks again, and the grace still counts from the first" {
  start_savers a "$saver one 1000 setsid fork & exec $saver leader 1000" 2 -g 2
  script <<'EOS'
begin = time.monotonic()
call("raise", thread="a")
time.sleep(1.5)  # the second raise comes within the grace of the first
call("raise", thread="a", exception="KeyboardInterrupt")
assert call("join", thread="a")["exception"] == "SystemExit"
took = time.monotonic() - begin
assert 2 <= took < 3.5, took
EOS
  is "$(grep leader log)" "$(printf '%s\n' 'leader up' 'leader TERM' 'leader INT')"
  is "$(grep one log)" "$(printf '%s\n' 'one up' 'one TERM' 'one INT')"
}

@test "a stopped leftover is woken so that it can end" {
  start_savers a "$HELPERS/creature $dir/pid setsid stop & $saver x 0 & wait" 1 -g 1000
  wait_for_file pid
  wait_until "$DEADLINE" grep -q '^State:.T' "/proc/$(cat pid)/status"
  k3 raise --wait=20 a
  refute_alive "$(cat pid)"
}

@test "all processes share one grace, and then each of them is killed" {
  start_savers a "$saver one 1000 setsid & $saver two 1000 fork setsid & exec $saver three 1000" 3 -g 0.5
  k3 raise --wait=20 a
  is "$(grep -c TERM log)" 3
  refute_leaks_of saver
}

# Succeeds if no process of this test has WORD in its arguments.
refute_leaks_of() {
  run ! pgrep -f "$1.*$dir"
}

# --- SIGKILL ---

@test "SIGKILL kills the whole tree at once" {
  start_savers a "$saver one 1000 setsid & $saver two 1000 fork setsid & $saver three 1000 & exec $saver four 1000" \
    4 -g 1000
  k3 raise --wait=20 a SIGKILL
  is "$(grep -vc up log)" 0
  refute_leaks_of saver
  is "$(k3_field a signal)" 9
  is "$(k3_field a exception)" null
}

@test "SIGKILL cuts short the grace of the command and of its leftovers" {
  start_savers a "$saver one 1000 setsid & exec $saver leader 1000" 2 -g 1000
  k3 raise a
  wait_until "$DEADLINE" grep -q 'leader TERM' log
  k3 raise --wait=20 a SIGKILL
  start_savers b "$saver one 1000 setsid & until [ -e go ]; do sleep 0.02; done" 1 -g 1000
  echo >go
  wait_for_state b stopping
  k3 raise --wait=20 b SIGKILL
  is "$(k3_field b exit_code)" 0
}

# --- the signal ---

@test "SystemExit, a timeout and the end of leftovers send the signal of --stop-signal" {
  local word
  for word in SIGINT INT int 2; do
    start_savers a "exec $saver m 0" 1 --stop-signal "$word"
    k3 raise --wait=20 a
    said 'm INT' 'm saved'
  done
  start_savers a "exec $saver m 0" 1 --stop-signal RTMIN+3
  k3 raise --wait=20 a RuntimeError
  said "m $(kill -l RTMIN+3)" 'm saved'
  start_savers a "exec $saver m 0" 1 --stop-signal=QUIT --timeout 1
  k3 join a || [ $? = 124 ]
  said 'm QUIT' 'm saved'
  start_savers a "$saver m 0 setsid & until [ -e go ]; do sleep 0.02; done" 1 --stop-signal HUP
  echo >go
  k3 join a
  said 'm HUP' 'm saved'
  start_savers a "exec $saver m 0" 1 --stop-signal QUIT
  k3 raise --wait=20 a KeyboardInterrupt
  said 'm INT' 'm saved'
}

@test "a shutdown and the end of a run send a daemon the signal of its --stop-signal" {
  k3 daemon -n a --stop-signal QUIT -- sh -c "exec $saver a 0"
  wait_until "$DEADLINE" are_up 1
  k3 shutdown
  said 'a QUIT' 'a saved'
  rm log
  printf '%s\n' "daemon --stop-signal INT --ready 'line:up' -n a -- sh -c '$saver a 0.1 & until grep -q up log; do sleep 0.02; done; echo up; wait'" \
    'start --needs a -- true' >script
  XDG_RUNTIME_DIR=$dir k3 run -q script
  said 'a INT' 'a saved'
}

@test "--stop-signal refuses a word that names no signal" {
  for word in NOPE '' SystemExit 0 99 RTMIN+99 -9; do
    run -64 --separate-stderr k3 start --stop-signal="$word" -- true
    like "$stderr" "k3thread: start: ValueError: --stop-signal: '$word' is no signal; SIGINT is one"
  done
  k3 start -- true
  script <<'EOS'
fails(-32002, "ValueError", "start", command=["/bin/true"], stop_signal="NOPE")
fails(-32001, "TypeError", "start", command=["/bin/true"], stop_signal=2)
EOS
}
