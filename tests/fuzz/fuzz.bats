#!/usr/bin/env bats
# Each fuzzer's seeds, and every input that once crashed one, without a fuzzer. See tests/fuzz/run.

setup() {
  cd "$BATS_TEST_DIRNAME" || return
}

# run_files NAME: every file there is for a fuzzer.
run_files() {
  local files
  files=$(find "seeds/$1" "crashes/$1" -type f 2>/dev/null | sort)
  [ -n "$files" ]
  # shellcheck disable=SC2086
  timeout -s KILL 60 "${BUILD:-../../build}/tests/fuzz/$1" $files
}

@test "the wire: what clients say" {
  run_files wire
}

@test "bytes in JSON" {
  run_files bytes
}

@test "a script's words" {
  run_files words
}

@test "times, names, patterns, exceptions, places and readiness" {
  run_files parsers
}

@test "the command line" {
  run_files arguments
}

@test "each fuzzer has a test, seeds and a dictionary" {
  for file in *.c; do
    name=${file%.c}
    [ "$name" != driver ] || continue
    grep -q "run_files $name\$" fuzz.bats
    [ -n "$(ls "seeds/$name")" ]
    [ -s "$name.dict" ]
    grep -q "^FUZZERS := .*\<$name\>" rules.mk
  done
}
