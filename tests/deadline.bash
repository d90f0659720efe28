# shellcheck shell=bash
# The time limits of the tests.

# How many times as long as usual each step may take. make check-arm64 sets it for a processor that is emulated. What
# the tests assert about time stays the same.
: "${SLOWNESS:=1}"
export SLOWNESS

# When BATS_TEST_TIMEOUT is over, bats asks the test's own children to end, and then waits until no process
# holds its output: for ever, if a `run`, a substitution or a function had started one. This takes the
# place of that function of bats, and kills every process that the test started.

# bats_kill_childprocesses_of PID: kills every process below PID, except the caller, which is one of them.
bats_kill_childprocesses_of() {
  local pid
  for pid in $(ps -o pid= --ppid "$1"); do
    [ "$pid" != "$BASHPID" ] || continue
    kill -STOP "$pid" && bats_kill_childprocesses_of "$pid"
    kill -KILL "$pid"
  done
}
