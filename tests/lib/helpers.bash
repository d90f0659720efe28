# shellcheck shell=bash
# What the tests of the library share.

bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PROGRAMS=${BUILD:-$ROOT/build}/tests/lib
RUNNER=${RUNNER-}
export K3THREAD_TEST_SO=${BUILD:-$ROOT/build}/libk3thread.so

# shellcheck source=tests/deadline.bash
source "$ROOT/tests/deadline.bash"
# Memory is not zero by chance when it is allocated, and not what it was when it is freed.
export MALLOC_PERTURB_=90
export VALGRIND_OPTS="--suppressions=$ROOT/tests/lib/valgrind.supp"

# One case of a program, in a process that has a deadline of its own: `t PROGRAM CASE`. Sanitizers say
# what they found on standard error, and end the process with an error.
t() {
  [ -e "$PROGRAMS/$1" ] || [ -z "${LIBC-}" ] || skip 'there is no C++ for this C library'
  # shellcheck disable=SC2086  # a command and its arguments
  $RUNNER "$PROGRAMS/$1" "$2"
}

# What ThreadSanitizer itself cannot do, for the reason that is given.
needs_no_tsan() {
  [[ ${SANITIZE-} != *thread* ]] || skip "$1"
}

# What another C library than glibc cannot do, for the reason that is given. make check-musl sets LIBC.
needs_glibc() {
  [ -z "${LIBC-}" ] || skip "$1"
}

# What valgrind itself cannot do, for the reason that is given.
needs_no_runner() {
  [ -z "$RUNNER" ] || skip "${1-a tracer and valgrind would both want to be the one who steps}"
}

# Runs a command, and shows what it printed also when it succeeds: how many points it has swept.
says_how_many() {
  local said
  said=$("$@")
  printf '%s\n' "$said" | sed 's/^/# /' >&3
}
