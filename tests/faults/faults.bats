#!/usr/bin/env bats
# Short forms of make check-faults.

setup() {
  cd "$BATS_TEST_DIRNAME" || return
  : "${BUILD:=$PWD/../../build}" "${K3THREAD:=$BUILD/k3thread}"
  export BUILD K3THREAD
}

# A machine that is busy with tests is not asked for the second that make check-faults asks for.
@test "kills at random points: nothing is left, no status is wrong or lost, a new start works" {
  KILLS=25 SECONDS_MAX=5 timeout -s KILL 120 python3 -B kills.py
}

# inject PHASE [POINTS]: a few calls of each function.
inject() {
  POINTS=${2-1} timeout -s KILL 120 python3 -B inject.py "$1"
}

@test "calls that fail while a supervisor comes up: it says why, or serves" {
  inject birth
}

@test "calls that fail while it reads a request: it lives" {
  inject request 0
}

@test "calls that fail while it serves: a clear error, threads unharmed, all well afterwards" {
  inject service
}

@test "calls that fail while it is shut down, or killed: nothing is left" {
  inject death
  inject murder
}

@test "calls that fail in commands: a message, no crash, no hang" {
  inject client
  inject launch
}
