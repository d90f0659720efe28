#!/usr/bin/env bats
# run --trace: the course of a run, in Chrome's trace event format.

# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load runs

# in_trace EXPRESSION: checks the file t.json, and prints the value of a Python expression; see trace.py.
in_trace() {
  "$PYTHON" -I -S "$BATS_TEST_DIRNAME/trace.py" t.json "$1"
}

# agrees: checks that the phases of each thread's last run last as long as --json says.
agrees() {
  is "$(in_trace '[t["name"] for t in r["threads"] if t["runs"] and
    abs(seconds(x[t["name"]], t["runs"]) - t["seconds"]) > 0.0001]')" '[]'
}

@test "--trace has the phases of each thread, whose lengths are those of --json" {
  script_of 'daemon --name db --ready 3 -- sh -c "until [ -e go ]; do sleep 0.01; done; echo >&3; exec sleep 1000"' \
    'start --name web --needs db -- true' 'start --name late --after 0.2 -- sleep 0.1' \
    'start --name plain -- touch go'
  k3 run -q --trace t.json --json r.json script
  is "$(in_trace 'words(x["db"])')" 'running ready stopping'
  is "$(in_trace 'words(x["web"])')" 'waiting running'
  is "$(in_trace 'words(x["late"])')" 'delayed running'
  is "$(in_trace 'words(x["plain"])')" 'running'
  is "$(in_trace '0.2 <= seconds(x["late"][:1]) and 0.1 <= seconds(x["late"][1:])')" True
  is "$(in_trace 'x["db"][1]["ts"] <= x["web"][1]["ts"]')" True
  is "$(in_trace 'x["plain"][0]["args"], x["db"][2]["args"]')" \
    "({'run': 1, 'exit_code': 0}, {'run': 1, 'signal': 15, 'exception': 'SystemExit'})"
  is "$(in_trace '[mark["name"] for mark in marks["db"]]')" "['SystemExit']"
  agrees
}

@test "--trace shows which thread was queued, also after a wait and a delay" {
  script_of 'start --name a -- sleep 0.2' 'start --name b -- true' 'start --name c --needs a:ended -- sleep 0.3' \
    'start --name d --after 0.05 -- true' 'start --name e --needs a:ended --after 0.05 -- true'
  k3 run -q --slots 1 --trace t.json --json r.json script
  is "$(in_trace 'words(x["a"])')" 'running'
  is "$(in_trace 'words(x["b"])')" 'queued running'
  is "$(in_trace 'words(x["c"])')" 'waiting queued running'
  is "$(in_trace 'words(x["d"])')" 'delayed queued running'
  is "$(in_trace 'words(x["e"])')" 'waiting delayed queued running'
  is "$(in_trace 'x["b"][1]["ts"] >= x["a"][0]["ts"] + x["a"][0]["dur"]')" True
  agrees
}

@test "--trace shows each run of a restarted thread" {
  script_of 'start --name a --restart on-failure:2 -- sh -c "exit 3"' \
    'start --name b --ready 3 -- sh -c "[ -e again ]; again=\$?; touch again; echo >&3; [ \$again = 0 ] || exec sleep 1000"' \
    'join --ready b' 'restart b'
  run -3 k3 run -q --trace t.json --json r.json script
  is "$(in_trace 'words(x["a"])')" 'running delayed running delayed running'
  is "$(in_trace '[x["a"][i]["args"] for i in (0, 2, 4)]')" \
    "[{'run': 1, 'exit_code': 3}, {'run': 2, 'exit_code': 3}, {'run': 3, 'exit_code': 3}]"
  is "$(in_trace 'sorted({phase["args"]["run"] for phase in x["b"]})')" '[1, 2]'
  like "$(in_trace 'words(x["b"])')" 'running ready stopping running*'
  unlike "$(in_trace 'words(x["b"])')" '*running running*'
  agrees
}

