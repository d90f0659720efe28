#!/usr/bin/env bats
# Each fuzzer's seeds, and every input that once crashed it, without libFuzzer. See tests/fuzz/run.

setup() {
  cd "$BATS_TEST_DIRNAME" || return
}

# run_files NAME: runs a fuzzer over every file that there is for it.
run_files() {
  local files
  files=$(find "seeds/$1" "crashes/$1" -type f 2>/dev/null | sort)
  [ -n "$files" ]
  # shellcheck disable=SC2086
  timeout -s KILL 60 "${BUILD:-../../build}/tests/fuzz/$1" $files
}

@test "the server withstands what clients send" {
  run_files wire
}

@test "the encoding of bytes in JSON withstands any bytes" {
  run_files bytes
}

@test "the reader of scripts withstands any line" {
  run_files words
}

@test "the parsers of times, names, patterns, exceptions, places and readiness withstand any text" {
  run_files parsers
}

@test "the parsers of the command line withstand any words" {
  run_files arguments
}

@test "the reader of a terminal's output withstands any bytes, and a replay of them asks the terminal nothing" {
  run_files terminal
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
