#!/usr/bin/env bats
# --needs: a thread begins when other threads are ready, have ended, or have succeeded. That a thread waits
# until another one is ready is in ready.bats, and the order of ends in order.bats.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helpers

# start_task NAME STATUS [OPTION…]: a thread that exits with STATUS when the file NAME.go is there.
start_task() {
  k3 start -n "$1" "${@:3}" -- sh -c 'until [ -e "$1.go" ]; do sleep 0.01; done; exit "$2"' sh "$1" "$2"
}

@test "a thread that needs the success of another thread runs when that thread has exited with 0" {
  start_task migrate 0
  k3 start -n web --needs migrate:succeeded -- touch web.ran
  is_state web waiting
  [ ! -e web.ran ]
  touch migrate.go
  k3 join web
  [ -e web.ran ]
}

@test "a thread that needs the success of another thread does not run if that thread fails, and shows its result" {
  start_task migrate 3
  k3 start -n web --needs migrate:succeeded -- touch web.ran
  k3 start -n proxy --needs web:succeeded -- touch web.ran
  touch migrate.go
  run -125 --separate-stderr k3 join web
  like "$stderr" "*thread 'migrate' (id 1), which it needs, has not succeeded: exit 3"
  run -125 --separate-stderr k3 join proxy
  like "$stderr" "*thread 'web' (id 2), which it needs, has not succeeded: exit 125"
  run -125 k3 start --wait --needs migrate:succeeded -- touch web.ran
  [ ! -e web.ran ]
}

@test "success means that join would exit with 0: a time limit and a signal are failures" {
  k3 start -n late -t 0.5 -- sh -c 'trap "exit 0" TERM; until [ -e never ]; do sleep 0.01; done'
  run -124 k3 join late
  k3 start -n killed -- sleep 1000
  k3 raise --wait killed SIGKILL
  k3 start -n unrun -a 1000 -- true
  k3 raise --wait unrun
  for need in late killed unrun; do
    run -125 k3 start --wait --needs $need:succeeded -- true
  done
  # A command that ends itself well when it is asked to has succeeded.
  k3 start -n asked --ready line:up -- sh -c 'trap "exit 0" TERM; echo up; while :; do sleep 0.01; done'
  k3 join --ready asked
  k3 raise --wait asked
  k3 start --wait --needs asked:succeeded -- true
}

@test "a thread that needs the end of another thread runs when that thread has ended in any way" {
  start_task failing 3
  k3 start -n killed -- sleep 1000
  k3 start -n a --needs failing:ended --needs killed:ended -- touch a.ran
  touch failing.go
  k3 join failing || true
  is_state a waiting
  is "$(k3_field a waits_for)" killed:ended
  k3 raise killed SIGKILL
  k3 join a
  [ -e a.ran ]
  # So it is with threads that had ended before.
  k3 start --wait --needs failing:ended --needs 2:ended -- true
}

@test "a need of an end waits for the last end: the end of a run before a restart does not count" {
  start_task flaky 3 --restart on-failure:1
  k3 start -n after --needs flaky:ended -- true
  k3 restart flaky
  is_state after waiting
  touch flaky.go
  k3 join after
  is "$(k3_field flaky runs)" 3
}

@test "ready is the condition if none is named, and :ready names it" {
  k3 start -n db --ready line:up -- sh -c 'until [ -e go ]; do sleep 0.01; done; echo up; sleep 1000'
  k3 start -n a --needs db:ready -- true
  k3 start -n b --needs 1:ready -- true
  is "$(k3_field a waits_for)" db
  is "$(k3_field b waits_for)" db
  touch go
  k3 join a b
}

@test "list says which condition a thread waits for" {
  start_task task 0
  k3 start -n a --needs task:succeeded -- true
  k3 start -n b --needs task:ended -- true
  like "$(k3 list a)" '*waiting *  waits for task:succeeded  true'
  like "$(k3 list b)" '*waiting *  waits for task:ended  true'
  run -124 --separate-stderr k3 join --ready -t 0 a
  like "$stderr" "*thread 'a' (id 2) is not ready: it waits for task:succeeded"
  touch task.go
  k3 join a b
  is "$(k3_field a waits_for)" null
}

@test "a thread between two runs is not ready for a thread that comes to need it" {
  k3 start -n db --ready line:up -- sh -c 'until [ -e go ]; do sleep 0.01; done; echo up; exec sleep 1000'
  touch go
  k3 join --ready db
  rm go
  k3 restart db
  k3 start -n web --needs db -- touch web.ran
  is_state web waiting
  touch go
  k3 join web
  # What was met before the restart stays met.
  rm go
  k3 restart db
  k3 restart web
  k3 join web
  touch go
}

@test "a need that was met stays met, whatever happens to the other thread" {
  start_task one 0
  start_task two 0
  k3 start -n a --needs one:succeeded --needs two:ended -- true
  touch one.go
  k3 join one
  rm one.go
  k3 restart one
  touch two.go
  k3 join a
  is_state one running
  touch one.go
}

