#!/usr/bin/env bats
# logs: the output of the thread's command.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

@test "logs prints the output of the command, both streams in order" {
  k3 start -n l -- sh -c 'echo one; echo two >&2; echo three'
  k3 join l
  is "$(k3 logs l)" $'one\ntwo\nthree'
  is "$(k3 logs 1)" $'one\ntwo\nthree'
}

@test "logs of a running thread prints the output so far" {
  k3 start -n l -- sh -c 'echo one; exec sleep 1000'
  wait_for_file "$(k3_field l log)"
  is "$(k3 logs l)" one
}

@test "a thread that has printed nothing has an empty log" {
  k3 start -n d -a 1000 -- true
  k3 start -n q -- true
  k3 join q
  run -0 k3 logs d
  is "$output" ''
  run -0 k3 logs q
  is "$output" ''
}

@test "logs prints bytes as they are" {
  head -c 100000 /dev/urandom >bytes
  k3 start -n l -- cat bytes
  k3 join l
  k3 logs l | cmp - bytes
}

@test "--lines prints the last lines" {
  k3 start -n l -- sh -c 'seq 1000; printf "no newline"'
  k3 join l
  is "$(k3 logs -n 3 l)" $'999\n1000\nno newline'
  is "$(k3 logs --lines=1 l)" 'no newline'
  is "$(k3 logs -n 0 l)" ''
  is "$(k3 logs -n 1001 l | head -n 1)" 1
  is "$(k3 logs -n 100000 l | wc -l)" 1000
  k3 start -n m -- seq 3
  k3 join m
  is "$(k3 logs -n 2 m)" $'2\n3'
  run -64 k3 logs -n -1 l
  run -64 k3 logs -n x l
}

@test "--follow prints output as it comes, until the thread ends" {
  mkfifo gate1 gate2
  k3 start -n l -- sh -c 'echo one; read x <gate1; echo two; read x <gate2; echo three'
  in_background following k3 logs -f l
  wait_for_file following.out
  echo >gate1
  wait_until "$DEADLINE" grep -q two following.out
  echo >gate2
  finish following
  is "$(cat following.out)" $'one\ntwo\nthree'
}

@test "--follow ends with the thread, also when the thread is killed" {
  k3 start -n l -- sh -c 'echo one; exec sleep 1000'
  in_background following k3 logs --follow l
  wait_for_file following.out
  k3 raise --wait l
  finish following
}

@test "--follow of an ended thread prints its log" {
  k3 start -n l -- seq 3
  k3 join l
  is "$(k3 logs -f l)" $'1\n2\n3'
  is "$(k3 logs -f -n 1 l)" 3
}

@test "--follow of a delayed thread waits for its output" {
  k3 start -n l -a 0.3 -- echo late
  is "$(k3 logs -f l)" late
}

@test "--follow --lines begins with the last lines" {
  mkfifo gate
  k3 start -n l -- sh -c 'seq 10; read x <gate; echo end'
  wait_until "$DEADLINE" grep -q 10 "$(k3_field l log)"
  in_background following k3 logs -f -n 2 l
  wait_for_file following.out
  echo >gate
  finish following
  is "$(cat following.out)" $'9\n10\nend'
}

@test "--follow ends quietly when its reader has gone" {
  k3 start -n l -- sh -c 'while :; do echo line; sleep 0.05; done'
  timeout "$DEADLINE" "$K3THREAD" logs -f l 2>err | head -n 1 >out
  is "$(cat out)" line
  is "$(cat err)" ''
}

@test "logs prints a big log whole, and its tail quickly" {
  k3 start -n big -- sh -c 'yes 0123456789 | head -c 50000000; echo end'
  k3 join big
  is "$(k3 logs big | cksum)" "$( (yes 0123456789 | head -c 50000000 && echo end) | cksum)"
  is "$(k3 logs -n 1 big | tail -c 4)" end
  k3 logs big >copy
  is "$(stat -c %s copy)" 50000004
  k3 logs big >>copy
  is "$(stat -c %s copy)" 100000008
}

