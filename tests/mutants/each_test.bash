# shellcheck shell=bash
# Sourced by each bash below bats (BASH_ENV). Gives each test of a file marks of its own: the directory $MARKS/NUMBER.
if [[ $0 == */bats-exec-test ]]; then
  mount --bind "$MARKS/${*: -3:1}" "$BUILD/marks"
  unset BASH_ENV MARKS
fi
