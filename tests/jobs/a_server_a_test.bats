#!/usr/bin/env bats
# A bats suite whose tests have a server each, which never outlives its test. The suites are in a_server_a_test/.

# shellcheck disable=SC2154

load job

# suite NAME WORD…: runs the suite with a bats of its own.
suite() {
  needs redis-server redis-cli bats
  env -i PATH="${PATH//"$BATS_LIBEXEC":/}" TMPDIR="$dir" K3THREAD="$K3THREAD" \
    HELPER="$ROOT/tests/service/k3thread.bash" BATS_TEST_TIMEOUT=2 \
    timeout -s KILL "$DEADLINE" bats --tap "$ROOT/tests/jobs/a_server_a_test/$1.bats" 3>&-
}

@test "each test has a server of its own, which is gone when the test has ended" {
  run -0 suite good
  refute_leaks
}

@test "a test that fails, hangs, loses its server or leaves another one leaves nothing either, and says why" {
  run -1 suite bad
  is "$(grep -c '^not ok' <<<"$output")" 4
  is "$(grep -c '^# .*Ready to accept connections' <<<"$output")" 4
  like "$output" "*'sh' left process * ('redis-server unixsocket:*left.sock*"
  refute_leaks
}