@test "only its owner can read a log" {
  k3 start -n l -- echo secret
  k3 join l
  log=$(k3_field l log)
  is "$(stat -c '%a %u' "$log")" "600 $(id -u)"
  is "$(stat -c '%a %u' "$(dirname "$log")")" "700 $(id -u)"
}

@test "a log survives the supervisor's shutdown" {
  k3 start -n l -- echo kept
  k3 join l
  log=$(k3_field l log)
  k3 shutdown
  is "$(cat "$log")" kept
}

@test "a log survives the supervisor's death and the start of the next supervisor" {
  k3 start -n l -- sh -c 'echo kept; exec sleep 1000'
  log=$(k3_field l log)
  wait_for_file "$log"
  guardian=$(guardian_pid)
  kill -KILL "$(supervisor_pid)"
  wait_until "$DEADLINE" refute_alive "$guardian"
  k3 start -n l -- echo new
  k3 join l
  is "$(cat "$log")" kept
  is "$(k3 logs l)" new
}

@test "clear removes the log" {
  k3 start -n l -- echo gone
  k3 join l
  log=$(k3_field l log)
  k3 clear
  [ ! -e "$log" ]
  run -3 --separate-stderr k3 logs l
  is "$stderr" "k3thread: logs: InvalidThreadIdError: no thread 'l'"
}

@test "logs prints only the thread's part of a file that others write to as well" {
  echo other >out
  k3 start -n a -o out -- echo first
  k3 join a
  k3 start -n b -o out -- echo second
  k3 join b
  is "$(k3 logs b)" second
  is "$(k3 logs -n 5 b)" second
  script <<'EOF'
assert [call("logs", thread=name)["text"] for name in "ab"] == ["first\nsecond\n", "second\n"]
EOF
  k3 clear
  is "$(cat out)" $'other\nfirst\nsecond'
}

@test "logs of a log that was removed is an error" {
  k3 start -n l -- echo x
  k3 join l
  rm "$(k3_field l log)"
  for words in l '-f l'; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr k3 logs $words
    like "$stderr" 'k3thread: logs: FileNotFoundError: the log /* is gone'
  done
}

@test "logs requires one thread, or a pattern" {
  k3 start -n l -- true
  run -64 k3 logs
  run -64 k3 logs l l
  run -3 k3 logs nobody
  run -3 k3 logs 'nobody*'
  run -3 --separate-stderr k3 logs -f 'nobody*'
  is "$stderr" "k3thread: logs: InvalidThreadIdError: no thread fits 'nobody*'"
}

@test "logs --timestamps fails at a supervisor that belongs to no run" {
  k3 start -n l -- echo x
  k3 join l
  for thread in l 'l*'; do
    run -1 --separate-stderr k3 logs --timestamps "$thread"
    is "$output" ''
    is "$stderr" 'k3thread: logs: the times of the lines are not known: only run keeps them, for the output that it prints'
  done
  run -1 k3 logs -f --timestamps l
  run -1 --separate-stderr k3 logs -f --timestamps 'l*'
  is "$output" ''
  like "$stderr" 'k3thread: logs: the times of the lines are not known: *'
}

@test "--follow of a pattern does not copy a log into itself" {
  k3 start -n l -- sh -c 'echo x; exec sleep 1000'
  log=$(k3_field l log)
  wait_for_file "$log"
  in_background following sh -c '"$K3THREAD" logs -f "l*" >>"$1"' sh "$log"
  finish following 1
  is "$(<following.err)" "k3thread: logs: standard output is the log of 'l'"
  is "$(<"$log")" x
}

@test "--follow of a pattern finds the threads whose events it missed" {
  k3 start -n web-1 -- sh -c 'echo up; sleep 1000'
  # Between the client and the supervisor, each event that a thread was created is lost.
  fake_server "$dir/lossy.sock" '
import threading
client, _ = listener.accept()
supervisor = Client()
def pass_on():
    while data := client.recv(65536):
        supervisor.send_bytes(data)
threading.Thread(target=pass_on, daemon=True).start()
while answer := supervisor.receive():
    if answer.get("params", {}).get("event") == "created":
        answer["params"] = {"event": "missed", "missed": 1}
    client.sendall(json.dumps(answer).encode() + b"\n")'
  in_background following k3 -S "$dir/lossy.sock" logs -f 'web-*'
  wait_until "$DEADLINE" has_line following.out 'web-1 | up'
  k3 start -n web-2 -- sh -c 'echo later; sleep 1000'
  k3 start -n db -- echo no
  wait_until "$DEADLINE" has_line following.out 'web-2 | later'
  k3 raise --wait web-1
  k3 raise --wait web-2
  finish following
  is "$(<following.out)" $'web-1 | up\nweb-2 | later'
  kill "${background[server]}"
  finish server '*'
}

