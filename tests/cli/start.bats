#!/usr/bin/env bats
# start: how a command becomes a thread, and what the command gets.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# --- id and name ---

@test "start prints the id, and ids count up from 1" {
  is "$(k3 start -- true)" 1
  is "$(k3 start -- true)" 2
  is "$(k3 start -- true)" 3
}

@test "a thread without a name is called Thread-N, where N is its id" {
  k3 start -n first -- true
  k3 start -- sleep 1000
  is "$(k3_field 2 name)" Thread-2
}

@test "a default name is never a name in use" {
  k3 start -n Thread-2 -- sleep 1000
  id=$(k3 start -- sleep 1000)
  unlike "$(k3_field "$id" name)" Thread-2
  is "$(k3 list --live -q | wc -l)" 2
}

@test "a name has 1 to 64 bytes, and may contain blanks, dashes and any letters" {
  local name
  for name in a 'two words' -dash ümläut "$(printf 'x%.0s' {1..64})" a1 1a .dot; do
    k3 start --name="$name" -- sleep 1000
    is "$(k3_field "$name" name)" "$name"
  done
}

@test "an illegal name is a ValueError" {
  local name
  for name in '' a/b 'a*b' 'a?' '[x]' 42 $'a\nb' $'a\x7f' "$(printf 'x%.0s' {1..65})"; do
    run -64 --separate-stderr k3 start --name="$name" -- true
    like "$stderr" 'k3thread: start: ValueError: *'
  done
}

@test "the name of a live thread is taken, and the name of an ended thread is free" {
  k3 start -n web -- sleep 1000
  run -64 --separate-stderr k3 start -n web -- true
  like "$stderr" "k3thread: start: ValueError: *'web'*"
  k3 raise --wait web
  id=$(k3 start -n web -- sleep 1000)
  is "$(k3_field web id)" "$id"
}

# --- the answer ---

@test "start answers when the command runs" {
  for _ in 1 2 3 4 5; do
    id=$(k3 start -- sleep 1000)
    is "$(k3_field "$id" state)" running
    is "$(cat "/proc/$(k3_field "$id" pid)/comm")" sleep
  done
}

@test "start names a command that is not found, and start and join exit with 127" {
  run -127 --separate-stderr k3 start -n lost -- no-such-command
  like "$stderr" "k3thread: start: FileNotFoundError: *no-such-command*"
  is "$output" ''
  run -127 k3 join lost
  run -127 k3 start -n gone -- ./no/such/file
  run -127 k3 join gone
  run -127 k3 start -n empty -- ''
  run -127 k3 join empty
}

@test "start says that a script's interpreter is missing, also if PATH led to the script" {
  printf '#!  /no/such -x\n' >x
  printf '#!/bin/sh\r\n' >dos
  printf '#!%s\n' "$dir/plain" >y
  touch plain
  chmod +x x y dos
  run -127 --separate-stderr k3 start -- ./x
  is "$stderr" "k3thread: start: FileNotFoundError: './x' needs the interpreter '/no/such', which is not there"
  PATH=$dir:$PATH run -127 --separate-stderr k3 start -- x
  like "$stderr" "*: 'x' needs the interpreter '/no/such', which is not there"
  run -127 --separate-stderr k3 start -- ./dos
  like "$stderr" "*: './dos' needs the interpreter '/bin/sh\\\\r', which is not there"
  run -126 --separate-stderr k3 start -- ./y
  like "$stderr" "*: './y' needs the interpreter '$dir/plain', which may not be executed"
}

@test "of several files of the name in PATH, start names the interpreter of the one that the error is about" {
  mkdir missing other denied plain
  touch text
  printf '#!/no/such\n' >missing/job
  printf '#!/no/other\n' >other/job
  printf '#!%s\n' "$dir/text" >denied/job
  touch plain/job
  chmod +x {missing,other,denied}/job
  for directories in 'missing plain' 'plain missing' 'plain denied'; do
    # shellcheck disable=SC2086
    in_path -126 $directories
    like "$stderr" "*: cannot * 'job': Permission denied"
  done
  for directories in 'missing denied' 'denied missing' 'denied plain'; do
    # shellcheck disable=SC2086
    in_path -126 $directories
    like "$stderr" "*: 'job' needs the interpreter '$dir/text', which may not be executed"
  done
  in_path -127 missing other
  like "$stderr" "*: 'job' needs the interpreter '/no/such', which is not there"
}

