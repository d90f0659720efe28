#!/usr/bin/env bats
# A script in the foreground: its output, its end and its exit status.

# shellcheck disable=SC2016,SC2028,SC2030,SC2031,SC2154,SC2238

load runs

@test "the daemons of a run live as long as its other threads" {
  script_of 'daemon --name service -- sleep 1000' \
    'start --name work -- sh -c "until [ -e go ]; do sleep 0.02; done"'
  in_front run script
  wait_until "$DEADLINE" has_log
  touch go
  finish run
  grep -q '^service  *yes .*SystemExit, SIGTERM$' run.err
  grep -q '^work  *no .*exit 0$' run.err
}

@test "each line of a run carries its thread's name" {
  script_of 'start --name a -- printf "1\n2\n"' 'join a' 'start --name b -- echo 3' 'join b'
  is "$(k3 run script 2>/dev/null)" $'a | 1\na | 2\nb | 3'
  is "$(k3 run --no-prefix script 2>/dev/null)" $'1\n2\n3'
}

@test "the output of two threads is never mixed within a line" {
  script_of \
    'start --name a -- sh -c "for i in \$(seq 2000); do printf a; printf a; printf \"a\\n\"; done"' \
    'start --name b -- sh -c "for i in \$(seq 2000); do printf b; printf b; printf \"b\\n\"; done"'
  k3 run script >out 2>/dev/null
  is "$(grep -cx 'a | aaa' out)" 2000
  is "$(grep -cx 'b | bbb' out)" 2000
  is "$(wc -l <out)" 4000
}

@test "run prints a last line without a newline, and ends it" {
  script_of 'start --name a -- printf "1\n2"' 'join a' 'start --name b -- printf 3'
  is "$(k3 run script 2>/dev/null)" $'a | 1\na | 2\nb | 3'
}

@test "a line of output may have any length" {
  script_of 'start --name a -- sh -c "head -c 3000000 /dev/zero | tr \"\\0\" x; echo; echo end"' \
    'start --name b -- sh -c "head -c 300000 /dev/zero | tr \"\\0\" y"'
  k3 run script 2>/dev/null >out
  is "$(wc -l <out)" 3
  is "$(grep '^a | x*$' out | wc -c)" 3000005
  is "$(grep '^b | y*$' out | wc -c)" 300005
  grep -qx 'a | end' out
}

@test "run prints much output whole and in order" {
  script_of 'start --name a -- seq 100000' 'start --name b -- seq 100000'
  k3 run script 2>/dev/null >out
  sed -n 's/^a | //p' out | cmp - <(seq 100000)
  sed -n 's/^b | //p' out | cmp - <(seq 100000)
}

# many_echoes: makes a script of 300 commands, each of which prints its number and ends.
many_echoes() {
  seq 300 | sed 's/.*/start -- echo &/' >script
}

@test "run loses no output of commands that print and end at once" {
  many_echoes
  k3 run --no-prefix script 2>/dev/null | sort -n | cmp - <(seq 300)
}

@test "run loses no output where the system has no inotify to spare" {
  unshare -Ur true || skip 'no user namespaces'
  many_echoes
  unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"' sh \
    "$K3THREAD" run --no-prefix script 2>/dev/null | sort -n | cmp - <(seq 300)
}

@test "a command's output comes after the output of the threads that were joined before it" {
  script_of 'start --name a -- seq 1000' 'join a' 'list -q'
  is "$(k3 run script 2>/dev/null | tail -2)" $'a | 1000\n1'
}

@test "run does not print output that goes to a file" {
  script_of 'start --output file -- echo x'
  is "$(k3 run script 2>/dev/null)" ''
  is "$(cat file)" x
}

