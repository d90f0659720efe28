#!/usr/bin/env bats
# Terminals of commands on another machine: as tests/cli/attach.bats has them for one.

# shellcheck disable=SC2016,SC2154

load placed
load ../cli/terminals

PREFIX=C-\\ # the key in front of d, by which a user leaves a terminal

setup() {
  begin_test
  begin_placed
  begin_terminals
}

teardown() {
  end_tmux || :
  end_placed
}

has_size() {
  [ "$(stty size <"$(readlink "/proc/$(k3_field "$1" pid)/fd/0")")" = "$2" ]
}

has_logged() {
  [[ $(k3 logs "$1") == *"$2"* ]]
}

@test "--tty gives a command on another machine a terminal, and its output is in the log here" {
  k3 start -n a --tty -- sh -c 'test -t 0 && test -t 1 && stty size; echo $K3THREAD_HOSTNAME; exit 3'
  run -3 k3 join a
  is "$(k3 logs a | tr -d '\r')" $'24 80\nfar'
  seq 100000 >numbers
  k3 start -n b --tty -o "$dir/copy" -- cat numbers
  k3 join b
  tr -d '\r' <copy | cmp - numbers
}

@test "a send that a terminal's input has not taken whole counts its own bytes, not the key that ends the input" {
  k3 start -n a --tty --after 1000 -- cat
  script <<'END'
# The pipe to the worker, which nobody reads yet, has room for all bytes and for one of the two keys.
failure = fails(-32005, "TimeoutError", "send", thread="a", text="x" * 65535, eof=True, timeout=0)
assert failure.data["taken"] == 65535, failure.data
END
}

@test "attach joins a terminal on another machine: keys, interrupt, size, and ^\\ d" {
  k3 start -n a --tty -- sh -c 'trap "echo interrupted" INT; echo begun
    while :; do read -r line && echo "<$line>"; done'
  sit user 20 60
  type_at user 'k3 attach a' Enter
  see user begun
  wait_until "$DEADLINE" has_size a '20 60'
  is "$(k3_field a attached)" true
  type_at user 'hello' Enter
  see user '<hello>'
  type_at user C-c
  see user interrupted
  sit watcher 22 62
  type_at watcher 'k3 attach a' Enter
  see watcher '<hello>'
  wait_until "$DEADLINE" has_size a '22 62'
  type_at watcher "$PREFIX" d
  see watcher "[detached from thread 'a']"
  wait_until "$DEADLINE" has_size a '20 60'
  k3 raise a SIGKILL
  see user "[thread 'a' has ended]"
}

@test "a program at a terminal on another machine draws its screen again for a viewer" {
  k3 start -n a --tty -- sh -c 'trap "stty size" WINCH; echo begun; while :; do sleep 0.01; done'
  sit user
  type_at user 'k3 attach a' Enter
  wait_until "$DEADLINE" has_logged a $'24 79\r\n24 80'
}

@test "send writes to a terminal on another machine, and --eof ends its input, also in the next run" {
  k3 start -n a --tty -- sh -c 'stty -echo; echo begun; exec cat'
  for run in 1 2; do
    wait_until "$DEADLINE" eval '[ "$(k3 logs a | grep -c begun)" = "$run" ]'
    k3 send a one
    printf 'two' | k3 send --timeout "$LIMIT" a
    wait_until "$DEADLINE" eval '[ "$(k3 logs a | grep -c one)" = "$run" ]'
    k3 send --eof a three
    k3 join a
    [ "$run" = 2 ] || k3 restart a
  done
  is "$(k3 logs a | tr -d '\r')" $'begun\none\ntwothree\n--- run 2, after exit 0 ---\nbegun\none\ntwothree'
}