@test "a thread whose need was lost runs after both were restarted" {
  printf '#!/bin/sh\nexit $(cat status)\n' >task
  chmod +x task
  echo 4 >status
  k3 start -n task -- ./task
  k3 start -n web --needs task:succeeded -- touch web.ran
  run -125 k3 join web
  run -1 k3 restart web
  like "$output" "k3thread: restart: *thread 'task' (id 1), which it needs, has not succeeded: exit 4"
  echo 0 >status
  k3 restart task
  k3 join task
  k3 restart web
  k3 join web
  [ -e web.ran ]
}

@test "a thread that was cleared counts as ended, but not as succeeded" {
  start_task one 0
  start_task two 0
  k3 start -n a --needs one:succeeded -- true
  k3 start -n b --needs two:ended -- true
  k3 raise --wait 'a'
  k3 raise --wait 'b'
  touch one.go two.go
  k3 join one two
  k3 clear one two
  run -1 k3 restart a
  like "$output" "*thread 'one' (id 1), which it needs, has been cleared"
  k3 restart b
  k3 join b
}

@test "a thread that needs a thread of its own name is refused, and the message shows the circle" {
  run -64 --separate-stderr k3 start -n a --needs a -- true
  is "$stderr" 'k3thread: start: ValueError: --needs goes in a circle: a needs a'
  for condition in ready ended succeeded; do
    run -64 k3 start -n a --needs a:$condition -- true
  done
  k3 start -n a -- true
  k3 join a
  run -64 --separate-stderr k3 start -n a --needs a -- true
  is "$stderr" 'k3thread: start: ValueError: --needs goes in a circle: a needs a; the thread of that name that has ended is 1'
  k3 start --wait -n a --needs 1:succeeded -- true
}

# fails STATUS MESSAGE LINE…: run fails with STATUS and MESSAGE for a script of these lines.
fails() {
  local status_wanted=$1 message=$2
  shift 2
  printf '%s\n' "$@" >script
  run "-$status_wanted" k3 run -q script
  like "$output" "$message"
}

@test "a circle of needs in a script is refused, and the message shows the circle" {
  fails 64 'script:1: k3thread: start: ValueError: --needs goes in a circle: a needs b needs a' \
    'start -n a --needs b -- touch ran' 'start -n b --needs a -- touch ran'
  fails 64 'script:2: k3thread: start: ValueError: --needs goes in a circle: a needs c needs b needs a' \
    'start -n x -- true' 'start -n a --needs x --needs c:ended -- touch ran' 'start -n y --needs d -- touch ran' \
    'daemon -n b --needs=a:succeeded -- touch ran' 'start -n c --needs x --needs b:ready -- touch ran'
  fails 64 'script:1: k3thread: start: ValueError: --needs goes in a circle: a needs b needs a' \
    'start -w -n a --needs b -- touch ran' 'start -n b --needs a -- touch ran' 'start --no-such-option' '"'
  fails 64 'script:1: k3thread: start: ValueError: --needs goes in a circle: a needs a' 'start -n a --needs a -- touch ran'
  [ ! -e ran ]
}

@test "the message about a thread that a script starts too late names the line that must come first" {
  fails 3 "*script:2: k3thread: start: InvalidThreadIdError: no thread 'b' yet: line 4, which starts it, must come before this line" \
    'start -n x -- true' 'start -n a --needs b:ended -- touch ran' 'start --help' 'start -n b --needs x -- touch ran'
  [ "$(grep -c 'no thread' <<<"$output")" = 1 ]
  [ ! -e ran ]
  fails 3 "script:1: k3thread: start: InvalidThreadIdError: no thread 'c'; --needs takes threads that were started before" \
    'start -n a --needs c -- true' 'start -n b --needs a -- true'
  fails 3 "script:3: k3thread: start: InvalidThreadIdError: no thread 'c'; --needs takes threads that were started before" \
    'start -n b -- true' 'join b' 'start -n a --needs b --needs c -- true' 'start -n b -- true'
  # A circle that the start is not a part of shows when the lines are in order.
  fails 3 "script:1: k3thread: start: InvalidThreadIdError: no thread 'b' yet: line 2, which starts it, must come before this line" \
    'start -n a --needs b -- true' 'start -n b --needs c -- true' 'start -n c --needs b -- true'
  # Other commands that miss a thread, and scripts that cannot be read twice, have only their own message.
  fails 3 "script:1: k3thread: join: InvalidThreadIdError: no thread 'b'" 'join b' 'start -n b -- true'
  run -3 k3 run -q - < <(printf '%s\n' 'start -n a --needs b -- true' 'start -n b -- true')
  is "$output" "stdin:1: k3thread: start: InvalidThreadIdError: no thread 'b'; --needs takes threads that were started before"
}