# Prints the flags of the shell's descriptor 5, without O_LARGEFILE.
flags_of_5() {
  echo $((8#$(sed -n 's/^flags:\t//p' "/proc/$BASHPID/fdinfo/5") & ~0100000))
}

@test "run has a file that it prints to append, so that a thread can append to it too, and no pipe" {
  script_of 'start -- true'
  mkfifo pipe
  exec 5<>./pipe
  before=$(flags_of_5)
  k3 run script >&5
  is "$(flags_of_5)" "$before"
  exec 5>./file
  k3 run script >&5
  is $(($(flags_of_5) & 02000)) $((02000))
  exec 5>&-
}

@test "run does not print ids" {
  script_of 'start -- true' 'daemon -- sleep 1000'
  is "$(k3 run script 2>/dev/null)" ''
}

@test "run --timestamps puts the time before each line" {
  script_of 'start --name a -- echo x'
  like "$(k3 run --timestamps script 2>/dev/null)" '[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9] a | x'
}

# Prints a shell's command that waits until a line with the word was printed, and a moment longer, so
# that the next line has another time.
printed() {
  echo "until sleep 0.02 && grep -q ' $1\$' out; do :; done"
}

@test "logs --timestamps shows the same time of each line as run --timestamps" {
  script_of "start --name a -- sh -c \"echo 1; $(printed 1); echo 2; $(printed 2); echo 3\"" 'join a' \
    'logs --timestamps a' 'logs --timestamps -n 1 a' 'logs --timestamps -f -n 2 a'
  before=$(date +%T.%3N)
  k3 run --timestamps --no-prefix script 2>/dev/null >out
  after=$(date +%T.%3N)
  mapfile -t lines <out
  is "${#lines[@]}" 9
  for i in 0 1 2; do
    like "${lines[i]}" "[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9] $((i + 1))"
    is "${lines[i + 3]}" "${lines[i]}"
  done
  is "${lines[6]}" "${lines[2]}"
  is "${lines[7]}"$'\n'"${lines[8]}" "${lines[1]}"$'\n'"${lines[2]}"
  # Each time is later than the one before, and all are within the run; midnight would hide that.
  [[ $after < $before ]] || printf '%s\n' "$before" "${lines[@]:0:3}" "$after" | sort -cu
}

@test "logs --timestamps works for a pattern, a last line without a newline, and an empty log" {
  script_of 'start --name la -- sh -c "echo 1; printf 2"' 'start --name lb -- true' 'join la lb' \
    'logs --timestamps "l*"' 'logs --timestamps lb'
  k3 run --timestamps script 2>/dev/null >out
  is "$(wc -l <out)" 4
  is "$(tail -n 2 out)" "$(head -n 2 out)"
  like "$(tail -n 1 out)" '??:??:??.??? la | 2'
}

@test "logs --timestamps shows the right times of a log that lost its beginning" {
  script_of "start --name a --log-limit 64K -- sh -c \"seq 100000; $(printed 100000); echo end\"" 'join a' \
    'logs --timestamps a'
  k3 run --timestamps --no-prefix script 2>/dev/null >out
  is "$(tail -n 1 out)" "$(grep ' end$' out | head -n 1)"
  [ "$(grep -c ' end$' out)" = 2 ]
  [[ $(tail -n 2 out | head -n 1) < $(tail -n 1 out) ]]
  like "$(tail -n 2 out | head -n 1)" '* 100000'
}

@test "logs --timestamps works from another terminal, and the times are removed with the log and the run" {
  script_of 'start --name a -- sh -c "echo 1; until [ -e go ]; do sleep 0.02; done; echo 2"' \
    'start --name gone -- echo x' 'join gone' 'clear' 'join a'
  in_background run "$K3THREAD" -S "$dir/r.sock" run --timestamps --no-prefix script
  wait_for_text run.out ' 1'
  wait_until "$DEADLINE" refute_file r.logs/*/2.log
  is "$(cd r.logs/*/times && echo *)" 1.log
  in_background following "$K3THREAD" -S "$dir/r.sock" logs --timestamps -f a
  wait_for_text following.out ' 1'
  touch go
  finish following
  finish run
  is "$(head -n 1 following.out)" "$(grep ' 1$' run.out)"
  like "$(tail -n 1 following.out)" '??:??:??.??? 2'
  is "$(cd r.logs/* && echo *)" 1.log
}

@test "logs --timestamps fails for output that went to a file" {
  script_of 'start --name a --output file -- echo x' 'join a' 'logs --timestamps a'
  run -1 k3 run -q script
  is "$output" 'script:3: k3thread: logs: the times of the lines are not known: only run keeps them, for the output that it prints'
}

# at_terminal COMMAND: prints what COMMAND prints to a terminal.
at_terminal() {
  TERM=xterm command script -qec "$1" /dev/null </dev/null | tr -d '\r'
}

@test "names are coloured at a terminal, each in its own colour, and are aligned" {
  script_of 'start --name a -- echo 1' 'join a' 'start --name long -- echo 2' 'join long' \
    'start --name a -- echo 3' 'join a'
  mapfile -t seen < <(at_terminal "'$K3THREAD' run script 2>/dev/null")
  is "${seen[0]}" $'\e[0;36ma | \e[0m1'
  is "${seen[1]}" $'\e[0;33mlong | \e[0m2'
  is "${seen[2]}" $'\e[0;36ma    | \e[0m3'
}

@test "run respects NO_COLOR and a dumb terminal" {
  script_of 'start --name a -- echo 1'
  is "$(NO_COLOR=1 at_terminal "'$K3THREAD' run script 2>/dev/null")" 'a | 1'
  is "$(at_terminal "TERM=dumb '$K3THREAD' run script 2>/dev/null")" 'a | 1'
}

@test "no start after a failed one is begun, even of many starts in a row" {
  for i in {1..150}; do echo "start -- touch $i"; done >starts
  sed '101s/touch/no-such-command/' starts >script
  run -127 --separate-stderr k3 run script
  like "$stderr" "script:101: k3thread: start: FileNotFoundError: *'no-such-command'*"
  [ ! -e 102 ]
  [ ! -e 150 ]
  ls -A >left
  run -0 grep -cE '^[0-9]+$' left
  [ "$output" -le 100 ]
}

@test "an executable file that is no program ends the run" {
  printf '#!/no/such/interpreter\n' >bad
  chmod +x bad
  script_of 'start -- ./bad' 'start -- sleep 1000'
  run -127 --separate-stderr k3 run script
  like "$stderr" "script:1: k3thread: start: FileNotFoundError: *'./bad'*"
}

@test "a start of a file that may not be executed fails, and no later start is begun" {
  touch plain
  mkdir directory
  for what in plain directory; do
    script_of "start -- ./$what" 'start -- touch begun'
    run -126 --separate-stderr k3 run script
    like "$stderr" "script:1: k3thread: start: PermissionError: *'./$what'*"
    [ ! -e begun ]
  done
}

@test "the first of two failing lines counts, even if its failure is known later" {
  script_of 'start -- no-such-command' 'start --no-such-option'
  run -127 k3 run script
  like "$output" "*script:1: k3thread: start: FileNotFoundError: *"
}

@test "a failing start is reported at once while the next line is still being written" {
  mkfifo lines
  in_background run "$K3THREAD" run lines
  exec 4>./lines
  echo 'start -- no-such-command' >&4
  finish run 127
  exec 4>&-
  like "$(cat run.err)" "lines:1: k3thread: start: FileNotFoundError: *"
}

@test "run exits with the status of the first thread that failed" {
  script_of 'start --name a -- sh -c "exit 3"' 'start -- true' \
    'start -- sh -c "until [ -e go ]; do sleep 0.02; done; exit 5"'
  in_front run script
  wait_until "$DEADLINE" has_log
  touch go
  finish run 3
}

@test "daemons and threads that were asked to end do not count for the status of a run" {
  script_of 'daemon --name d -- false' 'start --name s -- sleep 1000' 'raise --wait s'
  k3 run script
}

@test "run exits with 128+N after a signal, and with 124 after a timeout" {
  script_of 'start -- sh -c "kill -USR1 \$\$"'
  run -138 k3 run script
  script_of 'start --timeout 0.05 -- sleep 1000'
  run -124 k3 run script
}

@test "the other threads go on when a thread fails, and --fail-fast ends them" {
  script_of 'start --name bad -- sh -c "exit 4"' \
    'start --name good -- sh -c "until \"$K3THREAD\" list --json bad | grep -q ended; do sleep 0.02; done; echo done"'
  run -4 k3 run script
  like "$output" '*good | done*'
  script_of 'start --name good -- sleep 1000' 'start --name bad -- sh -c "exit 4"'
  run -4 k3 run --fail-fast script 2>messages
  like "$output" '*good *no *SystemExit*'
}

@test "--any ends a run at the first end, even a successful one" {
  script_of 'start --name a -- sleep 1000' 'daemon -- true' 'start --name b -- true'
  k3 run --any script 2>messages
  like "$(summary_of a)" '*SystemExit, SIGTERM'
  script_of 'start --name a -- sleep 1000' 'start --name b -- sh -c "exit 6"'
  run -6 k3 run --any script
}

@test "a failing line ends the run with its status, and the error names the file and the line" {
  script_of '# first' 'start --name a -- sleep 1000' 'raise nobody' 'start -- touch late'
  run -3 k3 run script
  is "${lines[0]}" "script:3: k3thread: raise: InvalidThreadIdError: no live thread 'nobody'"
  unlike "$output" '*: status 3*'
  like "$output" '*a *SystemExit, SIGTERM'
  [ ! -e late ]
}

@test "a usage error in a line names the file and the line" {
  script_of 'strat'
  run -64 k3 run script
  is "${lines[0]}" "script:1: k3thread: no command 'strat'; did you mean 'start'?"
  script_of '' 'start --foo -- true'
  run -64 k3 run script
  is "${lines[0]}" "script:2: k3thread: start: unrecognized option '--foo'"
  unlike "$output" '*: status 64*'
  script_of 'start --after x -- true'
  run -64 k3 run script
  like "${lines[0]}" 'script:1: k3thread: start: ValueError: *'
}

@test "a command that does not exist gives 127, as in the shell" {
  script_of 'start -- ./nothing'
  run -127 k3 run script
  like "${lines[0]}" "script:1: k3thread: start: FileNotFoundError: *"
}

@test "--env sets a variable of start, and a variable before start is an error" {
  script_of 'X=1 start -- true'
  run -64 k3 run script
  like "${lines[0]}" "script:1: k3thread: no command 'X=1'*"
  script_of 'start --name a --env X=1 -- printenv X'
  is "$(k3 run -q script)" 'a | 1'
}

@test "a join that fails because its thread failed says so" {
  script_of 'start --name a -- sh -c "exit 9"' 'join a' 'start -- touch late'
  run -9 k3 run script
  is "${lines[0]}" 'script:2: k3thread: join: status 9'
  [ ! -e late ]
}

@test "a script can come from standard input, and can be executable" {
  is "$(echo 'start --name a -- echo "$1"' | k3 run - x 2>/dev/null)" 'a | x'
  printf '#!/usr/bin/env -S k3thread run\nstart --name a -- printf "%%s\\n" "$0" "$@"\n' >script
  chmod +x script
  PATH=$(dirname "$K3THREAD"):$PATH
  is "$(./script 'x y' --z 2>/dev/null)" $'a | ./script\na | x y\na | --z'
}

@test "run reports a script that cannot be read" {
  run -127 k3 run nothing
  is "$output" 'k3thread: run: FileNotFoundError: nothing: No such file or directory'
  run -126 k3 run .
  is "$output" 'k3thread: run: .: Is a directory'
  run -126 k3 run --procfile .
  is "$output" 'k3thread: run: .: Is a directory'
  run -64 k3 run
  like "$output" 'k3thread: run: no script*'
}

@test "the commands of a run use the run's supervisor, and not the caller's" {
  k3 start --name outside -- sleep 1000
  script_of 'start --name inside -- sh -c "$K3THREAD list | grep -c side"' 'join inside'
  is "$(k3 run script 2>/dev/null)" 'inside | 1'
}

@test "a run with a socket that the caller named can be found there, and leaves its logs" {
  script_of 'start --name a -- sh -c "until [ -e go ]; do sleep 0.02; done; echo x"'
  log k3thread -S "$dir/r.sock" run script
  in_background run "$K3THREAD" -S "$dir/r.sock" run script
  wait_until "$DEADLINE" k3 -S "$dir/r.sock" list a
  run -125 k3 -S "$dir/r.sock" run script
  like "$output" "k3thread: run: a supervisor is at $dir/r.sock already"
  touch go
  finish run
  is "$(cat r.logs/*/*.log)" x
}

@test "a run removes its own directory" {
  script_of 'start -- true'
  mkdir place
  XDG_RUNTIME_DIR=$dir/place k3 run script
  is "$(ls -A place)" ''
}

@test "a run has its directory in XDG_RUNTIME_DIR, else in TMPDIR, else in /tmp, and skips an unusable one" {
  mkdir runtime tmp
  script_of 'start -- sh -c "echo \$K3THREAD_SOCKET"'
  like "$(XDG_RUNTIME_DIR=$dir/runtime TMPDIR=$dir/tmp k3 run -q --no-prefix script)" "$dir/runtime/k3thread-run.*/run.sock"
  for runtime in '' relative "$dir/no" /proc "$dir/$(printf 'x%.0s' {1..100})"; do
    mkdir -p "$dir/$(printf 'x%.0s' {1..100})"
    like "$(XDG_RUNTIME_DIR=$runtime TMPDIR=$dir/tmp k3 run -q --no-prefix script)" "$dir/tmp/k3thread-run.*/run.sock"
    like "$(XDG_RUNTIME_DIR=$runtime TMPDIR='' k3 run -q --no-prefix script)" "/tmp/k3thread-run.*/run.sock"
  done
}

@test "a run that finds no directory for its supervisor names each directory that it tried" {
  needs_root
  script_of 'start -- true'
  run unshare --mount sh -c 'cp "$K3THREAD" /dev/shm/k3t.$$ && cp script /dev/shm/k3t.$$.script &&
    mount -t tmpfs -o ro none /tmp && cd / || exit 77
    XDG_RUNTIME_DIR=/no TMPDIR=/proc /dev/shm/k3t.$$ run /dev/shm/k3t.$$.script
    status=$?; rm /dev/shm/k3t.$$ /dev/shm/k3t.$$.script; exit $status'
  [ "$status" != 77 ] || skip "nothing can be mounted here"
  is "$status" 125
  is "$output" "k3thread: run: no directory for the supervisor; cannot make one in /no: No such file or directory; cannot make one in /proc: No such file or directory; cannot make one in /tmp: Read-only file system; TMPDIR names another place"
}

# places_of LOGS: prints the directories of the socket and of the log of a run's thread.
places_of() {
  k3 run -q --no-prefix script | sed 's|/k3thread-run\.[^/]*|/X|; s|/[0-9]*-[^/]*/1\.log||'
}

@test "the logs of a run without a named socket are in TMPDIR, else in /tmp" {
  mkdir runtime tmp
  export XDG_RUNTIME_DIR=$dir/runtime
  script_of 'start -- sh -c "dirname \"\$K3THREAD_SOCKET\"; readlink /proc/\$\$/fd/1; stat -c %a \"\$(dirname \"\$(dirname \"\$(dirname \"\$(readlink /proc/\$\$/fd/1)\")\")\")\""'
  is "$(TMPDIR=$dir/tmp places_of)" "$dir/runtime/X"$'\n'"$dir/tmp/X/logs"$'\n700'
  for none in '' relative "$dir/no" /proc; do
    is "$(TMPDIR=$none places_of)" "$dir/runtime/X"$'\n/tmp/X/logs\n700'
  done
  is "$(XDG_RUNTIME_DIR='' TMPDIR=$dir/tmp places_of)" "$dir/tmp/X"$'\n'"$dir/tmp/X/run.logs"$'\n700'
  is "$(HOME=/no TMPDIR=$dir/tmp places_of)" "$dir/runtime/X"$'\n'"$dir/tmp/X/logs"$'\n700'
  is "$(ls -A runtime tmp)" $'runtime:\n\ntmp:'
}

@test "a run has its logs in XDG_RUNTIME_DIR where no other directory can be written to" {
  needs_root
  script_of 'start -- sh -c "readlink /proc/\$\$/fd/1"'
  cat >confine <<'EOF'
shm=$(mktemp -d /dev/shm/k3t.XXXXXX) && cp "$K3THREAD" "$shm/k3thread" && cp script "$shm" || exit 77
mount -t tmpfs -o ro none /tmp && cd "$shm" || { rm -r "$shm"; exit 77; }
XDG_RUNTIME_DIR=$shm TMPDIR=/proc ./k3thread run -q --no-prefix script
status=$?; cd /; rm -r "$shm"; exit $status
EOF
  run unshare --mount sh confine
  [ "$status" != 77 ] || skip "nothing can be mounted here"
  is "$status" 0
  like "$output" '/dev/shm/k3t.*/k3thread-run.*/run.logs/*/1.log'
}

# On an overlay the device of a file differs from that of its directory.
@test "a run removes its own directory on a container's overlay" {
  needs_root
  script_of 'start -- true'
  mkdir lower layers place
  cat >contain <<'EOF'
mount -t tmpfs none layers && mkdir layers/upper layers/work || exit 77
mount -t overlay -o lowerdir=lower,upperdir=layers/upper,workdir=layers/work none place || exit 77
XDG_RUNTIME_DIR=$PWD/place "$K3THREAD" run script >out && ls -A place >left
EOF
  run unshare --mount sh contain
  [ "$status" != 77 ] || skip "no overlay can be mounted here"
  is "$status" 0
  is "$(cat left)" ''
}

is_empty() {
  [ -z "$(ls -A "$1")" ]
}

@test "the run's directories, and nothing else, are removed when the front is killed" {
  script_of 'start --name a -- sh -c "echo up >up; sleep 1000"' 'join a'
  mkdir place tmp && touch place/other tmp/other
  export XDG_RUNTIME_DIR=$dir/place TMPDIR=$dir/tmp
  in_front run script
  wait_for_file up
  is "$(find tmp -name 1.log | wc -l)" 1
  kill -KILL "${background[run]}"
  finish run 137
  rm place/other tmp/other
  wait_until "$DEADLINE" is_empty place
  wait_until "$DEADLINE" is_empty tmp
}

@test "a cleaner of temporary files finds the directories of a run locked as long as the run lasts" {
  script_of 'start -- sh -c "echo up >up; until [ -e go ]; do sleep 0.02; done"'
  mkdir place tmp
  XDG_RUNTIME_DIR=$dir/place TMPDIR=$dir/tmp in_front run script
  wait_for_file up
  for directory in place/* tmp/*; do
    run -1 flock --nonblock "$directory" true
  done
  touch go
  finish run
}

@test "the files beside a named socket stay when the front is killed" {
  mkdir named && chmod 700 named
  script_of 'start --name a -- sh -c "echo up; echo up >up; sleep 1000"' 'join a'
  in_background run "$K3THREAD" -S "$dir/named/r.sock" run script
  wait_for_file up
  guardian=$(K3THREAD_SOCKET=$dir/named/r.sock guardian_pid)
  kill -KILL "${background[run]}"
  finish run 137
  wait_until "$DEADLINE" refute_alive "$guardian"
  is "$(cat named/r.logs/*/*.log)" up
}