# in_path -STATUS DIRECTORY DIRECTORY: starts job with both in PATH; it cannot be executed.
in_path() {
  PATH=$dir/$2:$dir/$3:$PATH run "$1" --separate-stderr k3 start -- job
}

@test "a start whose output cannot be opened fails and names the output" {
  run -1 --separate-stderr k3 start -o "$dir/none/x" -- true
  like "$stderr" "k3thread: start: *: cannot open the output '$dir/none/x': No such file or directory"
}

@test "start names a command that cannot be executed, and start and join exit with 126" {
  touch plain
  run -126 --separate-stderr k3 start -n plain -- ./plain
  like "$stderr" "k3thread: start: PermissionError: *plain*"
  run -126 k3 join plain
  run -126 k3 start -n dir -- /
  run -126 k3 join dir
}

@test "the shell runs a script without an interpreter's line" {
  echo 'echo "$1" >out; exit 4' >script
  chmod +x script
  run -4 k3 join "$(k3 start -- ./script 'a b')"
  is "$(cat out)" 'a b'
}

@test "a script without an interpreter's line is found in PATH, and its arguments are unchanged" {
  mkdir bin
  echo 'echo "$0 $1" >>out; exit 4' >bin/mine
  chmod +x bin/mine
  run -4 k3 join "$(PATH=$dir/bin:$PATH k3 start --restart on-failure:1 -- mine 'a b')"
  is "$(cat out)" "$dir/bin/mine a b"$'\n'"$dir/bin/mine a b"
  is "$(k3_field 1 command)" '["mine", "a b"]'
  is "$(k3 clear)" ''
  is "$(k3 list -q)" ''
}

@test "k3thread looks for the command in the PATH of the command's environment" {
  mkdir bin
  printf '#!/bin/sh\nexit 9\n' >bin/mine
  chmod +x bin/mine
  run -127 k3 start -- mine
  run -9 k3 join "$(PATH=$dir/bin:$PATH k3 start -- mine)"
  run -9 k3 join "$(k3 start -e "PATH=$dir/bin" -- mine)"
}

@test "the options of start end at the command" {
  k3 join "$(k3 start sh -c 'echo "$@" >out' -- --name x -d --help)"
  is "$(cat out)" '--name x -d --help'
  is "$(k3_field 1 daemon)" false
}

@test "start without a command is a usage error" {
  run -64 --separate-stderr k3 start
  like "$stderr" 'k3thread: start: *'
  run -64 k3 start --name x --
}

# --- the delay ---

@test "--after delays the command, and not the reply" {
  id=$(k3 start --after 1000 -- sleep 1000)
  is "$(k3_field "$id" state)" delayed
  is "$(k3_field "$id" pid)" null
  is "$(k3_field "$id" started)" null
  is "$(k3_field "$id" after)" 1000.0
  id=$(k3 start --after 0.5 -- sleep 1000)
  wait_for_state "$id" running
  script "$id" <<'EOF'
thread = call("list", threads=[int(sys.argv[1])])[0]
assert thread["started"] - thread["created"] >= 0.5, thread
EOF
}

@test "a time can have a suffix" {
  for time in 1500ms=1.5 90s=90.0 2m=120.0 .5=0.5 1h=3600.0; do
    is "$(k3_field "$(k3 start --after "${time%=*}" -- true)" after)" "${time#*=}"
  done
}

@test "a malformed time is a ValueError" {
  for time in -1 nan inf '' x 1x '1 s' 0x1 1e999; do
    for option in --after --timeout --grace; do
      run -64 --separate-stderr k3 start "$option=$time" -- true
      like "$stderr" "k3thread: start: ValueError: $option: *"
    done
  done
}

@test "a delayed command that cannot be run ends its thread" {
  k3 start -n lost -a 0.1 -- no-such-command
  run -127 k3 join lost
  like "$(k3_field lost message)" '*no-such-command*'
}

