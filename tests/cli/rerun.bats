#!/usr/bin/env bats
# restart THREAD: the command ends and runs again in the same thread.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

has_runs() {
  [ "$(k3_field "$1" runs)" = "$2" ]
}

@test "restart ends the command and runs it again in the same thread, with one log" {
  k3 start -n web -- sh -c 'echo run; sleep 1000 & wait'
  pid=$(k3_field web pid)
  run -0 k3 restart web
  is "$output" ''
  refute_alive "$pid"
  is "$(k3 list -q)" 1
  is "$(k3_field web runs)" 2
  is "$(k3_field web name)" web
  is "$(k3_field web ended)" null
  wait_until "$DEADLINE" eval '[ "$(cat "$(k3_field web log)")" = "$(printf "run\nrun")" ]'
}

@test "a thread that has ended begins again, and can be joined again" {
  printf '#!/bin/sh\necho >>runs; exit $(wc -l <runs)\n' >counting
  chmod +x counting
  k3 start -n a -- ./counting
  run -1 k3 join a
  k3 restart a
  run -2 k3 join a
  k3 restart a
  run -3 k3 join a
  is "$(k3 list -q)" 1
  is "$(k3_field a runs)" 3
}

@test "a join that waits goes on waiting" {
  k3 start -n a -- sh -c 'until [ -e go ]; do sleep 0.01; done; exit 7'
  in_background join k3 join a
  k3 restart a
  k3 restart a
  touch go
  finish join 7
}

@test "restart of several threads and of patterns restarts each of them" {
  for name in w-1 w-2 other; do k3 start -n $name -- sleep 1000; done
  k3 restart 'w-*' other
  for name in w-1 w-2 other; do has_runs $name 2; done
}

@test "restart --wait returns when the new run is ready" {
  k3 start -n a --ready line:up -- sh -c 'until [ -e go ]; do sleep 0.01; done; rm go; echo up; sleep 1000'
  touch go
  k3 join --ready a
  in_background restart k3 restart -w a
  wait_until "$DEADLINE" has_runs a 2
  is "$(k3_field a ready)" false
  touch go
  finish restart 0
  is "$(k3_field a state)" ready
  k3 restart a
  is "$(k3_field a ready)" false
}

@test "restart --wait fails if the new run ends before it is ready" {
  k3 start -n a --ready line:up -- sh -c '[ ! -e broken ] || exit 4; echo up; sleep 1000'
  k3 join --ready a
  touch broken
  run -1 k3 restart --wait a
  like "$output" '*ended before it was ready*'
}

@test "a command that cannot be run again ends the thread, and restart says why" {
  cp "$(command -v sleep)" napping
  k3 start -n a -r always -- ./napping 1000
  rm napping
  run -127 k3 restart a
  like "$output" 'k3thread: restart: FileNotFoundError: cannot run *napping*'
  is "$(k3_field a state)" ended
  run -127 k3 restart a
  cp "$(command -v sleep)" napping
  k3 restart a
  is "$(k3_field a state)" running
}

@test "restart refuses a word that means no thread, and then restarts nothing" {
  k3 start -n a -- sleep 1000
  run -3 k3 restart nothing a
  like "$output" "*InvalidThreadIdError: no thread 'nothing'"
  run -3 k3 restart 'nothing*'
  run -3 k3 restart 99
  run -64 k3 restart
  run -64 k3 restart --no-such-option a
  is "$(k3_field a runs)" 1
}

@test "an ended thread does not run again if another thread has its name by now" {
  k3 start -n a -- true
  k3 join a
  k3 start -n a -- sleep 1000
  run -64 k3 restart 1
  like "$output" "*ValueError: a live thread is named 'a' already, its id is 2"
  is "$(k3_field 1 runs)" 1
  k3 restart a
  is "$(k3_field 2 runs)" 2
}

@test "the name of a restarted thread is free again for a start when the thread has ended" {
  k3 start -n a -- true
  k3 join a
  k3 restart a
  k3 join a
  k3 start -n a -- true
  k3 join a
  run -0 k3 clear
  is "$(k3 list -q)" ''
}

@test "a shutdown that waits for other threads refuses a restart" {
  k3 start -n a -- true
  k3 join a
  k3 start -n b -- sleep 1000
  in_background shutdown k3 shutdown
  wait_until "$DEADLINE" eval 'k3 start -- true 2>&1 | grep -q "shutting down"'
  run -1 k3 restart a
  like "$output" '*RuntimeError: the supervisor is shutting down'
  k3 raise b
  finish shutdown 0
}

# busy NAME: a thread that notes each SIGTERM in its log and goes on.
busy() {
  k3 start -n "$1" -g 1000 -- sh -c 'trap "echo asked" TERM; echo up; while :; do sleep 0.01; done'
  wait_until "$DEADLINE" eval '[ "$(k3 logs '"$1"')" = up ]'
}

@test "a raise that comes after a restart ends the thread for good" {
  busy a
  in_background restart k3 restart a
  wait_for_state a stopping
  k3 raise a
  k3 raise --wait a SIGKILL
  finish restart 1
  like "$(cat restart.err restart.out)" "*thread 'a' (id 1) was ended before its command ran again*"
  is "$(k3_field a runs)" 1
}

@test "a restart adds no signal to an end that is under way" {
  busy a
  k3 raise a
  wait_for_state a stopping
  in_background restart k3 restart a
  wait_until "$DEADLINE" eval 'k3 logs a | grep -q asked'
  run -124 timeout 0.3 "$K3THREAD" restart a
  k3 raise a SIGKILL
  finish restart 0
  is "$(k3_field a runs)" 2
  is "$(k3 logs a | grep -c asked)" 1
  k3 raise --wait a SIGKILL
}