@test "logs of a pattern puts the thread's name before each line" {
  k3 start -n la -- sh -c 'echo 1; echo 2; printf 3'
  k3 start -n lb -- sh -c 'echo 4'
  k3 start -n other -- echo 5
  k3 join la lb other
  is "$(k3 logs 'l*')" $'la | 1\nla | 2\nla | 3\nlb | 4'
  is "$(k3 logs -n 1 'l*')" $'la | 3\nlb | 4'
}

# --- --log-limit ---

allocated() {
  echo $(($(stat -c '%b * %B' "$1")))
}

@test "--log-limit keeps about that size on disk: the newest output, from the beginning of a line" {
  k3 start --name a --log-limit 256K -- sh -c 'seq 300000; sleep 1000'
  log=$(k3_field a log)
  wait_until "$DEADLINE" ends_with 300000 "$log"
  wait_until "$DEADLINE" is_small "$log" 600000
  [ "$(stat -c %s "$log")" -gt 1900000 ]
  k3 logs a >kept
  is "$(tail -n 1 kept)" 300000
  first=$(head -n 1 kept)
  cmp kept <(seq "$first" 300000)
  [ "$first" -gt 200000 ]
  is "$(k3 logs -n 2 a)" $'299999\n300000'
}

ends_with() {
  [ "$(tail -n 1 "$2")" = "$1" ]
}

is_small() {
  [ "$(allocated "$1")" -lt "$2" ]
}

@test "--log-limit holds again in a log that was emptied" {
  mkfifo go
  k3 start -n a --log-limit 64K -- sh -c 'seq 100000; read x <go; seq 200000 250000; sleep 1000'
  k3 join -t "$LIMIT" --until line:100000 a
  : >"$(k3_field a log)"
  echo >go
  k3 join -t "$LIMIT" --until line:250000 a
  wait_until "$DEADLINE" eval '[ "$(stat -c %b "$(k3_field a log)")" -lt 512 ]' # the new output is 350 kB
  is "$(k3 logs -n 1 a)" 250000
}

@test "a log without a limit, or below its limit, is kept whole" {
  k3 start --name a -- seq 100000
  k3 start --name b --log-limit 1M -- seq 1000
  k3 join a b
  cmp <(k3 logs a) <(seq 100000)
  cmp <(k3 logs b) <(seq 1000)
}

@test "--log-limit requires a size, and a log" {
  for size in '' x 0x10 -1 1KK 0 0K 1.5M 1T :1 99999999999999999999 4294967297G; do
    run -64 --separate-stderr k3 start --log-limit "$size" -- true
    like "$stderr" 'k3thread: start: *'
  done
  run -64 --separate-stderr k3 start --log-limit 1M --output "$dir/o" -- true
  like "$stderr" 'k3thread: start: *--log-limit*--output*'
  for size in 5 3K 3M 3G 4294967296G; do k3 start -n "of $size" --log-limit "$size" -- sleep 1000; done
  script <<'END'
limits = {thread["name"]: call("logs", thread=thread["id"])["limit"] for thread in call("list")}
assert limits == {"of 5": 5, "of 3K": 3 << 10, "of 3M": 3 << 20, "of 3G": 3 << 30, "of 4294967296G": 1 << 62}, limits
END
}

# Succeeds if FILE has the line.
has_line() {
  grep -qxFe "$2" "$1"
}

