#!/usr/bin/env bats
# k3thread_test of the helper that make install ships: a test that leaves a process behind fails.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load ../cli/helpers
load k3thread.bash

# suite_of LINE…: runs a suite whose only test has these lines, and prints what bats prints.
suite_of() {
  {
    printf '%s\n' "load $ROOT/tests/service/k3thread.bash" '@test "one" {' "$@" '}'
  } >suite.bats
  env -i PATH="${PATH//"$BATS_LIBEXEC":/}" TMPDIR="$dir" K3THREAD="$K3THREAD" \
    timeout -s KILL "$DEADLINE" bats --tap suite.bats 3>&-
}

@test "a test whose command leaves a process behind fails, and names the process" {
  run -1 suite_of "k3thread_test sh -c 'setsid sleep 1000 & echo \$! >$dir/pid'"
  like "${lines[1]}" 'not ok 1 one*'
  like "$output" "*# k3thread: run: 'sh' left process $(cat pid) (sleep 1000)*"
  refute_alive "$(cat pid)"
}

@test "a test whose command leaves nothing behind passes" {
  run -0 suite_of "k3thread_test sh -c 'true | true'" "k3thread_test bash -c 'head -1 <(yes)'"
  is "${lines[1]}" 'ok 1 one'
}

@test "the function ends as the command does, and passes on its words and its output" {
  run -7 k3thread_test sh -c 'printf "<%s>" "$@"; exit 7' - 'a b' '$x' "it's" $'two\nlines' '' '{}' -q
  is "$output" $'<a b><$x><it\'s><two\nlines><><{}><-q>'
  run -143 k3thread_test sh -c 'kill $$'
  run -0 k3thread_test cat
  is "$output" ''
}

@test "a daemon that hides is found: a double fork, closed descriptors, an empty environment" {
  for how in 'fork setsid fork chdir close' 'setsid' 'sibling'; do
    rm -f pid
    # shellcheck disable=SC2086
    run -1 k3thread_test sh -c 'env -i "$@" & while [ ! -s pid ]; do sleep 0.01; done' \
      - "$HELPERS/creature" "$dir/pid" $how
    like "$output" "*'sh' left process $(cat pid) (*creature*)*"
  done
}

@test "the message has the address on which the process listens" {
  run -1 k3thread_test "$PYTHON" -I -S -c '
import os, socket, time
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
if os.fork() == 0: time.sleep(1000)
print(server.getsockname()[1])'
  like "$output" "*left process *listening on 127.0.0.1:${lines[0]})"
}

@test "after k3thread_setup the command finds the supervisor of the suite" {
  K3THREAD_SOCKET='' k3thread_setup
  k3thread_service nap -- sleep 1000
  run -0 k3thread_test "$K3THREAD" list -q nap
  is "$output" 1
  run -0 k3thread_test sh -c 'echo "${K3THREAD_ID-none}"'
  is "$output" none
  run -0 k3thread_teardown
}

@test "a missing command, no command, and a function are refused in one line" {
  run -127 k3thread_test /nowhere/at-all
  like "$output" '*FileNotFoundError*/nowhere/at-all*'
  run -64 k3thread_test
  is "$output" 'k3thread_test: no command'
  helper() { :; }
  run -64 k3thread_test helper
  is "$output" "k3thread_test: 'helper' is a function; k3thread_test runs programs, such as bash -c '...'"
}
