#!/usr/bin/env bats
# run --leaks, and what a run says of the processes that a command left behind.

# shellcheck disable=SC2016,SC2154

load runs

# leak NAME: prints a line of a script whose thread leaves a process behind, with its pid in NAME.pid.
leak() {
  echo "start -n $1 -- sh -c 'setsid sleep 1000 & echo \$! >$1.pid'"
}

@test "the table of a run shows what was left, without an option too" {
  script_of "$(leak nap)" 'start -n good -- true'
  run -0 --separate-stderr k3 run script
  echo "$stderr" >messages
  like "$(head -n 1 messages)" 'k3thread: run: 2 ok, 1 left processes behind, * s'
  is "$(summary_of nap | cut -d ' ' -f 4-)" "exit 0, left process $(cat nap.pid) (sleep 1000)"
  is "$(summary_of good | cut -d ' ' -f 4-)" 'exit 0'
  is "$(wc -l <messages)" 4
}

@test "--leaks=warn says at once what was left, and the run succeeds" {
  script_of "$(leak nap)" 'start -- sh -c "while [ ! -e go ]; do sleep 0.02; done"'
  in_front warned -q --leaks=warn script
  wait_for_text warned.err "run: 'nap' left process [0-9]* (sleep 1000)$"
  is "$(cat warned.err)" "k3thread: run: 'nap' left process $(cat nap.pid) (sleep 1000)"
  echo >go
  finish warned
}

@test "--leaks=fail makes a leak a failure with the status 1, in all results" {
  script_of "$(leak nap)" 'start -n good -- true'
  run -1 --separate-stderr k3 run --leaks=fail --json json --junit junit script
  like "$stderr" "k3thread: run: 'nap' left process $(cat nap.pid) (sleep 1000)*, 1 failed, 1 left processes behind*"
  "$PYTHON" -I -S - <<'END'
import json
result = json.load(open("json"))
assert (result["exit_status"], result["ok"], result["failed"]) == (1, 1, 1), result
nap, good = result["threads"]
assert nap["failed"] and nap["exit_status"] == 0 and not good["failed"], result
assert nap["left"][0]["pid"] == int(open("nap.pid").read()) and good["left"] == [], result
END
  grep -q "<failure type=\"left processes\" message=\"exit 0, left process $(cat nap.pid) (sleep 1000)\">" junit
  xmllint --noout --schema "$ROOT/tests/script/junit.xsd" junit
}

@test "without a leak --leaks=fail changes nothing" {
  script_of 'start -- sh -c "exit 7"' 'start -- sh -c "sleep 1000 & kill \$!; wait"'
  run -7 --separate-stderr k3 run --leaks=fail script
  unlike "$stderr" '*left*'
  script_of 'daemon -- sleep 1000' 'start -- sh -c "true | true"'
  run -0 k3 run --leaks=fail script
}

@test "the status of a command that failed stays, also if it left a process behind" {
  script_of "start -n bad -- sh -c 'setsid sleep 1000 & exit 9'"
  run -9 --separate-stderr k3 run --leaks=fail script
  like "$stderr" "*'bad' left process *"
}

@test "with --fail-fast a leak ends all, and a daemon's leak fails too" {
  script_of 'start -n long -- sleep 1000' "$(leak nap)"
  run -1 --separate-stderr k3 run --leaks=fail --fail-fast script
  like "$stderr" "*'nap' ended (exit 0), which ends all*"
  script_of "daemon -n d -- sh -c 'setsid sleep 1000 & echo >left'" 'start -- sh -c "while [ ! -e go ]; do sleep 0.02; done"'
  in_front daemon --leaks=fail script
  wait_for_text daemon.err "'d' left process"
  echo >go
  finish daemon 1
  unlike "$(cat daemon.err)" "*the daemon 'd' failed*"
}

@test "a table of many threads shows those that left processes behind" {
  run -0 --separate-stderr k3 run --slots 8 --each sh -c '[ $1 != 13 ] || sleep 1000 &' - < <(seq 30)
  echo "$stderr" >messages
  like "$(head -n 1 messages)" '*run: 30 ok, 1 left processes behind, *s'
  is "$(wc -l <messages)" 3
  like "$(tail -n 1 messages)" 'word-13 *exit 0, left process * (sleep 1000)'
}

@test "--leaks takes warn and fail, and nothing else" {
  script_of 'start -- true'
  for wrong in no '' FAIL 1; do
    run -64 --separate-stderr k3 run --leaks="$wrong" script
    is "${stderr_lines[0]}" "k3thread: run: --leaks takes warn or fail, not '$wrong'"
  done
  run -64 --separate-stderr k3 run --leaks
}