@test "supervise --private is refused without --lifeline" {
  run -64 k3 supervise --private
  like "$output" 'k3thread: supervise: --private also needs --lifeline*'
  for option in --listen-fd --lock-fd; do
    run -64 k3 supervise "$option=3"
    like "$output" 'k3thread: supervise: --listen-fd and --lock-fd go together*'
  done
  run -64 k3 supervise --agent=socket
  like "$output" 'k3thread: supervise: --agent also needs --lifeline*'
  for word in '' x 3x 2 -3 1000001; do
    run -64 k3 supervise --lock-fd="$word"
    like "$output" "k3thread: supervise: '$word' is not a descriptor*"
  done
  run -64 k3 supervise --lock-fd=1000000
  like "$output" 'k3thread: supervise: --listen-fd and --lock-fd go together*'
  [ -d "$dir" ]
}

@test "a script cannot start a supervisor that outlives it" {
  script_of 'shutdown' 'start -- sleep 1000'
  run -69 k3 run script
  like "${lines[0]}" 'script:2: k3thread: start: no supervisor at *'
}

@test "--slots limits how many threads of a run work at a time" {
  cat >look <<'EOF'
#!/bin/sh
until [ "$("$K3THREAD" list -q | wc -l)" = 3 ]; do sleep 0.02; done
"$K3THREAD" list >"seen by $K3THREAD_NAME"
EOF
  chmod +x look
  script_of 'start --name a -- ./look' 'start --name b -- ./look' 'start --name c -- ./look'
  k3 run --slots 1 script
  states() { for state in ended running queued; do grep -c "$state" "seen by $1" || :; done | paste -sd' '; }
  is "$(states a)" '0 1 2'
  is "$(states b)" '1 1 1'
  is "$(states c)" '2 1 0'
  run -64 k3 run --slots 0 script
}

