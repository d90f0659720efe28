#!/usr/bin/env bats
# The process: the exit rule, the excepthook, fork.

load helpers

@test "exit: main's return waits for threads" {
  run -0 t exit return-from-main
  [ "$output" = waited ]
}

@test "exit: exit(n) waits and keeps its status" { t exit status; }
@test "exit: does not wait for daemons" { t exit daemons; }
@test "exit: a thread may call it, and it waits for the other threads" { t exit from-thread; }
@test "exit: the only thread may call it" { t exit from-only-thread; }
@test "exit: _exit waits for nothing" { t exit _exit; }
@test "exit: a fatal signal waits for nothing" { t exit signal; }
@test "exit: waits for threads that are started meanwhile" { t exit started-during; }
@test "exit: a second call during the first one ends only its own thread" {
  [[ ${SANITIZE-} != *address* ]] || skip 'its leak checker says that it could not stop a thread that is gone'
  t exit two-exits
}
@test "exit: the status of main stands also if another thread exits before the library waits" {
  needs_glibc 'only glibc tells the library when main returns'
  [[ ${SANITIZE-} != *address* ]] || skip 'its leak checker says that it could not stop a thread that is gone'
  t exit second-exit-early
}
@test "exit: a second call by a thread that the library does not know ends only that thread" {
  [[ ${SANITIZE-} != *address* ]] || skip 'its leak checker says that it could not stop a thread that is gone'
  t exit foreign-exit
}
@test "shutdown: its timeout holds for the destructors of a thread, too" { t exit shutdown-destructor; }
@test "exit: waits for threads that an atexit function starts" { t exit late-function; }
@test "exit: does not wait for a daemon that hangs in a destructor" { t exit daemon-destructor; }
@test "exit: a join of the thread that exits returns" { t exit main-joined; }
# The preloaded exit takes a lock, as the exit of glibc does from 2.41 on.
@test "exit: a second call does not wait for the lock that the first one holds" {
  [ -z "${SANITIZE-}" ] || skip "a sanitizer's library would have to come first"
  needs_no_runner 'it would be loaded into valgrind itself'
  command -v "$CC" >/dev/null || skip 'no compiler'
  cd "$BATS_TEST_TMPDIR"
  cat >lock.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>

static pthread_mutex_t lock;

__attribute__((constructor)) static void make_lock(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &attributes);
}

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
  run -3 timeout -s KILL 20 env LD_PRELOAD="$BUILD/libk3thread.so:$PWD/lock.so" ./program
}

@test "shutdown: waits before the atexit functions run, at most its timeout" { t exit shutdown; }
@test "shutdown: does not wait for its caller" { t exit shutdown-in-thread; }
@test "shutdown: is an interruptible wait" { t exit shutdown-interrupted; }
@test "exit: waits for delayed threads" { t exit delayed; }
@test "exit: a raise in the thread that exits does not end the wait" { t exit raised-during; }
@test "exit: waits until the last thread is gone" { t exit last-gone; }
@test "exit: does not wait for adopted threads" { t exit adopted; }

@test "exit: an uncaught exception in main ends the process, after its threads" {
  t exit main-ends
}

@test "excepthook: the default prints one line, except for SystemExit" { t exit default-hook; }
@test "excepthook: a hook of the program gets the thread and the exception, with the mask NEVER" { t exit own-hook; }
@test "excepthook: an exception that it throws is dropped" { t exit throwing-hook; }
@test "excepthook: is called for adopted threads" { t exit hook-of-adopted; }

# Runs a case of fork whose child has threads, which ThreadSanitizer cannot follow.
fork() {
  needs_no_tsan 'it has no threads in a child that a process with threads has forked'
  t fork "$1"
}

needs_no_asan() {
  [[ ${SANITIZE-} != *address* ]] || skip 'a lock of its allocator may be held for ever in the child'
}