@test "no name ends in a condition of --needs" {
  for name in a:ready a:ended a:succeeded :ready :ended :succeeded a:ended:ready; do
    run -64 --separate-stderr k3 start -n "$name" -- true
    is "$stderr" "k3thread: start: ValueError: '$name' is no name for a thread: it ends in :ready, :ended or :succeeded, which are conditions of --needs"
    run -64 k3 start --daemon -n "$name" -a 1 -- true
    echo "start -n $name -- true" >named
    run -64 k3 run named
    like "$output" "named:1: k3thread: start: ValueError: '$name' is no name for a thread: *"
  done
  # Only these ends say something.
  for name in ready a:readyx a:end :ready: a:Ended; do
    k3 start -n "$name" -- true
    k3 start --wait --needs "$name:succeeded" -- true
  done
  run -0 k3 run --each true <<<'a:ended'
}

@test "a need that is no thread is refused, and the start with it" {
  run -3 k3 start --needs : -- true
  run -64 --separate-stderr k3 start --needs :ended -- true
  like "$stderr" "k3thread: start: --needs wants a name or an id, not ':ended'*"
  run -64 k3 start --needs '' -- true
  run -64 k3 start --needs 'a*:ended' -- true
  run -3 k3 start --needs nobody:ended -- true
  is "$output" "k3thread: start: InvalidThreadIdError: no thread 'nobody'; --needs takes threads that were started before"
  run -3 k3 start --needs 99:succeeded -- true
  run -3 k3 start --needs nobody:finished -- true
  like "$output" "*no thread 'nobody:finished'; a condition is :ready, :ended or :succeeded"
  is "$(k3 list -q)" ''
}

@test "the threads of a script can need each other's success, and run names a thread that was not run" {
  cat >steps <<'END'
start -n build -- true
start -n test --needs build:succeeded -- false
start -n deploy --needs test:succeeded -- touch deployed
start -n report --needs test:ended -- touch reported
END
  run -1 k3 run steps
  like "$output" "*'deploy' was not run: thread 'test' (id 2), which it needs, has not succeeded: exit 1*"
  [ -e reported ]
  [ ! -e deployed ]
}

@test "the socket takes needs as the command line does" {
  k3 start -n task -- sleep 1000
  script <<'PY'
thread = start("true", name="a", needs=["task:ended", 1, "1:ready"])
assert (thread["state"], thread["waits_for"]) == ("waiting", "task:ended"), thread
fails(-32001, "TypeError", "start", command=["true"], needs="task")
fails(-32001, "TypeError", "start", command=["true"], needs=[{"thread": "task"}])
fails(-32001, "TypeError", "start", command=["true"], needs=[None])
fails(-32002, "ValueError", "start", command=["true"], needs=["*:ended"])
fails(-32002, "ValueError", "start", command=["true"], needs=["task:ended\0"])
fails(-32002, "ValueError", "start", command=["true"], name="b", needs=["b:ended"])
fails(-32002, "ValueError", "start", command=["true"], name="b:ended")
fails(-32003, "InvalidThreadIdError", "start", command=["true"], needs=[":ended"])
fails(-32003, "InvalidThreadIdError", "start", command=["true"], needs=["no"])
fails(-32003, "InvalidThreadIdError", "start", command=["true"], needs=[0])
call("raise", thread="task")
ended = call("join", thread="a")
assert ended["exit_code"] == 0, ended
PY
}

@test "a condition of a need is completed" {
  k3 start -n web -- sleep 1000
  is "$(k3 completion --at -- start --needs w | cut -f1)" $'words\nweb'
  is "$(k3 completion --at -- start --needs web: | cut -f1)" $'words\nweb\nweb:ready\nweb:ended\nweb:succeeded'
  is "$(k3 completion --at -- start --needs=web: | cut -f1)" \
    $'words\n--needs=web\n--needs=web:ready\n--needs=web:ended\n--needs=web:succeeded'
}

@test "an object of a thread names what the thread needs, also when it no longer waits" {
  k3 start -n db -- sleep 1000
  printf 'start -n "\377" -- sleep 1000\n' | k3 shell
  printf 'start -n web --needs db --needs "\377:ended" --needs 1:succeeded -- true\n' | k3 shell
  script <<'PY'
web = call("list", threads=["web"])[0]
needs = [{"id": 1, "name": "db", "condition": "ready"},
         {"id": 2, "name": {"base64": "/w=="}, "condition": "ended"},
         {"id": 1, "name": "db", "condition": "succeeded"}]
assert web["needs"] == needs, web
assert call("list", threads=["db"], members=["needs"]) == [{"needs": []}]
call("shutdown", now=True)
PY
  k3 start -n task -- true
  k3 start -n after --needs task:ended -- true
  k3 join after
  is "$(k3_field after needs)" '[{"id": 1, "name": "task", "condition": "ended"}]'
}