# long_script LINE…: writes a script of 2500 threads that each print their number, with LINEs before and after.
long_script() {
  script_of "${1:-}" "$(seq 2500 | sed 's/^/start -- echo /')" "${2:-}"
}

@test "a long run forgets threads that have succeeded, all but the newest, and counts them" {
  cat >look <<'EOF'
#!/bin/sh
until [ "$("$K3THREAD" list --live -q | wc -l)" = 1 ]; do sleep 0.05; done
until n=$("$K3THREAD" list -q | wc -l) && [ "$n" -lt 1300 ]; do sleep 0.05; done
echo "$n" >seen
EOF
  chmod +x look
  long_script 'start --name early -- false' 'start -- ./look'
  run -1 --separate-stderr k3 run --slots 4 --no-prefix script
  printf '%s\n' "${lines[@]}" | sort -n | cmp - <(seq 2500)
  like "${stderr_lines[0]}" 'k3thread: run: 2501 ok, 1 failed, *s'
  like "${stderr_lines[2]}" 'early *no *s *exit 1'
  is "${#stderr_lines[@]}" 3
  [ "$(cat seen)" -gt 1000 ]
}

@test "a long run remembers each thread that a later line of its script may mean" {
  long_script 'start --name early -- true' 'join early'
  k3 run -q --slots 4 --no-prefix script | sort -n | cmp - <(seq 2500)
  long_script 'start --name early -- true' 'start --name late --needs early:succeeded -- true'
  k3 run -q --slots 4 script >output
  long_script
  k3 run -q --slots 4 --json r.json script >output
  is "$("$PYTHON" -I -S -c 'import json; print(len(json.load(open("r.json"))["threads"]))')" 2500
  k3 run -q --slots 4 --logs logs script >output
  is "$(find logs -type f | wc -l)" 2500
}

