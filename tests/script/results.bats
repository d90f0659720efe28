#!/usr/bin/env bats
# The results of a run, in files for other programs.

# shellcheck disable=SC2016,SC2028,SC2030,SC2031,SC2154

load runs

# from_json FILE EXPRESSION: prints the value of a Python expression about the object r in FILE.
from_json() {
  "$PYTHON" -I -S -c '
import json, sys
r = json.load(open(sys.argv[1]))
t = {thread["name"]: thread for thread in r["threads"] if isinstance(thread["name"], str)}
print(eval(sys.argv[2]))' "$@"
}

# from_xml FILE EXPRESSION: prints what an XPath expression finds in FILE.
from_xml() {
  xmllint --xpath "$2" "$1"
}

is_junit() {
  xmllint --noout --schema "$BATS_TEST_DIRNAME/junit.xsd" "$1"
}

@test "--json describes the run and all its threads" {
  script_of 'start --name good -- echo "a b"' 'join good' 'start --name bad -- sh -c "exit 3"' \
    'daemon --name d -- sleep 1000'
  run -3 k3 run -q --json r.json script 'an argument' x
  is "$(from_json r.json 'r["script"], r["arguments"], r["exit_status"], r["signal"]')" \
    "('script', ['an argument', 'x'], 3, None)"
  is "$(from_json r.json 'r["ok"], r["failed"], r["skipped"]')" '(2, 1, 0)'
  is "$(from_json r.json '[x["name"] for x in r["threads"]]')" "['good', 'bad', 'd']"
  is "$(from_json r.json '[(x["failed"], x["exit_status"]) for x in r["threads"]]')" \
    '[(False, 0), (True, 3), (False, 143)]'
  is "$(from_json r.json 't["good"]["command"], t["good"]["exit_code"], t["d"]["daemon"]')" \
    "(['echo', 'a b'], 0, True)"
  is "$(from_json r.json 'r["started"] <= t["good"]["started"] <= t["good"]["ended"] <= r["ended"]')" True
  is "$(from_json r.json 'abs(r["ended"] - r["started"] - r["seconds"]) < 0.01')" True
}

@test "--json names only logs that still exist" {
  script_of 'start --name a -- true' 'start --name b --output out -- true'
  k3 run -q --json r.json script
  is "$(from_json r.json 't["a"]["log"], t["b"]["log"]')" "(None, '$dir/out')"
  k3 -S "$dir/own.sock" run -q --json r.json script
  [ -e "$(from_json r.json 't["a"]["log"]')" ]
}

@test "--json shows bytes that are not UTF-8 as the protocol does" {
  printf 'start --name a -- printf %%s "\377"\n' >script
  k3 run -q --json r.json script
  is "$(from_json r.json 't["a"]["command"][2]')" "{'base64': '/w=='}"
}

@test "--json and --junit are written for a run that a signal ends" {
  script_of 'start --name a -- sh -c "touch up; sleep 1000"'
  in_front run --json r.json --junit r.xml script
  wait_until "$DEADLINE" test -e up
  kill -TERM "${background[run]}"
  finish run 143
  is "$(from_json r.json 'r["signal"], r["exit_status"], t["a"]["exception"]')" "(15, 143, 'SystemExit')"
  is_junit r.xml
}

@test "--json is written for a script that starts nothing, and for a Procfile" {
  script_of 'join nobody'
  run -3 k3 run --json r.json script
  is "$(from_json r.json 'r["exit_status"], r["threads"]')" '(3, [])'
  echo 'a: exit 4' >Procfile
  run -4 k3 run --json r.json --procfile Procfile
  is "$(from_json r.json 'r["script"], t["a"]["exit_status"]')" "('Procfile', 4)"
}

