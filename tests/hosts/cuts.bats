#!/usr/bin/env bats
# A short form of the cuts of make check-hosts.

# shellcheck disable=SC2154

load hosts

@test "cut off at a random moment, nothing is left, no status is wrong and nothing runs twice" {
  "$PYTHON" -I -S -B "$BATS_TEST_DIRNAME/cuts.py" "${CUTS:-24}" "${SEED:-$(date +%s)}"
}
