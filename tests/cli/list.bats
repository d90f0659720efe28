#!/usr/bin/env bats
# list: the table, the JSON, and the choice of threads.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

@test "the table has the columns of the contract" {
  k3 start -- true
  is "$(k3 list | head -n 1 | xargs)" 'ID NAME TID PID STATE DAEMON TIME RESULT COMMAND'
}

@test "a row shows a running thread" {
  k3 start -n web -- sleep 1000
  row=$(k3 list web | tail -n 1)
  like "$(echo "$row" | xargs)" \
    "1 web $(k3_field web tid) $(k3_field web pid) running no *s - sleep 1000"
}

@test "a row that was listed before shows later changes" {
  row() { k3 list web | tail -n 1 | tr -s ' ' | cut -d" " -f 4-6,8-; }
  k3 start -n web --ready cmd:'[ -e ready ]' -- sleep 1000
  pid=$(k3_field web pid)
  for _ in 1 2; do is "$(row)" "$pid running no waits for cmd:[ -e ready ] sleep 1000"; done
  touch ready
  wait_for_state web ready
  for _ in 1 2; do is "$(row)" "$pid ready no - sleep 1000"; done
  k3 restart -w web
  unlike "$(k3_field web pid)" "$pid"
  pid=$(k3_field web pid)
  for _ in 1 2; do is "$(row)" "$pid ready no - sleep 1000"; done
  k3 raise --wait web SIGKILL
  for _ in 1 2; do is "$(row)" "- ended no SIGKILL sleep 1000"; done
}

@test "a row shows the result of an ended thread" {
  k3 start -n seven -- sh -c 'exit 7'
  k3 start -n killed -- sh -c 'kill -9 $$'
  k3 start -n raised -- sleep 1000
  k3 raise --wait raised
  k3 join seven || :
  k3 join killed || :
  like "$(k3 list seven | tail -n 1 | xargs)" '1 seven - - ended no *s exit 7 sh *'
  like "$(k3 list killed | tail -n 1)" '*SIGKILL*'
  like "$(k3 list raised | tail -n 1)" '*SystemExit*SIGTERM*sleep 1000*'
}

@test "a row shows a daemon, and a delayed thread" {
  k3 daemon -n d -a 1000 -- true
  like "$(k3 list d | tail -n 1 | xargs)" "1 d $(k3_field d tid) - delayed yes - - true"
}

@test "a thread that is being ended is stopping" {
  k3 start -n s -- sh -c 'trap "" TERM; echo >ready; while :; do sleep 0.05; done'
  wait_for_file ready
  k3 raise s
  wait_for_state s stopping
  is "$(k3_field s ended)" null
  k3 raise s SIGKILL
}

@test "characters that could confuse a terminal are escaped, and a row is one line" {
  k3 start -n 'ünï' -- sh -c ': $1; exec sleep 1000' - $'a\e[31m\nb\r\x9b\xff'
  is "$(k3 list | wc -l)" 2
  run -1 grep -qP '\e|\r' <(k3 list)
  like "$(k3 list)" '*ünï*'
}

@test "quotes and backslashes stand in a table as they are, whether the table is short or long" {
  for i in {1..20}; do k3 start -n "say \"$i\"" -- true '"\t"' "it's" $'\t\\"' '\n' 'é'; done
  cat >row <<'EOF'
  true '"\t"' 'it'\''s' $'\t\\"' '\n' 'é'
EOF
  is "$(k3 list 7 | grep -F '7   say "7"  ' | grep -cFf row)" 1
  is "$(k3 list | grep '^[0-9]*  *say "[0-9]*"  ' | grep -cFf row)" 20
}

@test "threads are in the order of their ids" {
  for _ in {1..12}; do k3 start -- true; done
  is "$(k3 list -q | xargs)" '1 2 3 4 5 6 7 8 9 10 11 12'
  is "$(k3 list | awk 'NR > 1 { print $1 }' | xargs)" '1 2 3 4 5 6 7 8 9 10 11 12'
}

@test "--quiet prints ids only, and --live leaves out threads that have ended" {
  k3 start -n a -- sleep 1000
  k3 start -n b -- true
  k3 start -n c -a 1000 -- true
  k3 join b
  is "$(k3 list -q | xargs)" '1 2 3'
  is "$(k3 list --quiet --live | xargs)" '1 3'
}