@test "--junit has a test case for each thread, and a failure with the last lines" {
  script_of 'start --name good -- echo x' 'join good' \
    'start --name bad -- sh -c "seq 200; echo the end; exit 3"' 'join bad'
  run -3 k3 run -q --junit r.xml script
  is_junit r.xml
  is "$(from_xml r.xml 'string(/testsuites/@tests)')" 2
  is "$(from_xml r.xml 'string(/testsuites/testsuite/@failures)')" 1
  is "$(from_xml r.xml 'count(//testcase[@classname="script"])')" 2
  is "$(from_xml r.xml 'count(//testcase[@name="good"]/*)')" 0
  is "$(from_xml r.xml 'string(//testcase[@name="bad"]/failure/@message)')" 'exit 3'
  is "$(from_xml r.xml 'string(//testcase[@name="bad"]/failure)')" "$(seq 102 200; echo the end)"
}

@test "--junit stays valid whatever the names and the output are" {
  printf 'start --name "a<&>" -- sh -c "cat bytes; exit 1"\n' >script
  printf 'x\0\1\376\303\251 <&>]]>"\033[31mred\033[0m\r\n\355\240\200\357\277\277\360\237\230\200\n' >bytes
  run -1 k3 run -q --junit r.xml script
  is_junit r.xml
  is "$(from_xml r.xml 'string(//testcase[@name="a<&>"]/failure)')" \
    $'x\ufffd\ufffd\ufffd\u00e9 <&>]]>"red\r\n\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\U1f600'
  printf 'start --name "\377" -- false\n' >script
  run -1 k3 run -q --junit r.xml script
  is_junit r.xml
  is "$(from_xml r.xml 'string(//testcase/@name)')" $'\ufffd'
}

@test "--junit numbers a name that occurs again" {
  script_of 'start --name a -- true' 'join a' 'start --name a -- true' 'join a' \
    'start --name a-2 -- true' 'start --name a -- true'
  k3 run -q --junit r.xml script
  is "$(from_xml r.xml '//testcase/@name' | tr -d ' \n')" 'name="a"name="a-2"name="a-2-2"name="a-3"'
}

@test "--junit reports a thread as skipped if the end of the run kept it from running" {
  script_of 'start --name late --after 1000 -- true' 'start --name bad -- false'
  run -1 k3 run -q --fail-fast --junit r.xml script
  is_junit r.xml
  is "$(from_xml r.xml 'count(//testcase[@name="late"]/skipped)')" 1
  is "$(from_xml r.xml 'string(//testsuite/@skipped)')" 1
}

@test "--junit reports a thread as skipped if the end of the run ended it before it was done" {
  script_of 'start --name long -- sleep 1000' 'daemon --name server -- sleep 1000' 'start --name bad -- false'
  run -1 k3 run -q --fail-fast --junit r.xml script
  is_junit r.xml
  is "$(from_xml r.xml 'string(//testcase[@name="long"]/skipped/@message)')" \
    'ended before it was done: SystemExit, SIGTERM'
  is "$(from_xml r.xml 'count(//testcase[@name="server"]/*)')" 0
  is "$(from_xml r.xml 'string(//testsuite/@skipped)')" 1
}

@test "--junit says why a thread was not run" {
  script_of 'start --name a --after 0.01 -- /no/such'
  run -127 k3 run -q --junit r.xml script
  is_junit r.xml
  like "$(from_xml r.xml 'string(//failure/@message)')" 'exit 127, not run: */no/such*'
}

@test "a result file that cannot be written is an error, which comes before anything runs if it is known by then" {
  script_of 'start --name a -- touch ran'
  for option in --json --junit; do
    run -125 k3 run "$option" no/such/file script
    like "$output" 'k3thread: run: cannot write no/such/file: No such file or directory'
    [ ! -e ran ]
    run -125 k3 run -q "$option" /dev/full script
    like "$output" 'k3thread: run: cannot write /dev/full: No space left on device'
    rm ran
  done
  script_of 'start --name a -- sh -c "exit 7"'
  run -7 k3 run -q --json /dev/full script
  run -64 k3 run --json same --junit same script
  run -64 k3 run --json
  run -125 k3 run --json '' script
}

@test "the result files are emptied before anything runs" {
  script_of 'start --name a -- sh -c "wc -c <r.json >size; wc -c <r.xml >>size"'
  echo old >r.json
  echo old >r.xml
  k3 run -q --json r.json --junit r.xml script
  is "$(cat size)" $'0\n0'
}