@test "--trace marks each raise, with its message" {
  script_of 'start --name a --grace 0.1 -- sh -c "trap : HUP; trap \"\" TERM; touch up; while :; do sleep 0.01; done"' \
    'start --name w --needs a:ended -- sleep 1000'
  in_front run --trace t.json --json r.json script
  wait_until "$DEADLINE" test -e up
  K3THREAD_SOCKET=$(echo "$dir"/k3thread-run.*/run.sock)
  k3 -S "$K3THREAD_SOCKET" raise a HUP
  k3 -S "$K3THREAD_SOCKET" raise -m 'not "now"' w ValueError
  k3 -S "$K3THREAD_SOCKET" raise a SystemExit
  finish run 125
  is "$(in_trace '[mark["name"] for mark in marks["a"]]')" "['SIGHUP', 'SystemExit']"
  is "$(in_trace 'marks["w"][0]["name"], marks["w"][0]["args"]')" "('ValueError', {'message': 'not \"now\"'})"
  is "$(in_trace 'words(x["a"]), words(x["w"])')" "('running stopping', 'waiting')"
  is "$(in_trace '0.1 <= seconds(x["a"][1:])')" True
  agrees
}

# A run that does not read while 20 exceptions with long messages are raised, and then a thread fails: the supervisor
# keeps one MiB of events for it. The thread "a" ends when there is a file "go".
stop_reading() {
  script_of 'start --name a -- sh -c "trap : WINCH; touch up; until [ -e go ]; do sleep 0.01; done"' \
    'start --name b -- sh -c "until [ -e fail ]; do sleep 0.01; done; exit 3"'
  in_front run -q --trace t.json --json r.json "$@" script
  wait_until "$DEADLINE" test -e up
  export K3THREAD_SOCKET
  K3THREAD_SOCKET=$(echo "$dir"/k3thread-run.*/run.sock)
  wait_for_state b running
  kill -STOP "${background[run]}"
  long=$(head -c 100000 /dev/zero | tr '\0' x)
  for _ in {1..20}; do k3 -S "$K3THREAD_SOCKET" raise -m "$long" a SIGWINCH; done
  touch fail
  wait_for_state b ended
}

@test "a run that has missed events asks for its threads, and misses no end" {
  stop_reading --fail-fast
  kill -CONT "${background[run]}"
  finish run 3
  [ "$(in_trace 'len(marks["a"])')" -lt 20 ]
  is "$(in_trace 'words(x["b"])')" running
  agrees
}

@test "a run that has missed the ends of all threads asks for them before its supervisor ends" {
  stop_reading
  touch go
  wait_until "$DEADLINE" test ! -S "$K3THREAD_SOCKET" # the supervisor serves no other client any more
  kill -CONT "${background[run]}"
  finish run 3
  is "$(cat run.err)" ''
  agrees
}

@test "--trace stays valid whatever the names are, and for a run without threads" {
  printf 'start --name "\377\\"<" -- true\nstart --name "\303\251" -- true\n' >script
  k3 run -q --trace t.json script
  is "$(in_trace 'sorted(x)')" "['\\\\xff\"<', 'é']"
  script_of 'join nobody'
  run -3 k3 run --trace t.json script
  is "$(in_trace 'x, marks')" '({}, {})'
  seq 300 | k3 run -q --slots 8 --trace t.json --each true
  is "$(in_trace 'len(x)')" 300
}

@test "--trace ends the phases of a run whose supervisor is killed" {
  script_of 'start --name a -- sh -c "touch up; sleep 1000"' 'start --name b --after 1000 -- true' 'join a'
  in_front run --trace t.json script
  wait_until "$DEADLINE" test -e up
  wait_until "$DEADLINE" supervisor_of_run
  kill -KILL "$(cat pid)"
  finish run 125
  is "$(in_trace 'words(x["a"]), words(x["b"])')" "('running', 'delayed')"
}

@test "a trace that cannot be written is an error, which comes before anything runs if it is known by then" {
  refuses_unwritable --trace --json --junit
  run -64 k3 run --trace
}
