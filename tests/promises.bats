#!/usr/bin/env bats
# k3thread(7) makes promises, each under a short name; tests/promises.md names the tests of each.

# shellcheck disable=SC2016  # the backticks are Markdown's

setup() {
  cd "$BATS_TEST_DIRNAME/.." || return
  page=man/k3thread.7
  table=tests/promises.md
}

# Prints the names of the promises in the manual page PAGE.
promises_of_page() {
  sed -n '/^\.Ss Nothing is left behind/,/^\.Sh IN BATS/s/^\.It Sy \([a-z-]*\)$/\1/p' "$1"
}

# Prints the rows of TABLE, as "PROMISE<tab>FILE<tab>TEST".
rows_of_table() {
  sed -n 's/^| `\([^`]*\)` | `\([^`]*\)` | `\([^`]*\)` |$/\1\t\2\t\3/p' "$1"
}

# Prints each mismatch between PAGE and TABLE on a line.
findings() {
  comm -23 <(promises_of_page "$1" | sort) <(rows_of_table "$2" | cut -f1 | sort -u) |
    sed 's/^/no row: /'
  comm -13 <(promises_of_page "$1" | sort) <(rows_of_table "$2" | cut -f1 | sort -u) |
    sed 's/^/no promise: /'
  promises_of_page "$1" | sort | uniq -d | sed 's/^/twice in the page: /'
  rows_of_table "$2" | while IFS=$'\t' read -r _ file name; do
    grep -qsxF "@test \"$name\" {" "$file" || echo "no test: $file: $name"
  done
}

@test "every promise of k3thread(7) has its tests, and every test exists" {
  findings "$page" "$table" >"$BATS_TEST_TMPDIR/found"
  cat "$BATS_TEST_TMPDIR/found"
  [ ! -s "$BATS_TEST_TMPDIR/found" ]
  [ "$(promises_of_page "$page" | wc -l)" -gt 45 ]
  # Each line of the table except its heading is a row, and each item of the page is a promise.
  [ "$(rows_of_table "$table" | wc -l)" = "$(grep -c '^| `' "$table")" ]
  [ "$(promises_of_page "$page" | wc -l)" = \
    "$(sed -n '/^\.Ss Nothing is left/,/^\.Sh IN BATS/p' "$page" | grep -c '^\.It')" ]
}

@test "the check finds a promise without a row" {
  grep -v '^| `sigkill` ' "$table" >"$BATS_TEST_TMPDIR/table"
  [ "$(findings "$page" "$BATS_TEST_TMPDIR/table")" = 'no row: sigkill' ]
}

@test "the check finds a row without a promise" {
  sed 's/^\.It Sy sigkill$/.It Sy sigstop/' "$page" >"$BATS_TEST_TMPDIR/page"
  [ "$(findings "$BATS_TEST_TMPDIR/page" "$table")" = $'no row: sigstop\nno promise: sigkill' ]
}

@test "the check finds a row whose test or file does not exist" {
  sed 's/^\(| `sigkill` .*\)` |$/\1 indeed` |/; s/^| `inodes` | `/&no/' "$table" >"$BATS_TEST_TMPDIR/table"
  run findings "$page" "$BATS_TEST_TMPDIR/table"
  [ "${#lines[@]}" = 2 ]
  [[ ${lines[0]} = 'no test: tests/cli/ending.bats: SIGKILL '*' indeed' ]]
  [[ ${lines[1]} = 'no test: notests/faults/exhaustion.bats: '* ]]
}
