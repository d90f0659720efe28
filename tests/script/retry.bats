#!/usr/bin/env bats
# run --retry: only what failed in an earlier run.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load runs

# ran: prints which threads of the result file r.json were run, in order.
ran() {
  "$PYTHON" -I -S -c 'import json; print(*(t["name"] for t in json.load(open("r.json"))["threads"]))'
}

# again WORD…: runs again what failed according to r.json, and writes the results into the same file.
again() {
  k3 run -q --json r.json --retry r.json "$@"
}

# result_of EXIT_STATUS NAME:FAILED…: writes r.json, as a run with these threads would.
result_of() {
  "$PYTHON" -I -S -c '
import json, sys
threads = [dict(zip(("name", "failed"), (w[: w.rindex(":")], w.endswith("true")))) for w in sys.argv[2:]]
json.dump({"exit_status": int(sys.argv[1]), "threads": threads}, open("r.json", "w"))' "$@"
}

@test "only the threads that failed are run again, from and into the same file, until none fails" {
  script_of 'start --name a -- true' 'start --name b -- test -e b' 'start --name c -- test -e c' \
    'start --name d -- true'
  run -1 k3 run -q --json r.json script
  touch b
  run -1 again script
  is "$(ran)" 'b c'
  is "$("$PYTHON" -I -S -c 'import json; print(*json.load(open("r.json"))["left_out"])')" 'a d'
  touch c
  again script
  is "$(ran)" c
  cp r.json before
  run -0 again script
  is "$output" 'k3thread: run: no thread failed in r.json'
  cmp r.json before
}

@test "of --each, the words that failed are run again, by their names" {
  printf '%s\n' a b a c/d a 7 >words
  run -1 k3 run -q --json r.json --each test x{} = xb <words
  is "$(ran)" 'a b a-2 c_d a-3 word-7'
  printf '#!/bin/sh\necho "<$1>"; test "$1" = a\n' >check
  chmod +x check
  run -1 k3 run -q --slots 1 --no-prefix --json r.json --retry r.json --each ./check <words
  is "$output" $'<a>\n<a>\n<c/d>\n<a>\n<7>'
  is "$(ran)" 'a a-2 c_d a-3 word-7'
  run -0 k3 run -q --slots 1 --no-prefix --retry r.json --each echo <words
  is "$output" $'c/d\n7'
  printf 'x\0y\nz\0' | { run -1 k3 run -q --json r.json -0 --each test x = && true; }
  printf 'x\0y\nz\0' | k3 run --no-prefix -q --retry r.json -0 --each echo >out
  is "$(cat out)" $'y\nz'
}

@test "with a failed thread run the threads that it needs, and the daemons" {
  script_of 'daemon --name service -- sleep 1000' 'start -d --name other-service -- sleep 1000' \
    'start --name first -- true' \
    'start --name second --needs first:ended -- true' 'start --name other -- true' \
    'start --name third --needs=second -- false'
  run -1 k3 run -q --json r.json script
  run -1 again script
  is "$(ran)" 'service other-service first second third'
  # Of threads with the same name, the last one before the need.
  script_of 'start --name n -- true' 'join n' 'start --name n -- sh -c "echo second"' 'start --name n-2 -- true' \
    'start --name x --needs n -- true' 'join n' 'start --name n -- true'
  result_of 1 n:false n:false n-2:false x:true n:false
  is "$(k3 run -q --json r.json --retry r.json script)" 'n | second'
  is "$(ran)" 'n x'
}

@test "other commands work on the threads that are run again, and are left out if there is none" {
  script_of 'start --name good -- true' 'start --name bad -- sh -c "test -e fixed"' \
    'join good' 'logs -n 1 good' 'raise --wait -m bad good' "join 'go*'" 'list -q good bad' 'list good'
  result_of 1 good:false bad:true
  touch fixed
  k3 run -q --no-prefix --retry r.json script >out
  is "$(cat out)" 1
  script_of 'start --name good -- true' 'start --name bad -- false' 'join good bad'
  run -1 again script
  like "$output" 'script:3: k3thread: join: status 1'
}

@test "a thread without a name is run again under the name that it had" {
  script_of 'start -- true' 'start -- false' 'start --name x -- true' 'start --env=A=1 -- false'
  run -1 k3 run -q --json r.json script
  run -1 again script
  is "$(ran)" 'Thread-2 Thread-4'
  run -1 again script
  is "$(ran)" 'Thread-2 Thread-4'
}

@test "of threads with the same name, the one that failed is run again, and all if their number has changed" {
  script_of 'start --name a -- true' 'join a' 'start --name a -- sh -c "echo second; exit 1"'
  run -1 k3 run -q --json r.json script
  run -1 again script
  is "$(ran)" a
  like "$output" '*second*'
  run -1 again script
  is "$(ran)" 'a a'
}

@test "what a run did not come to, or ended too early, is run too" {
  script_of 'start --name a -- true' 'start --name long -- sleep 1000' 'start --name bad -- test -e fixed' \
    'join a bad' 'start --name late -- true' 'raise long'
  run -1 k3 run -q --json r.json script
  is "$(ran)" 'a long bad'
  touch fixed
  again script
  is "$(ran)" 'long bad late'
  run -0 again script
  is "$output" 'k3thread: run: no thread failed in r.json'
}

@test "a thread without a result is named, and not run" {
  script_of 'start --name a -- true' 'start --name b -- true' 'start --name c -- true'
  result_of 1 a:false b:true gone:true
  run -0 again script
  like "${lines[0]}" "k3thread: run: not run, for lack of a result in r.json: 'c'"
  like "${lines[1]}" "k3thread: run: failed in r.json, but not in script: 'gone'"
  is "$(ran)" b
  seq 9 >words
  result_of 0 word-1:false
  run -0 k3 run --retry r.json --each true <words
  is "$output" "k3thread: run: no thread failed in r.json; not run, for lack of a result there: 'word-2', 'word-3', 'word-4' and 5 more"
}

