#!/usr/bin/env bats
# BATS_TEST_TIMEOUT holds for every test that loads one of the helpers, whatever the test waits for.

# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0

# ends_in_time STATEMENTS: a test of these, which would wait for minutes, fails by its time limit.
ends_in_time() {
  printf '%s\n' "source '$BATS_TEST_DIRNAME/deadline.bash'" '@test "it hangs" {' "$1" '}' \
    >"$BATS_TEST_TMPDIR/hangs.bats"
  # The inner bats gets no setting of this suite, and not its descriptor 3.
  run -1 env -i PATH="${PATH//"$BATS_LIBEXEC":/}" BATS_TEST_TIMEOUT=1 \
    timeout -s KILL 60 bats --tap "$BATS_TEST_TMPDIR/hangs.bats" 3>&-
  [[ $output = *'# timeout after 1s'* ]] || { echo "$output" && false; }
}

@test "a test that hangs in a command ends at its time limit" {
  ends_in_time 'sleep 300'
}

@test "a test that hangs in run, a substitution or a group ends at its time limit" {
  ends_in_time 'run sleep 300'
  ends_in_time 'value=$(sleep 300)'
  ends_in_time '(sleep 300; true)'
}

@test "a test whose programs do not end when they are asked ends at its time limit" {
  ends_in_time 'run bash -c "trap : TERM; while :; do sleep 300 & wait; done"'
}
