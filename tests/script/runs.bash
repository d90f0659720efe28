# shellcheck shell=bash
# What the tests of `run` share.

# shellcheck disable=SC2154

load ../cli/helpers

setup() {
  begin_test
  export XDG_RUNTIME_DIR=$dir TMPDIR=$dir # a run makes its directories here
}

# script_of LINE…: writes a script of these lines to the file script.
script_of() {
  printf '%s\n' "$@" >script
}

# in_front NAME WORD…: runs k3thread run WORD… in the background; its pid is ${background[NAME]}.
in_front() {
  local name=$1
  shift
  log k3thread run "$@"
  in_background "$name" "$K3THREAD" run "$@"
}

# refuses_unwritable OPTION OTHER…: a file of a result that cannot be written is an error, and so is one file for
# two results.
refuses_unwritable() {
  local option=$1 other
  shift
  script_of 'start --name a -- touch ran'
  run -125 k3 run "$option" no/such/file script
  like "$output" 'k3thread: run: cannot write no/such/file: No such file or directory'
  [ ! -e ran ]
  run -125 k3 run -q "$option" /dev/full script
  like "$output" 'k3thread: run: cannot write /dev/full: No space left on device'
  for other; do
    run -64 k3 run "$other" same "$option" same script
    like "$output" "k3thread: run: $other and $option need different files*"
  done
}

wait_for_text() {
  wait_until "$DEADLINE" grep -qe "$2" "$1"
}

# Succeeds if a thread of the run has started.
has_log() {
  [ -n "$(find . -path '*.logs/*/1.log')" ]
}

refute_file() {
  [ ! -e "$1" ]
}

# Succeeds if the supervisor of the run answers; its pid goes to the file pid.
supervisor_of_run() {
  K3THREAD_SOCKET=$(echo "$dir"/k3thread-run.*/run.sock) supervisor_pid >pid
  [ -s pid ]
}

# Prints the line of NAME in the summary.
summary_of() {
  grep "^$1 " messages | tr -s ' '
}