@test "--follow of a pattern shows all matching threads at once, until the last has ended" {
  k3 start -n gone -- sh -c 'echo gone'
  k3 start -n other -- sh -c 'echo other; sleep 1000'
  for name in go-1 go-2; do
    k3 start -n $name -- sh -c 'echo up; until [ -e "$K3THREAD_NAME" ]; do sleep 0.02; done; printf down; exit 3'
  done
  k3 join gone
  in_background following k3 logs -f 'go*'
  wait_until "$DEADLINE" has_line following.out 'go-2 | up'
  touch go-1
  wait_until "$DEADLINE" has_line following.out 'go-1 | down'
  assert_alive "${background[following]}"
  touch go-2
  finish following
  is "$(sort following.out)" $'go-1 | down\ngo-1 | up\ngo-2 | down\ngo-2 | up\ngone | gone'
  is "$(k3 logs -f -n 1 'go-?' | sort)" $'go-1 | down\ngo-2 | down'
}

has_inotify() {
  [[ $(readlink "/proc/$1/fd/"*) = *inotify* ]]
}

@test "--follow of a pattern takes in threads that start later, and runs of threads that had ended" {
  k3 start -n web-1 -- sleep 1000
  k3 start -n web-2 -- echo up
  k3 join web-2
  in_background following k3 logs -f 'web-*'
  wait_until "$DEADLINE" has_line following.out 'web-2 | up'
  k3 start -n web-3 -- sh -c 'echo "later, $K3THREAD_NAME"; sleep 1000'
  k3 start -n db -- echo no
  wait_until "$DEADLINE" has_line following.out 'web-3 | later, web-3'
  k3 restart web-2
  wait_until "$DEADLINE" eval '[ "$(grep -cx "web-2 . up" following.out)" = 2 ]'
  has_line following.out 'web-2 | --- run 2, after exit 0 ---'
  in_background single "$K3THREAD" logs -f web-1
  wait_until "$DEADLINE" has_inotify "${background[single]}"
  for run in 2 3; do # a run that prints nothing has a line too
    k3 restart web-1
    wait_until "$DEADLINE" grep -q "^web-1 | --- run $run, after " following.out
    wait_until "$DEADLINE" grep -q "^--- run $run, after " single.out
  done
  k3 start -n web-4 -a 0.1 -- echo delayed
  wait_until "$DEADLINE" has_line following.out 'web-4 | delayed'
  k3 raise --wait web-1
  assert_alive "${background[following]}"
  k3 raise --wait web-3
  finish following
  finish single 0
  run -1 grep db following.out
}

@test "--follow of a pattern shows every byte of threads that write at full speed" {
  for name in a-1 a-2 a-3; do k3 start -n $name -- seq 50000; done
  k3 logs -f 'a-*' >shown
  for name in a-1 a-2 a-3; do
    grep "^$name | " shown | cut -c7- | cmp - <(seq 50000)
  done
}

@test "--follow of a pattern ends with the supervisor, and when its reader has gone" {
  k3 start -n a -- sh -c 'echo up; sleep 1000'
  in_background following k3 logs -f '[a]'
  wait_until "$DEADLINE" has_line following.out 'a | up'
  mkfifo pipe
  "$K3THREAD" logs -f '[a]' >pipe 3>&- &
  background[reader]=$!
  head -n 1 pipe
  finish reader '*'
  k3 shutdown --now
  finish following
  k3 start -n a -- sh -c 'echo up; sleep 1000'
  in_background cut k3 logs -f '[a]'
  wait_until "$DEADLINE" has_line cut.out 'a | up'
  kill -KILL "$(supervisor_pid)"
  finish cut 1
  like "$(<cut.err)" 'k3thread: logs: the supervisor went away without a reply[:;] *'
}

@test "--follow of a pattern leaves the connection of a shell as it was" {
  printf '%s\n' 'start -n a -- echo one' "logs -f 'a*'" 'start -n ab -- echo two' 'join ab' "logs -f 'a*'" |
    k3 shell >out
  is "$(grep -c 'a . one' out)" 2
  is "$(grep -c 'ab . two' out)" 1
  script <<'END'
client = Client()
assert client.call("watch")["watching"] is True
assert client.call("watch", events=[]) == {"watching": False}
start("true")
assert client.call("list", members=["id"])
END
}