@test "a thread whose directory has gone ends with 125" {
  k3 start -- true
  # The client would have looked for the directory first.
  script <<'EOF'
try:
    start("true", name="nowhere", directory=os.getcwd() + "/gone")
except Failure as failure:
    assert "/gone" in failure.message, failure
EOF
  run -125 k3 join nowhere
}

# --- environment ---

@test "a command has the environment of the caller of each start" {
  one=1 k3 start -- sh -c 'env >first'
  two=2 k3 start -- sh -c 'env >second'
  k3 join 1 2
  grep -x one=1 first
  grep -x two=2 second
  run -1 grep -x one=1 second
}

@test "--env adds and replaces variables, and the last value for a name counts" {
  old=old k3 start -e new=1 --env old=2 -e empty= -e eq=a=b -e twice=1 -e twice=2 -- sh -c 'env >out'
  k3 join 1
  grep -x new=1 out
  grep -x old=2 out
  grep -x empty= out
  grep -x eq=a=b out
  is "$(grep ^twice out)" twice=2
  is "$(grep -c ^old= out)" 1
}

@test "--env does not replace a variable whose name only begins with the given name" {
  export K3_A=1 K3_AB=2
  k3 start -n a --env K3_A=3 --env K3_ABC=4 --env K3_AB= --env K3_ABCD=5 --env K3_ABC=6 -- env
  k3 join a
  is "$(k3 logs a | grep '^K3_A' | sort | paste -sd' ')" 'K3_A=3 K3_AB= K3_ABC=6 K3_ABCD=5'
  k3 start -n b --env K3_A=3 -- env
  k3 join b
  is "$(k3 logs b | grep '^K3_A' | sort | paste -sd' ')" 'K3_A=3 K3_AB=2'
}

@test "--env requires K=V" {
  run -64 k3 start -e novalue -- true
  run -64 k3 start -e =x -- true
}

@test "the command's environment names its thread and its supervisor" {
  k3 start -n me -- sh -c 'echo "$K3THREAD_ID $K3THREAD_NAME $K3THREAD_SOCKET" >out'
  k3 join me
  is "$(cat out)" "1 me $K3THREAD_SOCKET"
}

@test "a command can start threads of its own supervisor" {
  env -u K3THREAD_SOCKET "$K3THREAD" -S ./k.sock start -n outer -- sh -c \
    'cd /; "$0" start -n inner -- sh -c "echo \$K3THREAD_ID \$K3THREAD_NAME >$1/out"' \
    "$K3THREAD" "$dir"
  k3 join outer
  k3 join inner
  is "$(cat out)" '2 inner'
}

@test "a large environment arrives whole" {
  local i
  for i in {1..10}; do
    export "big$i=$(head -c 100000 /dev/zero | tr '\0' x)"
  done
  k3 start -- sh -c 'echo "${#big1} ${#big10}" >out'
  k3 join 1
  is "$(cat out)" '100000 100000'
}

# --- input ---

@test "--input=FILE is the command's input, and FILE is seen from the caller's directory" {
  echo words >file
  mkdir other
  k3 start -n a --input=file -C other -- cat
  k3 join a
  is "$(k3 logs a)" words
  k3 start -n b -ifile -- cat
  k3 join b
  is "$(k3 logs b)" words
  run ! --separate-stderr k3 start --input=nothing -- cat
  is "$stderr" "k3thread: start: FileNotFoundError: cannot open the input '$dir/nothing': No such file or directory"
  run -64 k3 start --input= -- cat
}

@test "--input=FILE does not hang on a FIFO to which no process writes" {
  mkfifo fifo
  k3 start -n a --input=fifo -- cat
  k3 join a
}

@test "--input without a file stays open in each run, and ends with the thread" {
  k3 start -n a --input -- sh -c 'cat; echo end'
  k3 start -n b -i --restart always:1 -- sh -c '[ ! -e one ] || exec cat; touch one'
  k3 start -n c --input --ready 'cmd:touch probed; cat' -- sleep 1000
  wait_for_state b running
  wait_until "$DEADLINE" test -e one
  wait_for_state b running
  is "$(readlink "/proc/$(k3_field a pid)/fd/0" | cut -c1-5)" 'pipe:'
  # The probe's own input is empty, as always.
  wait_for_state c ready
  is_state a running
  k3 raise --wait a
  is "$(k3 logs a)" ''
}

