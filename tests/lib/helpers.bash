# shellcheck shell=bash
# Has the functions that the tests of the library share.

bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PROGRAMS=${BUILD:-$ROOT/build}/tests/lib
RUNNER=${RUNNER-}
export K3THREAD_TEST_SO=${BUILD:-$ROOT/build}/libk3thread.so

# shellcheck source=tests/deadline.bash
source "$ROOT/tests/deadline.bash"
# Allocated memory is not zero by chance, and freed memory does not keep its content.
export MALLOC_PERTURB_=90
export VALGRIND_OPTS="--suppressions=$ROOT/tests/lib/valgrind.supp"

# Runs one case of a program, in a process that has a deadline of its own: `t PROGRAM CASE`. Sanitizers
# report on standard error, and end the process with an error.
t() {
  [ -e "$PROGRAMS/$1" ] || [ -z "${LIBC-}" ] || skip 'there is no C++ for this C library'
  # shellcheck disable=SC2086  # a command and its arguments
  $RUNNER "$PROGRAMS/$1" "$2"
}

# Skips a test that ThreadSanitizer itself cannot run, for the given reason.
needs_no_tsan() {
  [[ ${SANITIZE-} != *thread* ]] || skip "$1"
}

# Skips a test that another C library than glibc cannot run, for the given reason. make check-musl sets
# LIBC.
needs_glibc() {
  [ -z "${LIBC-}" ] || skip "$1"
}

# Skips a test that valgrind itself cannot run, for the given reason.
needs_no_runner() {
  [ -z "$RUNNER" ] || skip "${1-a tracer and valgrind cannot both step through the program}"
}

# Runs a command, and shows its output also when it succeeds: how many points it has tried.
says_how_many() {
  local said
  said=$("$@")
  printf '%s\n' "$said" | sed 's/^/# /' >&3
}
