#!/usr/bin/env bats
# Safepoints, and exhaustive injection: an exception at every edge of a scenario.

load helpers

@test "safepoint: a raise stops a busy loop" { t safepoint busy; }
@test "safepoint: masks hold" { t safepoint masks; }
@test "safepoint: a block in the loop catches the exception" { t safepoint caught; }
@test "safepoint: a raise before the target has begun is thrown inside it" { t safepoint before-target; }
@test "safepoint: the caller of a function that only computes is cleaned up" { t safepoint callers; }
@test "safepoint: a caller in C++ of a function that only computes is cleaned up" { t safepoint_cxx callers; }
@test "safepoint: a raise stops a busy loop of C++" { t safepoint_cxx busy; }
@test "safepoint: a block in a loop of C++ catches the exception" { t safepoint_cxx caught; }
@test "safepoint: END throws on, out of a function of C++" { t safepoint_cxx thrown-on; }

@test "safepoint: only a program that asks for the hook has it" {
  nm "$PROGRAMS/safepoint" | grep ' [Tt] __sanitizer_cov_trace_pc$'
  # The whole name, because a sanitizer's runtime has functions whose names begin so.
  run -1 grep -q ' __sanitizer_cov_trace_pc$' <(nm "$PROGRAMS/raise")
  run -1 grep -q ' __sanitizer_cov_trace_pc$' <(nm "${PROGRAMS%/tests/lib}/libk3thread.so")
}

# Uses each compiler that is installed, whichever has built the rest.
@test "safepoint: works with gcc and with clang" {
  [ -z "$RUNNER$SANITIZE" ] || skip 'the library would need its runtime'
  needs_glibc 'the two compilers are for glibc'
  for cc in gcc clang; do
    command -v "$cc" >/dev/null || continue
    suffix=$([ "$cc" = gcc ] || echo _clang)
    flags=$(sed -n "s/^safepoint_cflags$suffix=//p" "$ROOT/lib/k3thread.pc.in")
    # shellcheck disable=SC2086
    "$cc" -O2 $flags -D_GNU_SOURCE -I"$ROOT/lib/include" -fexceptions -pthread \
      -o "$BATS_TEST_TMPDIR/$cc" "$BATS_TEST_DIRNAME/safepoint.c" \
      "${PROGRAMS%/tests/lib}/libk3thread_safepoint.a" "${PROGRAMS%/tests/lib}/libk3thread.a"
    "$BATS_TEST_TMPDIR/$cc" callers
    "$BATS_TEST_TMPDIR/$cc" busy
    "$BATS_TEST_TMPDIR/$cc" caught
  done
}

@test "every edge: producer and consumer" { says_how_many t inject producer-consumer; }
@test "every edge: resources" { says_how_many t inject resources; }
@test "every edge: nested handlers" { says_how_many t inject nested; }
@test "every edge: a loop of checkpoints" { says_how_many t inject polite; }
@test "every edge: time limits and shields" { says_how_many t inject limited; }