@test "--failed shows the threads that have ended and failed, except those that SystemExit ended" {
  k3 start -n good -- true
  k3 start -n bad -- false
  k3 start -n killed -- sh -c 'kill -9 $$'
  k3 start -n late -t 0.01 -- sh -c 'trap "exit 0" TERM; while :; do sleep 0.01; done'
  k3 start -n missing -- ./none || :
  k3 start -n asked -- sleep 1000
  k3 start -n delayed -a 1000 -- true
  k3 start -n live -- sleep 1000
  k3 start -n again -r on-failure -- sh -c 'echo >>runs; [ "$(wc -l <runs)" = 2 ]'
  k3 raise --wait asked
  k3 raise --wait delayed KeyboardInterrupt
  k3 join good bad killed late again || :
  is "$(k3 list --failed -q | xargs)" '2 3 4 5 7'
  is "$(k3 list --failed | awk 'NR > 1 { print $2 }' | xargs)" 'bad killed late missing delayed'
  is "$(k3 list --failed -l | wc -l)" 6
  is "$(k3 list --failed --json '?a*' 3 | grep '"name"' | tr -d '," ' | xargs)" 'name:bad name:killed name:late'
  is "$(k3 list --failed -q 'good*')" ''
  run -3 --separate-stderr k3 list --failed good
  is "$stderr" "k3thread: list: InvalidThreadIdError: no failed thread 'good'"
  run -3 k3 list --failed live
  run -64 --separate-stderr k3 list --failed --live
  like "$stderr" '*--live and --failed exclude each other*'
  script <<'END'
assert [t["name"] for t in call("list", failed=True, threads=["b*"])] == ["bad"]
fails(-32001, "TypeError", "list", failed="yes")
END
}

@test "threads are chosen by name, id and pattern" {
  for name in web-1 web-2 db cache; do k3 start -n $name -- sleep 1000; done
  is "$(k3 list -q db)" 3
  is "$(k3 list -q 4)" 4
  is "$(k3 list -q 'web-*' | xargs)" '1 2'
  is "$(k3 list -q '?b' '[ac]*' | xargs)" '3 4'
  is "$(k3 list -q db 1 'web*' db | xargs)" '1 2 3'
}

@test "a name or an id that does not exist is an error, and a pattern without a match is not" {
  k3 start -n a -- true
  run -3 --separate-stderr k3 list nobody
  is "$stderr" "k3thread: list: InvalidThreadIdError: no thread 'nobody'"
  run -3 k3 list a 99
  run -0 k3 list -q 'nobody*'
  is "$output" ''
  k3 join a
  run -3 --separate-stderr k3 list --live a
  is "$stderr" "k3thread: list: InvalidThreadIdError: no live thread 'a'"
}

@test "a name means the live thread with that name, or else the newest ended thread; a pattern means every match" {
  for _ in 1 2 3; do k3 join "$(k3 start -n again -- true)"; done
  is "$(k3 list -q again | xargs)" 3
  is "$(k3 list -q again 1 | xargs)" '1 3'
  is "$(k3 list -q 'agai[n]' | xargs)" '1 2 3'
  is "$(k3 list again | wc -l)" 2
  k3 start -n again -- sleep 1000
  is "$(k3 list -q again again | xargs)" 4
  is "$(k3 list -q --live again | xargs)" 4
}

@test "the JSON says for how many seconds the command has run, or ran" {
  k3 start -n gone -- true
  k3 join gone
  k3 start -n late -a 1000 -- true
  k3 start -n runs -- sleep 1000
  is "$(k3_field late seconds)" null
  script <<'EOF'
by_name = {thread["name"]: thread for thread in call("list")}
assert 0 <= by_name["gone"]["seconds"] < 30, by_name["gone"]
assert call("list", threads=["gone"])[0]["seconds"] == by_name["gone"]["seconds"]
assert call("list", threads=["runs"])[0]["seconds"] > by_name["runs"]["seconds"]
EOF
}

@test "ls is another name for list" {
  k3 start -n a -- sleep 1000
  is "$(k3 ls -q a)" "$(k3 list -q a)"
  is "$(k3 ls --json | grep -v seconds)" "$(k3 list --json | grep -v seconds)"
}

@test "an empty list is the heading alone, or an empty JSON array" {
  k3 start -- true
  k3 join 1
  k3 clear
  is "$(k3 list | wc -l)" 1
  is "$(k3 list -q)" ''
  is "$(k3 list --json | tr -d ' \n')" '[]'
}