@test "a failure in a long script is told with its line" {
  long_script '' 'start --name a/b -- true'
  run -64 --separate-stderr k3 run -q --slots 4 script
  like "${stderr_lines[0]}" "script:2502: k3thread: start: *a/b*"
}

@test "the summary shows how each thread ended" {
  script_of 'start --name good -- true' 'start --name bad -- sh -c "exit 2"'
  run -2 --separate-stderr k3 run script
  is "$output" ''
  like "${stderr_lines[0]}" 'k3thread: run: 1 ok, 1 failed, * s'
  like "${stderr_lines[1]}" 'NAME *DAEMON *TIME *RESULT'
  like "${stderr_lines[2]}" 'good *no *s *exit 0'
  like "${stderr_lines[3]}" 'bad *no *s *exit 2'
  script_of 'start -- true'
  run -0 --separate-stderr k3 run script
  like "${stderr_lines[0]}" 'k3thread: run: 1 ok, * s'
  unlike "${stderr_lines[0]}" '*failed*'
  script_of 'start --name done -- true' 'join done' 'start --after 60 -- true' 'start -- sleep 60' 'start -d -- sleep 60' \
    'join nosuch'
  run -3 --separate-stderr k3 run script
  like "${stderr_lines[1]}" 'k3thread: run: 2 ok, 2 skipped, *'
  script_of ''
  run -0 k3 run script
  is "$output" ''
}

