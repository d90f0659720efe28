#!/usr/bin/env bats
# The process: the exit rule, the excepthook, fork.

load helpers

@test "exit: main's return waits for threads" {
  run -0 t exit return-from-main
  [ "$output" = waited ]
}

@test "exit: exit(n) waits and keeps its status" { t exit status; }
@test "exit: daemons are dropped" { t exit daemons; }
@test "exit: from a thread" { t exit from-thread; }
@test "exit: from the only thread" { t exit from-only-thread; }
@test "exit: _exit waits for nothing" { t exit _exit; }
@test "exit: a fatal signal waits for nothing" { t exit signal; }
@test "exit: threads that are started meanwhile are waited for" { t exit started-during; }
@test "exit: a second one while the first waits ends its thread alone" {
  [[ ${SANITIZE-} != *address* ]] || skip 'its leak checker says that it could not stop a thread that is gone'
  t exit two-exits
}
@test "exit: waits for threads that an atexit function starts" { t exit late-function; }
@test "exit: a daemon that hangs in a destructor is dropped" { t exit daemon-destructor; }
@test "exit: a join of the thread that exits returns" { t exit main-joined; }
# As the C library does from 2.41 on: a second thread that exits waits for the first one.
@test "exit: a second one does not meet the lock that the first one holds" {
  [ -z "${SANITIZE-}" ] || skip "a sanitizer's library would have to come first"
  needs_no_runner 'it would be loaded into valgrind itself'
  cd "$BATS_TEST_TMPDIR"
  cat >lock.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void exit(int status)
{
    pthread_mutex_lock(&lock);
    ((void (*)(int))(uintptr_t) dlsym(RTLD_NEXT, "exit"))(status);
    __builtin_unreachable();
}
END
  cat >program.c <<'END'
#include <k3thread.h>
#include <stdlib.h>

static void *exit_later(void *arg)
{
    k3thread_sleep(0.05);
    exit(5);
    return arg;
}

int main(void)
{
    k3thread_start(NULL, exit_later, NULL, NULL);
    exit(3);
}
END
  "$CC" -shared -fPIC -o lock.so lock.c
  "$CC" -fexceptions -I"$ROOT/lib/include" -o program program.c -L"$BUILD" -lk3thread -Wl,-rpath,"$BUILD"
  LD_PRELOAD=$BUILD/libk3thread.so:$PWD/lock.so run -3 timeout -s KILL 20 ./program
}

@test "shutdown: waits before the atexit functions run, within its timeout" { t exit shutdown; }
@test "shutdown: does not wait for its caller" { t exit shutdown-in-thread; }
@test "shutdown: is an interruptible wait" { t exit shutdown-interrupted; }
@test "exit: threads that wait out their after are waited for" { t exit delayed; }
@test "exit: a raise in the thread that exits does not cut it short" { t exit raised-during; }
@test "exit: the last thread is gone altogether" { t exit last-gone; }
@test "exit: adopted threads are not waited for" { t exit adopted; }

@test "exit: an exception that nobody catches in main ends the process, after its threads" {
  t exit main-ends
}

@test "excepthook: the default prints a line, but of SystemExit" { t exit default-hook; }
@test "excepthook: one's own, with thread, exception and mask" { t exit own-hook; }
@test "excepthook: one that throws" { t exit throwing-hook; }
@test "excepthook: of adopted threads" { t exit hook-of-adopted; }

# What threads of the child do, ThreadSanitizer cannot follow.
fork() {
  needs_no_tsan 'it has no threads in a child that a process with threads has forked'
  t fork "$1"
}

needs_no_asan() {
  [[ ${SANITIZE-} != *address* ]] || skip 'a lock of its allocator may be held for ever in the child'
}

@test "fork: from main" { fork main; }
@test "fork: from a thread" { fork thread; }
@test "fork: from a thread that the library does not know" { fork unknown; }
@test "fork: the child's thread returns" { fork returned; }
@test "fork: what is pending is kept" { t fork pending; }
@test "fork: while all locks are busy" {
  needs_no_asan
  fork load
}
@test "fork: what was a thread of the parent's is joined after others have started" { fork joined-late; }
@test "fork: the records of the parent's threads are freed" { t gone records-in-a-child; }
@test "fork: the stack of a thread that was joined in the parent is given back" {
  needs_no_tsan 'it has no threads in a child that a process with threads has forked'
  t gone stack-in-a-child
}
@test "fork: handlers of the program that call the library" { t fork handlers; }
@test "fork: at each lock of another thread's end" {
  needs_no_asan
  says_how_many fork steps-of-an-end
}
@test "fork: at each lock of another thread's calls" {
  needs_no_asan
  says_how_many fork steps-of-calls
}