@test "--json has the fields of the contract, each of its type" {
  k3 start -n running -- sleep 1000
  k3 start -n delayed -a 1000 -d -- true
  k3 start -n exited -o out -- sh -c 'exit 3'
  k3 start -n raised -- sleep 1000
  k3 raise --wait -m 'so long' raised
  k3 join exited || :
  k3 list --json >threads
  script <<'EOF'
number, none = (int, float), type(None)
fields = {
    "id": int, "name": str, "tid": (int, none), "pid": (int, none), "state": str, "daemon": bool,
    "after": number, "command": list, "directory": str, "log": str, "created": number,
    "started": number + (none,), "ended": number + (none,), "exit_code": (int, none),
    "signal": (int, none), "exception": (str, none), "message": (str, none), "runs": int,
    "seconds": number + (none,), "cpu": dict, "max_rss": int,
}
threads = json.load(open("threads"))
for thread in threads:
    for field, types in fields.items():
        assert isinstance(thread[field], types), (field, thread)
        assert types is bool or not isinstance(thread[field], bool), (field, thread)
by_name = {thread["name"]: thread for thread in threads}
here = os.getcwd()

def check(name, **expected):
    for field, value in expected.items():
        assert by_name[name][field] == value, (name, field, by_name[name][field], value)

check("running", id=1, state="running", daemon=False, after=0, command=["sleep", "1000"],
      directory=here, ended=None, exit_code=None, signal=None, exception=None, message=None, runs=1)
check("delayed", id=2, state="delayed", daemon=True, after=1000, pid=None, started=None,
      ended=None, runs=0)
check("exited", id=3, state="ended", pid=None, tid=None, exit_code=3, signal=None, exception=None,
      log=here + "/out")
check("raised", id=4, state="ended", exit_code=None, signal=15, exception="SystemExit",
      message="so long")
for thread in threads:
    assert abs(thread["created"] - time.time()) < 600, thread
    if thread["started"] is not None:
        assert thread["started"] >= thread["created"], thread
    if thread["ended"] is not None:
        assert thread["ended"] >= thread["started"], thread
assert by_name["running"]["tid"] != by_name["running"]["pid"]
EOF
}

@test "--json prints what the socket answers" {
  k3 start -- sleep 1000
  k3 list --json >threads
  script <<'EOF'
answered, printed = call("list"), json.load(open("threads"))
for thread in answered + printed:
    del thread["seconds"] # they pass
assert printed == answered
EOF
}

@test "--json and --quiet exclude each other" {
  k3 start -- true
  run -64 k3 list --json -q
}

@test "TIME is the time of the run, and is empty in the pause between two runs" {
  k3 start -n r -r always -- false
  wait_until "$DEADLINE" is_delayed_row r
  like "$delayed" 'delayed -'
}

# Takes the thread's row, STATE and TIME, once the thread is delayed.
is_delayed_row() {
  delayed=$(k3 list "$1" | awk 'NR == 2 { print $5, $7 }')
  [[ $delayed = delayed* ]]
}

@test "TIME is the time of the last run, also when the thread ends in the pause after it" {
  k3 start --name again --restart always -- true
  wait_until "$DEADLINE" pauses_long again
  k3 raise --wait again
  is "$(k3 list again | awk 'NR == 2 { print $7 }')" 0.0s
}

# Succeeds if the thread has been in one of its longer pauses for a while.
pauses_long() {
  is_state "$1" delayed &&
    awk "BEGIN { exit !($EPOCHREALTIME - $(k3_field "$1" started) > 0.5) }"
}

# answer WITH: starts a server that answers its first request with WITH.
answer() {
  fake_server "$K3THREAD_SOCKET" '
client, _ = listener.accept()
client.recv(65536)
client.sendall(sys.argv[1].encode() + b"\n")
client.recv(1)' "$1"
}

@test "list accepts any reply of a server without harm" {
  for table in 'ID\tNAME' '' '\n\n' 'a\tb\nc'; do
    answer "{\"id\": 1, \"result\": {\"table\": \"$table\"}}"
    run -0 k3 list
    finish server
    rm "$K3THREAD_SOCKET"
  done
  answer 'SSH-2.0'
  run -1 --separate-stderr k3 list
  like "$stderr" "k3thread: list: *does not speak k3thread's protocol"
  finish server
  rm "$K3THREAD_SOCKET"
}

@test "list --json tells for each command if it has a terminal" {
  k3 start -n a --tty -- true
  k3 start -n b -- true
  is "$(k3_field a tty) $(k3_field b tty)" 'true false'
}