@test "--quiet omits the summary, and not the errors" {
  script_of 'start --name bad -- sh -c "exit 2"'
  run -2 k3 run --quiet script
  is "$output" ''
  run -2 k3 run -q script
  is "$output" ''
  script_of 'join nobody'
  run -3 k3 run -q script
  like "$output" 'script:1: k3thread: join: InvalidThreadIdError: *'
  run -64 k3 run --quiet=yes script
}

@test "no process is left when the front is killed" {
  script_of 'start --name a -- sh -c "echo \$\$ >pid; setsid sleep 1000 & echo \$! >pid2; wait"' 'join a'
  in_front run script
  wait_for_file pid pid2
  kill -KILL "${background[run]}"
  finish run 137
  wait_until "$DEADLINE" refute_alive "$(cat pid)" "$(cat pid2)"
  wait_until "$DEADLINE" refute_leaks
}

@test "run reports the death of its supervisor, and ends" {
  script_of 'start --name a -- sleep 1000' 'join a'
  in_front run script
  wait_until "$DEADLINE" supervisor_of_run
  kill -KILL "$(cat pid)"
  finish run 125
  grep -q 'the supervisor went away' run.err
}

# Succeeds when the script of the run in the background has ended.
script_is_gone() {
  [ "$(wc -w <"/proc/${background[run]}/task/${background[run]}/children")" = 1 ]
}

