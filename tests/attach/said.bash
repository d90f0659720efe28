# shellcheck shell=bash
# What a program of the tests has said, which is in the file NAME.out.

# shellcheck disable=SC2154  # dir is that of helpers.bash

has_said() {
  grep -sqxF -- "$2" "$dir/$1.out"
}

# said NAME LINE…: waits until the program has said each line.
said() {
  local name=$1 line
  shift
  for line; do
    wait_until "$DEADLINE" has_said "$name" "$line"
  done
}