# --- directory, umask, output ---

@test "the command's directory is the caller's, or the directory of --directory" {
  mkdir -p a/b
  (cd a && k3 start -- pwd)
  k3 start -C a/b -- pwd
  k3 start --directory "$dir/a" -- pwd
  (cd a && k3 start -C b -- pwd)
  k3 join 1 2 3 4
  is "$(k3 logs 1)" "$dir/a"
  is "$(k3 logs 2)" "$dir/a/b"
  is "$(k3 logs 3)" "$dir/a"
  is "$(k3 logs 4)" "$dir/a/b"
}

@test "a directory that the caller names by one of its descriptors is the caller's" {
  mkdir a gone
  for directory in /proc/self/cwd /proc/thread-self/cwd /dev/fd/4 /proc/self/fd/4; do
    is "$(cd a && k3 start --wait -C "$directory" -- pwd 4<.)" "$dir/a"
  done
  cd gone
  rmdir ../gone
  run -64 --separate-stderr k3 start -C /proc/self/cwd -- pwd
  is "$stderr" 'k3thread: start: ValueError: --directory: /proc/self/cwd is no directory that has a name'
}

@test "a directory that is missing is an error that names it" {
  run -64 --separate-stderr k3 start -C no/such -- true
  like "$stderr" 'k3thread: start: *no/such*'
  run -64 --separate-stderr k3 start -C /dev/null -- true
  like "$stderr" 'k3thread: start: */dev/null*'
}

@test "the command's umask is the caller's" {
  (umask 027 && k3 start -- sh -c umask)
  (umask 0 && k3 start -- sh -c umask)
  k3 join 1 2
  is "$(k3 logs 1)" 0027
  is "$(k3 logs 2)" 0000
}

@test "the caller's umask applies to the file of --output, and only its owner can read a log" {
  for mask in 0022:644 0002:664 0077:600 0000:666; do
    (umask "${mask%:*}" && k3 start -n o -o "$mask" -- echo printed)
    (umask "${mask%:*}" && k3 start -n l -- true)
    k3 join o l
    is "$(stat -c %a "$mask")" "${mask#*:}"
    is "$(stat -c %a "$(k3_field l log)")" 600
  done
  (umask 0777 && k3 start -n closed -- echo printed)
  k3 join closed
  is "$(stat -c %a "$(k3_field closed log)")" 600
}

@test "--output appends to a file, which is seen from the caller's directory" {
  mkdir sub
  echo before >sub/out
  (cd sub && k3 start -n o -o out -- sh -c 'echo printed; echo error >&2')
  k3 join o
  is "$(cat sub/out)" $'before\nprinted\nerror'
  is "$(k3_field o log)" "$dir/sub/out"
}

@test "an --output that cannot be opened is an error that names the file" {
  run -1 --separate-stderr k3 start -n o -o no/such/out -- true
  like "$stderr" 'k3thread: start: *no/such/out*'
  run -125 k3 join o
}

# --- a clean start ---

# Prints what a process inherits: signals, descriptors, session.
@test "the command has default signal actions and no blocked signal, whatever its caller has" {
  "$PYTHON" -I -S -c '
import os, signal, sys
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD, 40):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execv(sys.argv[1], sys.argv[1:])' "$K3THREAD" start -n first -- sleep 1000
  (trap '' HUP INT PIPE TERM && "$K3THREAD" start -n second -- sleep 1000)
  for name in first second; do
    grep -E '^Sig(Blk|Ign|Cgt):' "/proc/$(k3_field $name pid)/status" >signals
    is "$(grep -c '0000000000000000$' signals)" 3 || { cat signals && false; }
  done
}

