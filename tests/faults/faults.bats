#!/usr/bin/env bats
# Short forms of make check-faults.

setup() {
  cd "$BATS_TEST_DIRNAME" || return
  : "${BUILD:=$PWD/../../build}" "${K3THREAD:=$BUILD/k3thread}"
  export BUILD K3THREAD
}

# Beside other tests there is more time than the second that make check-faults allows.
@test "kills at random points leave no process, falsify and lose no status, and a new start works" {
  KILLS=25 SECONDS_MAX=5 timeout -s KILL 120 python3 -B kills.py
}

# inject PHASE [POINTS]: lets a few calls of each function fail.
inject() {
  POINTS=${2-1} timeout -s KILL 120 python3 -B inject.py "$1"
}

@test "a supervisor whose calls fail while it comes up says why, or serves" {
  inject birth
}

@test "a supervisor whose calls fail while it reads a request lives on" {
  inject request 0
}

@test "a supervisor whose calls fail while it serves reports a clear error, harms no thread, and works afterwards" {
  inject service
}

@test "a supervisor whose calls fail while it is shut down or killed leaves no process" {
  inject death
  inject murder
}

@test "a command whose calls fail prints a message, and neither crashes nor hangs" {
  inject client
  inject launch
}

@test "a run whose calls fail on the way to another machine ends, leaves no process, and names the reason" {
  inject carrier
}
