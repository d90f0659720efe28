#!/usr/bin/env bats
# The tests of the parts leave nothing out.

load ../cli/helpers

@test "each case of each program is run" {
  for source in "$BATS_TEST_DIRNAME"/*/*.c; do
    program=$(basename "$(dirname "$source")")/$(basename "$source" .c)
    for name in $("$PARTS/$program"); do
      grep -qE "PARTS/$program\" $name( |;|\$)" "$BATS_TEST_DIRNAME"/*.bats || echo "$program $name"
    done
  done >left-out
  is "$(cat left-out)" ''
}