@test "the command has no descriptors but 0, 1 and 2" {
  k3 start -n first -- sleep 1000 4</dev/null 9<"$commands" 200</dev/null
  k3 start -n second -- sleep 1000 5</dev/null
  for name in first second; do
    pid=$(k3_field $name pid)
    is "$(find "/proc/$pid/fd" -type l -printf '%f\n' | sort -n | xargs)" '0 1 2'
    is "$(readlink "/proc/$pid/fd/0")" /dev/null
    is "$(readlink "/proc/$pid/fd/1")" "$(k3_field $name log)"
    is "$(readlink "/proc/$pid/fd/2")" "$(k3_field $name log)"
  done
}

@test "the command leads a session and a group of its own, and has no terminal" {
  k3 start -n s -- sleep 1000
  pid=$(k3_field s pid)
  is "$(ps -o sid=,pgid=,tty= -p "$pid" | xargs)" "$pid $pid ?"
}

@test "the command has the limit of descriptors of the caller whose start brought up the supervisor" {
  (ulimit -Sn 300 && k3 start -- sh -c 'ulimit -Sn; ulimit -Hn')
  k3 join 1
  is "$(k3 logs 1)" "300"$'\n'"$(ulimit -Hn)"
}

@test "the command is a child of the supervisor, and its tid is a thread of the supervisor" {
  k3 start -n s -- sleep 1000
  supervisor=$(supervisor_pid)
  is "$(parent_of "$(k3_field s pid)")" "$supervisor"
  [ -d "/proc/$supervisor/task/$(k3_field s tid)" ]
}

# --- bytes ---

@test "arguments, environment and names may be any bytes" {
  odd=$'\xff\xfe \x80\xc3('
  var=$odd k3 start -n "$odd" -- sh -c 'printf "%s|%s|%s" "$1" "$var" "$K3THREAD_NAME" >out' - "$odd"
  k3 join "$odd"
  is "$(cat out)" "$odd|$odd|$odd"
  script <<'EOF'
thread = call("list")[0]
odd = b"\xff\xfe \x80\xc3("
for field in thread["name"], thread["command"][4]:
    assert base64.b64decode(field["base64"]) == odd, thread
EOF
}

@test "paths may be any bytes" {
  odd=$'d\xff\xfe'
  mkdir "$odd"
  printf '#!/bin/sh\npwd\n' >"$odd/run"
  chmod +x "$odd/run"
  k3 start -C "$odd" -o "$odd/out" -- "$dir/$odd/run"
  k3 join 1
  is "$(cat "$odd/out")" "$dir/$odd"
  is "$(k3 logs 1)" "$dir/$odd"
}

@test "arguments arrive unchanged" {
  k3 start -- sh -c 'printf "<%s>" "$@" >out' - '' ' ' $'a\nb' '*' '"' \\ "'" '$x' é
  k3 join 1
  is "$(cat out)" "<>< ><a"$'\n'"b><*><\"><\\><'><\$x><é>"
}

@test "thousands of arguments arrive" {
  # shellcheck disable=SC2046
  k3 start -- sh -c 'echo $# >out' - $(seq 20000)
  k3 join 1
  is "$(cat out)" 20000
}

@test "a thread's message names the needed thread that ended before it was ready" {
  k3 start -n db --ready line:never -- sleep 1000
  k3 start -n web --needs 1 -- true
  k3 raise db
  run -125 k3 join web
  is "$(k3_field web message)" "thread 'db' (id 1), which it needs, ended before it was ready"
}

@test "--ready line: refuses an expression that is too large or malformed, and the supervisor lives on" {
  local refused='start: ValueError: --ready '
  printf -v many 'a?%.0s' {1..500}
  printf -v deep '(%.0s' {1..5000}
  k3 start -n there -- sleep 1000
  for regex in "$many" "$deep" '(((a{255}){255}){255}){255}' 'a{1001}'; do
    run -64 --separate-stderr k3 start --ready "line:$regex" -- true
    like "$stderr" "k3thread: $refused*: the regular expression after \"line:\" is too large"
  done
  run -64 --separate-stderr k3 start --ready 'line:^(a*)*(a*)*(a*)*\1\2\3b$' -- true
  like "$stderr" "k3thread: $refused*: back references after \"line:\" are not supported"
  for regex in '*' 'a|+' '(' '[a' '[[:no:]]' '[b-a]' 'a{2' 'a{2,1}' '^*' \\; do
    run -64 --separate-stderr k3 start --ready "line:$regex" -- true
    like "$stderr" "k3thread: $refused*: the text after \"line:\" is no regular expression"
  done
  is "$(k3_field there state)" running
}

