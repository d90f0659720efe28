#!/usr/bin/env bats
# Every raise into processes that die, fork, exec, detach and are stopped at random gets a true reply. This is the
# short form of `make check-arrivals`.

load ../cli/helpers

@test "every raise into a storm of processes gets a true reply" {
  k3 start -- true
  PYTHONPATH=$ROOT/tests/cli timeout --foreground -s KILL $((120 * SLOWNESS)) "$PYTHON" -S -B "$ROOT/tests/attach/storm.py" \
    "$HELPERS/../attach/storm" 2000 "${SEED:-$RANDOM}"
}