@test "--logs keeps each log by the name of its thread" {
  script_of 'start --name a -- sh -c "echo one; echo two"' 'join a' 'start --name a -- echo again' \
    'start --name quiet -- true' 'start --name "b c" -- printf "no newline"' \
    'start --name late --after 1000 -- true' 'start --name out --output elsewhere -- echo x' \
    'raise late'
  mkdir -p x/logs
  echo old >x/logs/a.log
  echo other >x/logs/other.log
  k3 run -q --logs x/logs --json r.json script
  is "$(ls x/logs)" $'a-2.log\na.log\nb c.log\nother.log\nquiet.log'
  is "$(cat x/logs/a.log)" $'one\ntwo'
  is "$(cat x/logs/a-2.log)" again
  is "$(cat "x/logs/b c.log")" 'no newline'
  is "$(cat x/logs/quiet.log)" ''
  is "$(stat -c %a x/logs/a.log)" 600
  is "$(from_json r.json 't["b c"]["log"], t["out"]["log"], t["late"]["log"]')" \
    "('$dir/x/logs/b c.log', '$dir/elsewhere', None)"
}

@test "--logs keeps the logs of a run that fails, and its reports have them" {
  script_of 'start --name a -- sh -c "echo the cause; exit 3"' 'join a'
  run -3 k3 run -q --logs deep/er --junit r.xml script
  is "$(cat deep/er/a.log)" 'the cause'
  is "$(from_xml r.xml 'string(//failure)')" 'the cause'
  is "$(stat -c %a deep deep/er)" $'700\n700'
}

@test "--logs copies to another file system, and from a supervisor that keeps its own" {
  export TMPDIR=/dev/shm
  unset XDG_RUNTIME_DIR
  script_of 'start --name a -- seq 100000'
  k3 run -q --logs logs script >/dev/null
  cmp logs/a.log <(seq 100000)
  k3 -S "$dir/own.sock" run -q --logs own --json r.json script >/dev/null
  cmp own/a.log <(seq 100000)
  is "$(find own.logs -name 1.log | wc -l)" 1
}

@test "--logs leaves out the zeros of a log that was kept small" {
  script_of 'start --name a --log-limit 64K -- seq 1000000'
  k3 run -q --logs logs script >/dev/null
  is "$(tail -n 1 logs/a.log)" 1000000
  is "$(tr -dc '\0' <logs/a.log | wc -c)" 0
  [ "$(wc -c <logs/a.log)" -lt 1000000 ]
}

@test "--logs that cannot be kept are a failure, before anything runs if that is known" {
  script_of 'start --name a -- touch ran'
  touch file
  run -125 k3 run --logs file script
  like "$output" 'k3thread: run: cannot keep logs in file: Not a directory'
  run -125 k3 run --logs '' script
  run -64 k3 run --logs
  [ ! -e ran ]
  mkdir -p logs/a.log
  run -125 k3 run -q --logs logs script
  like "$output" 'k3thread: run: cannot keep the log of thread 1 in logs: Is a directory'
}

@test "of more than twenty threads the summary lists only those that failed" {
  { seq 19 | sed 's/.*/start --name ok& -- true/' && echo 'start --name bad -- false'; } >script
  run -1 k3 run script
  is "${#lines[@]}" 22
  echo 'start --name bad2 --needs bad:ended -- sh -c "exit 2"' >>script
  run -1 k3 run script
  is "${#lines[@]}" 4
  like "${lines[0]}" 'k3thread: run: 19 ok, 2 failed, [0-9]*.[0-9] s'
  like "${lines[1]}" 'NAME *RESULT'
  like "${lines[2]}" 'bad *exit 1'
  like "${lines[3]}" 'bad2 *exit 2'
  seq 21 | sed 's/.*/start -- true/' >script
  run -0 k3 run script
  is "${#lines[@]}" 1
  like "${lines[0]}" 'k3thread: run: 21 ok, [0-9]*.[0-9] s'
}