@test "a file with nothing that is in the script is refused, before anything runs or is emptied" {
  script_of 'start --name a -- touch ran'
  result_of 1 x:true y:false
  cp r.json before
  run -64 again script
  is "$output" "k3thread: run: nothing that failed in r.json is in script: 'x'"
  script_of 'start --name a -- false' 'join a'
  run -1 k3 run --json r.json script
  script_of 'start --name b -- touch ran'
  run -64 again script
  result_of 3
  run -64 k3 run --retry r.json script
  like "$output" 'k3thread: run: no thread failed in r.json, but its run did, with the status 3; *'
  [ ! -e ran ]
}

@test "a file that is not one of --json is refused, before anything runs" {
  script_of 'start --name a -- touch ran'
  is_refused() {
    run -64 k3 run --retry file script
    is "${#lines[@]}" 1
    like "$output" "k3thread: run: file is not a file of run --json: $1"
  }
  : >file
  is_refused 'it is empty*'
  echo 'no json' >file
  is_refused '*'
  for content in 1 '[]' '{}' '{"threads": {}}'; do
    echo "$content" >file
    is_refused '*'
  done
  for content in 1 '{}' '{"name": "a"}' '{"name": 1, "failed": true}' '{"name": "a", "failed": 1}'; do
    echo "{\"threads\": [$content]}" >file
    is_refused 'a thread lacks "name" or "failed"'
  done
  run -64 k3 run --retry no/such script
  is "$output" 'k3thread: run: cannot read no/such: No such file or directory'
  run -64 k3 run --retry . script
  run -64 k3 run --retry
  run -64 k3 run --retry file --procfile Procfile
  like "${lines[0]}" '*--retry goes with a script or --each*'
  [ ! -e ran ]
}

@test "names of any bytes are found again" {
  printf 'start --name "\377" -- false\nstart --name "a b" -- false\nstart --name c -- true\n' >script
  run -1 k3 run -q --json r.json script
  run -1 again script
  is "$("$PYTHON" -I -S -c 'import json; print(len(json.load(open("r.json"))["threads"]))')" 2
}

@test "a script that is wrong, or that names threads by ids, is refused before anything runs" {
  result_of 1 a:true
  for line in '"' 'start --no-such-option -- true' 'join 1' 'start --name b --needs 1 -- true'; do
    script_of 'start --name a -- touch ran' "$line"
    [ "$line" != 'start --name b --needs 1 -- true' ] || result_of 1 a:true b:true
    run -64 k3 run --retry r.json script
    like "${lines[0]}" 'script:2: *'
    [ ! -e ran ]
  done
}

@test "the lines of a script mean the same with --retry" {
  result_of 1 a:true
  script_of 'start --name a -- test "$1" = "one word" -a -n "$HOME" -a -S "$K3THREAD_SOCKET"'
  run -0 k3 run -q --retry r.json script 'one word'
  k3 run -q --retry r.json - 'one word' <script
}

@test "an interrupt while the words are read leaves nothing behind" {
  result_of 1 a:true
  mkfifo words
  in_background reader sh -c 'exec "$K3THREAD" run --retry r.json --each echo <words'
  exec {words}>words
  echo a >&"$words"
  wait_until "$DEADLINE" is_read
  kill -TERM "${background[reader]}"
  finish reader 143
  exec {words}>&-
  is "$(compgen -G 'k3thread-run*')" ''
}

@test "a signal while a run waits for the other end of a pipe leaves nothing behind" {
  result_of 1 a:true
  script_of 'start --name a -- touch ran'
  mkfifo pipe
  for options in '--retry pipe' '--json pipe' '--retry r.json --junit pipe' '--trace pipe' '--report pipe'; do
    for signal in INT TERM HUP; do
      # shellcheck disable=SC2086
      in_background opener "$PYTHON" -I -S -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$K3THREAD" run $options script
      wait_until "$DEADLINE" waits_for_partner "${background[opener]}"
      kill "-$signal" "${background[opener]}"
      finish opener '1[0-9][0-9]'
      is "$options: $(compgen -G 'k3thread-run*')" "$options: "
    done
  done
  [ ! -e ran ]
}

# Succeeds if the process PID opens a pipe whose other end is not open. Its system call is openat, on either processor.
waits_for_partner() {
  [[ $(<"/proc/$1/wchan") = *wait_for_partner* || $(<"/proc/$1/syscall") = @(257|56)\ * ]]
}

@test "a run again refuses an endless file at once, or an input that memory cannot hold" {
  result_of 1 a:true
  script_of 'start --name a -- true'
  run -64 k3 run --retry /dev/zero script
  is "$output" 'k3thread: run: /dev/zero is not a file of run --json: it holds a NUL byte'
  printf '\0' >nul
  run -64 k3 run --retry nul script
  like "$output" '*: it holds a NUL byte'
  run -125 k3 run --retry r.json --each echo </dev/zero
  is "$output" 'k3thread: run: stdin: File too large'
}

# Succeeds if the run has read what is in the pipe.
is_read() {
  [ "$("$PYTHON" -I -S -c 'import fcntl, struct, sys, termios
print(struct.unpack("i", fcntl.ioctl(int(sys.argv[1]), termios.FIONREAD, b"1234"))[0])' "$words")" = 0 ]
}

@test "ten thousand words, of which one failed" {
  seq 10000 >words
  result_of 1 word-9999:true
  is "$(k3 run -q --no-prefix --retry r.json --each echo <words 2>messages)" 9999
  is "$(wc -l <messages)" 1
}