@test "a thread that waits out its delay begins at once" {
  k3 start -n a --after 1000 -- sleep 1000
  k3 restart a
  is "$(k3_field a state)" running
  is "$(k3_field a runs)" 1
  k3 restart a
  is "$(k3_field a runs)" 2
}

@test "a thread in the pause before its next run begins at once" {
  k3 start -n a -r always -- sh -c '[ ! -e fails ] || exit 3; exec sleep 1000'
  touch fails
  k3 raise a SIGTERM
  wait_until "$DEADLINE" eval '[ "$(k3_field a runs)" -ge 6 ]'
  wait_for_state a delayed
  rm fails
  k3 restart a
  is "$(k3_field a state)" running
}

@test "a thread that runs again takes a slot, or keeps its own" {
  in_background supervise k3 supervise --slots 1
  wait_until "$DEADLINE" k3 list
  k3 start -n a -- true
  k3 join a
  k3 start -n b -- sleep 1000
  k3 restart b
  is "$(k3_field b state)" running
  in_background restart k3 restart a
  wait_for_state a queued
  k3 raise b
  finish restart 0
  k3 join a
  is "$(k3_field a runs)" 2
  k3 shutdown --now
  finish supervise
}

@test "restart of a thread that waits for its turn is answered when its first run begins" {
  in_background supervise k3 supervise --slots 1
  wait_until "$DEADLINE" k3 list
  k3 start -n busy -- sleep 1000
  k3 start -n queued -- true
  k3 start -n waiting --needs queued -- true
  script <<'PY'
client = Client()
client.send("restart", thread="queued")
client.send("restart", thread="waiting")
version = client.send("version")
assert client.receive()["id"] == version  # the others wait
call("raise", thread="busy")
threads = [result_of(client.receive()) for _ in range(2)]
assert [(thread["name"], thread["runs"]) for thread in threads] == [("queued", 1), ("waiting", 1)], threads
PY
  k3 shutdown --now
  finish supervise
}

@test "each run has the environment and the directory of the start" {
  mkdir one two
  X=first k3 start -n a -C one -- sh -c 'echo "$X $K3THREAD_NAME ${PWD##*/}"'
  X=second k3 start -n b -C two -- sh -c 'echo "$X $K3THREAD_NAME ${PWD##*/}"'
  k3 join a b
  X=third k3 restart a b
  k3 join a b
  is "$(cat "$(k3_field a log)")" $'first a one\nfirst a one'
  is "$(cat "$(k3_field b log)")" $'second b two\nsecond b two'
}

@test "list --long shows how often a command has run" {
  k3 start -n a -- sleep 1000
  k3 restart a
  like "$(k3 list -l)" '*TIME*RUNS*CPU*MEMORY*RESULT*COMMAND*'
  like "$(k3 list --long a | tail -n 1)" '1 *running *no *s  2 *s *M *sleep 1000'
  unlike "$(k3 list)" '*RUNS*'
}

@test "run prints the output of a thread that has ended and runs again" {
  printf '%s\n' 'start -n a -- sh -c "echo word"' 'join a' 'restart a' >again
  run -0 --separate-stderr k3 run again
  is "$output" $'a | word\na | word'
  like "$stderr" "*'a' ended (exit 0); its run 2 begins*exit 0 (2 runs)*"
}

@test "run prints the output of each of many short runs, and counts a run that fails" {
  printf '#!/bin/sh\necho >>runs; echo $(wc -l <runs); [ $(wc -l <runs) != 30 ] || exit 9\n' >counting
  chmod +x counting
  {
    echo 'start -n a -- ./counting'
    for _ in {2..30}; do printf '%s\n' 'join a' 'restart a'; done
  } >again
  run -9 --separate-stderr k3 run -q --no-prefix again
  is "$output" "$(seq 30)"
}

@test "run exits as the first run of a thread failed" {
  printf '%s\n' 'start -n a -- sh -c "[ -e once ] || { >once; exit 5; }"' 'join --ready a' \
    'start -w -- true' 'restart -w a' >again
  run -5 k3 run -q again
}

@test "the method restart answers with the thread when it runs again" {
  k3 start -n a -- sleep 1000
  script <<'PY'
before = call("list")[0]
after = call("restart", thread="a")
assert (after["id"], after["name"], after["log"]) == (before["id"], "a", before["log"]), after
assert after["runs"] == 2 and after["state"] == "running" and after["pid"] != before["pid"], after
assert call("restart", thread=1, members=["runs"]) == {"runs": 3}
fails(-32602, "TypeError", "restart")
fails(-32602, "TypeError", "restart", thread="a", wait=True)
fails(-32001, "TypeError", "restart", thread=True)
fails(-32002, "ValueError", "restart", thread="*")
fails(-32003, "InvalidThreadIdError", "restart", thread="b")
PY
}

@test "watch shows the reason and the number of a run after a restart, and if a user asked for the restart" {
  k3 start -n a -r on-failure:1 -- sh -c 'exit 3'
  in_background watch k3 watch
  in_background events k3 watch --json
  wait_until "$DEADLINE" eval 'k3 start -- true; [ -s watch.out ] && [ -s events.out ]'
  k3 join a || true
  k3 restart a
  wait_until "$DEADLINE" grep -qF 'a (1) restarted: exit 3; run 3 begins as asked' watch.out
  wait_until "$DEADLINE" grep -qE 'a \(1\) restarted: exit 3; run 4 begins$' watch.out
  wait_until "$DEADLINE" grep -q '"restarted".*"asked":true' events.out
  wait_until "$DEADLINE" grep -q '"restarted".*"asked":false' events.out
  k3 shutdown --now
  finish watch
  finish events
}