@test "a run whose supervisor dies before it has read the request to end ends as asked, without an error of its own" {
  script_of 'start --name a -- sleep 1000' 'join a'
  in_front run script
  wait_until "$DEADLINE" supervisor_of_run
  kill -STOP "$(cat pid)"
  kill -INT "${background[run]}"
  wait_until "$DEADLINE" script_is_gone
  kill -KILL "$(cat pid)"
  finish run 130
  is "$(grep '^k3thread: run: ' run.err | sed 's/, [0-9.]* s$//')" 'k3thread: run: 0 ok, 1 failed'
}

@test "run reports the death of its supervisor when the script has ended and a thread runs on" {
  script_of 'start --name a -- sleep 1000'
  in_background run "$K3THREAD" -S "$dir/r.sock" run script
  wait_until "$DEADLINE" runs_alone
  kill -KILL "$("$K3THREAD" -S "$dir/r.sock" version | sed -n 's/.*pid \([0-9]*\).*/\1/p')"
  finish run 125
  grep -q 'the supervisor went away' run.err
}

# Succeeds when the supervisor of the run has been told that the script has ended: it starts nothing more.
runs_alone() {
  # A start would begin a supervisor of its own if the run's one were not there yet.
  "$K3THREAD" -S "$dir/r.sock" list >/dev/null 2>&1 || return
  "$K3THREAD" -S "$dir/r.sock" start -- true 2>&1 | grep -q 'shutting down'
}

@test "run reports the death of its supervisor, not the line that failed because of it" {
  cat >killer <<'END'
#!/bin/sh
supervisor=$(sed -n 's/^Tgid:\t//p' "/proc/$PPID/status")
trap 'kill -KILL "$supervisor"' TERM
echo up
while :; do sleep 0.02; done
END
  chmod +x killer
  script_of 'start --name a --ready line:up ./killer' 'join --ready a' 'raise --wait a'
  run -125 k3 run script
  # raise may or may not have time to say that its connection was cut.
  like "$output" '*k3thread: run: the supervisor went away*'
}

@test "a reader that goes away ends the run" {
  script_of 'start --name a -- yes'
  run bash -c '"$K3THREAD" run script 2>/dev/null | head -1; echo "${PIPESTATUS[0]}"'
  is "$output" $'a | y\n141'
}

# Reads once everything is written and nothing is read; the pipe holds less than half of it.
late_reader() {
  local -x K3THREAD_SOCKET=$dir/r.sock
  wait_until "$DEADLINE" is_state a ended && touch go && cat
}

@test "run loses no output when its reader is slow" {
  script_of 'start --name a -- seq 30000' 'start -- sh -c "until [ -e go ]; do sleep 0.02; done"'
  "$K3THREAD" -S "$dir/r.sock" run --no-prefix script 2>messages | late_reader | cmp - <(seq 30000)
}

@test "run as process 1 reaps the orphans that other processes leave" {
  needs_root
  script_of "start --timeout $LIMIT -- ./a"
  cat >a <<'END'
#!/bin/sh
setsid sh -c 'touch one & touch two &'
until [ -e one ] && [ -e two ] && [ "$(pgrep -c touch)" = 0 ]; do sleep 0.02; done
END
  chmod +x a
  run -0 unshare --pid --fork --mount-proc "$K3THREAD" run script
}

@test "a script can run another script" {
  script_of 'run inner'
  echo 'start --name in -- echo x' >inner
  is "$(k3 run script 2>/dev/null)" 'in | x'
}

# --- what a run says of its threads ---

@test "run names the thread whose end ends all, and its status" {
  printf 'web: sleep 1000\nworker: exit 3\n' >Procfile
  run -3 --separate-stderr k3 run --quiet --procfile Procfile
  is "$stderr" "k3thread: run: 'worker' ended (exit 3), which ends all"
  script_of 'start --name a -- sleep 1000' 'start --name b -- true'
  run -0 --separate-stderr k3 run --quiet --any script
  is "$stderr" "k3thread: run: 'b' ended (exit 0), which ends all"
  script_of 'start --name a -- sleep 1000' 'start --name b -- sh -c "kill -KILL \$\$"'
  run -137 --separate-stderr k3 run --quiet --fail-fast script
  is "$stderr" "k3thread: run: 'b' ended (SIGKILL), which ends all"
}