# prints_twice [OPTION…]: starts the thread a, which prints "old", and two seconds later the lines that follow.
prints_twice() {
  k3 start -n a "$@" -- bash -c 'echo old; sleep 2; echo "${EPOCHREALTIME//[.,]/}" >stamp.new; mv stamp.new stamp
    echo new; printf unfinished; sleep 1000'
  wait_for_file stamp
  k3 join -t "$LIMIT" --until line:new a
}

# Prints for --since the time between the two.
between() {
  echo "$((($(now_us) - $(<stamp)) / 1000 + 1000))ms"
}

@test "--since shows only the output of the last seconds" {
  prints_twice
  is "$(k3 logs --since "$(between)" a)" $'new\nunfinished'
  is "$(k3 logs --since "$(between)" 'a*')" $'a | new\na | unfinished'
  is "$(k3 logs --since "$(between)" -n 1 a)" unfinished
  is "$(k3 logs --since 1h a)" $'old\nnew\nunfinished'
  wait_until "$DEADLINE" eval '[ "$(k3 logs --since 0.2 a)" = "" ]'
  is "$(k3 logs --since 0 a)" ''
  in_background one k3 logs -f --since "$(between)" a
  in_background all k3 logs -f --since "$(between)" 'a*'
  wait_for_file one.out all.out
  k3 raise --wait a
  finish one
  finish all
  is "$(<one.out)" $'new\nunfinished'
  is "$(<all.out)" $'a | new\na | unfinished'
  is "$(k3 logs --since "$(between)" a)" $'new\nunfinished'
  wait_until "$DEADLINE" eval '[ "$(k3 logs --since 0.2 a)" = "" ]'
}

@test "--since shows a line whose end is new from its beginning" {
  k3 start -n a -- bash -c 'echo old; printf "begun, "; sleep 2; echo "${EPOCHREALTIME//[.,]/}" >stamp
    echo ended; sleep 1000'
  k3 join -t "$LIMIT" --until line:ended a
  is "$(k3 logs --since "$(between)" a)" 'begun, ended'
}

@test "--since of a log that was emptied shows all new output" {
  prints_twice
  : >"$(k3_field a log)"
  k3 restart a
  k3 join -t "$LIMIT" --until line:old a
  like "$(k3 logs --since 1h a)" '*old*'
}

@test "--since of a restarted thread, and of a thread with --output, shows at least the new output" {
  prints_twice -o out
  like "$(k3 logs --since "$(between)" a)" $'*new\nunfinished'
  wait_until "$DEADLINE" eval '[ "$(k3 logs --since 0.2 a)" = "" ]'
  k3 start -n b -- sh -c 'echo run; sleep 1000'
  k3 join -t "$LIMIT" --until line:run b
  k3 restart b
  k3 join -t "$LIMIT" --until line:run b
  like "$(k3 logs --since 1h b)" $'run\n--- run 2, *\nrun'
}

@test "--since notices the output of many threads, also of a thread that writes at full speed" {
  k3 start -n noisy -- sh -c 'while :; do echo noise; done'
  prints_twice
  k3 raise --wait noisy
  is "$(k3 logs --since "$(between)" a)" $'new\nunfinished'
  k3 logs --since "$(between)" noisy >shown
  [ "$(wc -l <shown)" -lt "$(wc -l <"$(k3_field noisy log)")" ]
}

@test "--since over the socket moves the offset, and refuses a value that is no number" {
  prints_twice
  SECONDS_AGO=$(between) script <<'END'
seconds = int(os.environ["SECONDS_AGO"].rstrip("ms")) / 1000
reply = call("logs", thread="a", since=seconds)
assert (reply["offset"], reply["text"]) == (4, "new\nunfinished"), reply
assert call("logs", thread="a", since=seconds, begun=True)["offset"] == 4
assert call("logs", thread="a", since=seconds, lines=1)["text"] == "unfinished"
assert call("logs", thread="a", since=1e300)["offset"] == 0
fails(-32002, "ValueError", "logs", thread="a", since=-1)
fails(-32001, "TypeError", "logs", thread="a", since="1")
END
  run -64 --separate-stderr k3 logs --since yesterday a
  like "$stderr" "k3thread: logs: ValueError: --since: 'yesterday' is no time*"
  run -64 k3 logs --since a
}
