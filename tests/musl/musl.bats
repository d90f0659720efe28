#!/usr/bin/env bats
# The library with musl, in static programs: a handful of its tests. make check-musl runs all of them.

load ../lib/helpers

setup_file() {
  command -v musl-gcc >/dev/null || skip 'there is no musl-gcc'
  [ -z "${SANITIZE-}" ] || skip 'musl has no sanitizers'
  MUSL_LDFLAGS=-static "$BATS_TEST_DIRNAME/make" "$BATS_FILE_TMPDIR/build" -s -j2 \
    "$BATS_FILE_TMPDIR"/build/tests/lib/{try,cleanup,safepoint,wait,effect,gone,exit} >&2
}

setup() { PROGRAMS=$BATS_FILE_TMPDIR/build/tests/lib; }

@test "musl: no function of the program's is glibc's" {
  run -0 readelf -lW "$PROGRAMS/try"
  [[ $output != *INTERP* ]]
}

@test "musl: exceptions are caught, and cleanups run" {
  for name in types rethrow throw-in-handler deep leave-body; do t try "$name"; done
  for name in order mixed left pop throw; do t cleanup "$name"; done
}

@test "musl: cleanups run on pthread_exit" {
  t cleanup pthread-exit
  t cleanup pthread-exit-in-cleanup
  t cleanup pthread-exit-in-attribute
}

@test "musl: a raise stops a busy loop, and the callers of a function that only computes are cleaned up" {
  t safepoint busy
  t safepoint callers
}

@test "musl: a raise ends each wait that is blocked" { t wait blocked; }
@test "musl: a cancelled wait leaves no trace" { t wait cancelled; }
@test "musl: a wait for a condition loses no signal" { t effect cond-signal; }
@test "musl: the stack of a thread that is gone is freed" { t gone stacks; }
@test "musl: the process waits for its threads" { t exit status; }