@test "fork: the main thread forks, and the library works in the child" { fork main; }
@test "fork: a thread forks, and the library works in the child" { fork thread; }
@test "fork: a foreign thread forks" { fork unknown; }
@test "fork: the child ends when its thread returns" { fork returned; }
@test "fork: pending exceptions stay pending in the child" { t fork pending; }
@test "fork: works while all locks are busy" {
  needs_no_asan
  fork load
}
@test "fork: in the child, a join of the parent's thread returns also after other threads have started" { fork joined-late; }
@test "fork: the child frees the records of the parent's threads" { t gone records-in-a-child; }
@test "fork: the child frees the stack of a thread that was joined in the parent" {
  needs_no_tsan 'it has no threads in a child that a process with threads has forked'
  needs_glibc 'musl does not release its lock when the thread that forked ends in the child'
  t gone stack-in-a-child
}
@test "fork: handlers of the program may call the library" { t fork handlers; }
@test "fork: works at each lock that another thread's end takes" {
  needs_no_asan
  says_how_many fork steps-of-an-end
}
@test "fork: works at each lock that another thread's calls take" {
  needs_no_asan
  says_how_many fork steps-of-calls
}

@test "parts: instants are reckoned to the nanosecond, and rounded up" { t parts time; }
@test "parts: an attachment begins, is asked, and ends, in this order" { t attach_state state; }
@test "parts: an attachment leaves nothing for the next one, and no reply is lost" { t attach_state anew; }
@test "parts: a message of the supervisor is read, and anything else is refused" { t parts messages; }
@test "parts: names are escaped for a shell, and texts are cut between characters" {
  t parts names
  t parts texts
}
@test "parts: the record of a thread has room for its name" { t parts records; }
@test "parts: a safepoint finds a call without a landing pad in each form of the table" { t parts calls; }
@test "parts: a stack is not smaller than asked for" { t parts stacks; }
@test "parts: 64 types are published, each under a name of its own" { t parts published; }
@test "parts: lines to the supervisor are sent whole, or not at all" { t connection sent; }
@test "parts: lines of the supervisor are received in any pieces, and an endless line is refused" {
  t connection received
  t connection endless
}
@test "parts: the supervisor's permit is received once" { t connection permit; }
@test "parts: a connection to a supervisor that is busy is tried again" { t connection opened; }

@test "attach: the environment names the supervisor, or there is none" { t attach environment; }
@test "attach: a process attaches and detaches any number of times, and tells what it publishes" { t attach attached; }
@test "attach: each refusal is an error of its own, and leaves no descriptor and no thread" { t attach refused; }
@test "attach: a supervisor that does not answer is left after ten seconds" { t attach silent; }
@test "attach: the hidden thread serves what comes, and sleeps while nothing comes" { t attach serves; }
@test "attach: a lost connection is made again, after pauses that grow, sixteen times" { t attach reconnects; }
@test "attach: a process that is refused does not connect again" { t attach gives-up; }
@test "attach: a child of a process that attaches has no copy of the connection" { t attach forks; }
@test "attach: the supervisor is told of the exception that ends the process" { t attach_end uncaught; }
@test "attach: exit ends the attachment, before the handlers that are older than it" { t attach_end exit; }
@test "attach: the hidden thread ends when no other thread is left" {
  needs_no_tsan 'it has a thread of its own'
  needs_glibc 'in a forked child, musl does not release its lock when the main thread ends'
  t attach_end last
}
@test "attach: a child of an attached process has no copy of the connection" { t attach_end child; }
@test "attach: each thread is told when it begins and when it ends" { t tell threads; }
@test "attach: a thread that does not run yet is no news" { t tell start; }
@test "attach: news may begin again, and each live thread is told once" { t tell again; }
@test "attach: a forked child has no news" {
  needs_no_tsan 'it has no threads in a child that a process with threads has forked'
  t tell child
}
@test "attach: published types and requests are told once" { t tell types; }
@test "attach: nothing more is told when the connection is lost" { t tell lost; }
@test "attach: an exception is raised with a permit, and each failure has its reply" { t tell raise; }

@test "exit: AddressSanitizer finds no leak when main ends by pthread_exit" {
  needs_glibc 'there is no sanitizer for this C library'
  needs_no_runner 'valgrind cannot run AddressSanitizer'
  [ -z "${SANITIZE-}" ] || skip 'the library is built for another sanitizer'
  command -v "${CC:-cc}" >/dev/null || skip 'no compiler'
  cd "$BATS_TEST_TMPDIR"
  cat >program.c <<'END'
#include <k3thread.h>
static void *work(void *arg)
{
    return arg;
}
int main(void)
{
    k3thread_start(0, work, 0, 0);
    pthread_exit(0);
}
END
  "${CC:-cc}" -fsanitize=address -fexceptions -I"$ROOT/lib/include" program.c -o program \
    -L"${BUILD:-$ROOT/build}" -lk3thread -Wl,-rpath,"${BUILD:-$ROOT/build}" -pthread
  ./program
}
