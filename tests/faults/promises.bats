#!/usr/bin/env bats
# k3thread(7) names a test for each promise: the test is there.

@test "each test that the page of promises names exists" {
  cd "$BATS_TEST_DIRNAME/../.."
  promises=0
  while read -r file name; do
    grep -qxF "@test \"$name\" {" "$file" || { echo "$file has no test \"$name\"" && false; }
    promises=$((promises + 1))
  done < <(sed -n '/^\.Pa tests\/.* :$/ { N; s/^\.Pa \(.*\) :\n\.Dq /\1 /p }' man/k3thread.7)
  [ "$promises" -gt 30 ]
  # None is written in another way, which the line above would miss.
  [ "$promises" = "$(grep -c '^\.Pa tests/' man/k3thread.7)" ]
}