@test "run reports a daemon that fails, with its last lines, after its output" {
  script_of 'daemon --name d -- sh -c "seq 9; printf x; exit 4"' \
    'start --name a -- sh -c "until grep -q failed out; do sleep 0.02; done"'
  k3 run --quiet script >out 2>&1
  is "$(cat out)" "$(seq -f 'd | %g' 9)"$'\nd | x\n'"k3thread: run: the daemon 'd' failed (exit 4); its last lines:"$'\n  6\n  7\n  8\n  9\n  x'
}

@test "--fail-fast ends a run when a daemon fails" {
  script_of 'daemon --name d -- sh -c "exit 4"' 'start --name a -- sleep 1000'
  run -4 --separate-stderr k3 run --quiet --fail-fast script
  is "$stderr" "k3thread: run: the daemon 'd' failed (exit 4)"$'\n'"k3thread: run: 'd' ended (exit 4), which ends all"
}

@test "run does not report a daemon that succeeds or was asked to end" {
  script_of 'daemon --name d -- true' 'daemon --name e -- sleep 1000' 'join d' 'raise --wait e' 'start -- true'
  run -0 --separate-stderr k3 run --quiet script
  is "$stderr" ''
}

@test "run says why a thread never ran: its need has ended, or its command does not exist" {
  script_of 'daemon --name db --ready line:never -- true' 'start --name web --needs db -- true' \
    'start --name late --after 0.05 -- ./nothing'
  run -125 k3 run --quiet script
  like "$output" "*k3thread: run: 'web' was not run: thread 'db' (id 1), which it needs, ended before it was ready*"
  like "$output" "*k3thread: run: 'late' was not run: cannot run './nothing': No such file or directory*"
  script_of 'start --name now -- ./nothing'
  run -127 k3 run --quiet script
  is "${#lines[@]}" 1
  script_of 'start --name first -- sleep 0.1' 'start --name queued -- ./nothing'
  run -127 k3 run --quiet --slots 1 script
  is "$output" "k3thread: run: 'queued' was not run: cannot run './nothing': No such file or directory"
}

@test "run reports a restart" {
  script_of 'start --name a --restart on-failure:1 -- sh -c "exit 3"'
  run -3 --separate-stderr k3 run --quiet script
  is "$stderr" "k3thread: run: 'a' ended (exit 3); its run 2 begins"
  script_of 'start --name a --restart on-failure:1 --timeout 0.1 -- sleep 1000'
  run -124 --separate-stderr k3 run --quiet script
  is "$stderr" "k3thread: run: 'a' ended (TimeoutError, SIGTERM); its run 2 begins"
}

@test "a run whose script starts only daemons says why it ends at once" {
  script_of 'daemon -- sleep 1000'
  run -0 k3 run --quiet script
  like "$output" 'k3thread: run: the script started only daemons, which end with it; *'
  script_of 'daemon -- sleep 1000' 'start -- true'
  run -0 k3 run --quiet script
  is "$output" ''
}

@test "run says why a thread got TimeoutError, in its message and in the table" {
  script_of 'daemon --name d --ready line:never --ready-timeout 0.1 -- sleep 1000' 'join --ready d'
  run -125 --separate-stderr k3 run script
  like "$stderr" "*k3thread: run: the daemon 'd' failed (TimeoutError, SIGTERM): not ready within 0.1 s: line:never"$'\n*'
  like "$stderr" '*d *yes *TimeoutError, SIGTERM: not ready within 0.1 s: line:never'
  script_of 'start --name a -- sleep 1000' 'raise -m "no more" a RuntimeError'
  run -143 --separate-stderr k3 run --any script
  like "$stderr" "*k3thread: run: 'a' ended (RuntimeError, SIGTERM): no more, which ends all"*
}

@test "run --timeout raises TimeoutError in all threads, and ends the script" {
  script_of 'daemon --name d -- sleep 1000' 'start --name bad -- sh -c "exit 3"' \
    'start --name a -- sh -c "trap \"echo saved; exit 5\" TERM; echo up; while :; do sleep 0.02; done"' 'join a' 'start -- touch late'
  run -124 k3 run --timeout 2 script
  like "$output" '*a | saved*'
  like "$output" '*k3thread: run: TimeoutError: not over after 2.0s*'
  like "$output" '*d *yes *TimeoutError, SIGTERM*'
  like "$output" '*a *no *TimeoutError, exit 5*'
  [ ! -e late ]
  script_of 'start -- true'
  k3 run --timeout 1h script
  run -64 k3 run --timeout x script
}