has_logged() {
  [ -n "$(k3 logs -n 1 "$1")" ]
}

@test "--ready line: a raise ends the thread even with the largest and the slowest expression" {
  printf -v many 'a?%.0s' {1..499}
  for regex in "${many}c" '(a|b)*a(a|b){200}c' '(a*)*(a*)*(a*)*c' "$(printf '\\b%.0s' {1..400})never"; do
    k3 start -n slow -g 1 --log-limit 64K --ready "line:$regex" -- \
      sh -c 'head -c 3000 /dev/zero | tr "\0" a; echo; exec yes abaabbbab'
    wait_until "$DEADLINE" has_logged slow
    k3 raise slow
    run -143 k3 join -t "$LIMIT" slow
    k3 clear
  done
}

@test "--ready line: accepts the forms of an extended regular expression" {
  while read -r regex line; do
    k3 start -n form --ready "line:$regex" -- sh -c 'echo no; echo "$0"; exec sleep 1000' "$line"
    k3 join -t "$LIMIT" --ready form
    k3 raise form
    run -143 k3 join form
  done <<'END'
^listening.on.*:[0-9]+$ listening on [::1]:8080
^(a|b){2,3}c?$ aba
(^|[^[:alpha:]])ready([^[:alpha:]]|$) now ready.
\<up\>\s\w+ is up since
^[]x^-]{3}\.$ ]^-.
x{0}^()(y|)$ y
END
}

@test "a need that was met stays met when its thread has ended and is forgotten" {
  mkfifo gate
  k3 start -n first -- true
  k3 start -n second --ready line:now -- sh -c 'read x <gate; echo now; sleep 1000'
  k3 start -n third --needs second --needs first -- true
  k3 join first
  k3 clear
  echo >gate
  k3 join third
}

@test "start --wait ends by SIGPIPE when its reader goes, as a command of a pipeline does" {
  run -141 bash -c '{ "$K3THREAD" start -n loud --wait -- yes; echo $? >status; } | head -n 1
    exit "$(cat status)"'
  is "$output" y
  run -143 k3 join loud
}

@test "messages escape control characters and words that are not UTF-8" {
  k3 start -- true
  for command in "raise" "join" "logs" "list"; do
    run -3 --separate-stderr k3 "$command" $'w\xff\xc3\xa9\e'
    like "$stderr" "k3thread: $command: InvalidThreadIdError: no *thread 'w\\\\xffé\\\\x1b'"
  done
  run -127 --separate-stderr k3 start -- $'no\xff'
  like "$stderr" "k3thread: start: FileNotFoundError: *'no\\\\xff'*"
  run -64 --separate-stderr k3 start -n $'a\nb\xff' -- true
  like "$stderr" "k3thread: start: ValueError: 'a\\\\nb\\\\xff' is no name for a thread: it has a control character"
}

@test "--restart also counts the runs that could not be started" {
  printf '#!/bin/sh\nrm -f "$0"; kill -KILL $$\n' >once
  chmod +x once
  k3 start --name once --restart on-failure:2 -- "$dir/once"
  run -127 k3 join --timeout "$LIMIT" once
  is "$(k3_field once signal)" null
  is "$(k3_field once runs)" 1
}

@test "a start in a directory that was removed works if no path is seen from that directory" {
  mkdir gone
  cd gone
  rmdir ../gone
  k3 start -C / -o "$dir/out" -- pwd
  k3 join 1
  is "$(cat "$dir/out")" /
  echo "start -C / -- pwd" >"$dir/script"
  is "$(k3 run -q --no-prefix "$dir/script")" /
  for words in '-- true' '-C . -- true' '-C / -o out -- true'; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr k3 start $words
    like "$stderr" 'k3thread: start: *the current directory has no path: *'
  done
  k3 list
  cd /
}
