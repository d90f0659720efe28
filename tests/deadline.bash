# shellcheck shell=bash
# When BATS_TEST_TIMEOUT is over, bats asks the test's own children to end, and then waits for whoever
# holds its output: for ever, if a `run`, a substitution or a function had started it. This takes the
# place of that function of bats, and kills all that came of the test.

# bats_kill_childprocesses_of PID: all below PID, but for the caller, who is one of them.
bats_kill_childprocesses_of() {
  local pid
  for pid in $(ps -o pid= --ppid "$1"); do
    [ "$pid" != "$BASHPID" ] || continue
    kill -STOP "$pid" && bats_kill_childprocesses_of "$pid"
    kill -KILL "$pid"
  done
}
