#!/usr/bin/env bats
# Threads: start, identity, join; raises into them and their queues.

load helpers

@test "start: join gives what the target returned" { t start returns-value; }
@test "start: join gives the exception that ended it, with its message" { t start returns-exception; }
@test "start: the defaults" { t start defaults; }
@test "start: which names are legal" { t start names; }
@test "start: errors leave the output alone, and no thread" { t start start-errors; }
@test "start: the stack is as large as asked for" { t start stack-size; }
@test "start: after delays the target" { t start after; }
@test "start: daemons are daemons" { t start daemon; }
@test "join: errors leave the output alone" { t start join-errors; }
@test "join: by many threads, many times" { t start join-by-many; }
@test "find: by name the oldest, by id, live ones only" { t start find; }
@test "list: live threads in order of id" { t start list; }
@test "identity: tid, references, what outlives the thread" { t start identity; }
@test "identity: the kernel knows the name" { t start kernel-name; }
@test "identity: the kernel's name is cut between characters" { t start kernel-name-cut; }
@test "identity: an id is never used twice" { t start ids; }
@test "errno is left alone" { t start errno; }
@test "errors have names" { t start error-names; }
@test "exceptions: the tree" { t start tree; }
@test "ten thousand threads live at once" { t many live; }

@test "gone: the records of threads that nobody joined" { t gone records; }
@test "gone: what was pending in them" { t gone queues; }
@test "gone: the stack of one whose joiner did not wait" { t gone stack-after-a-timeout; }
@test "gone: code that runs in a thread after its end" { t gone late-code; }
@test "gone: a thread that met the library in its last destructor" {
  needs_no_tsan 'its runtime has left the thread before the last destructor'
  t gone last-round
}
@test "gone: their stacks" { t gone stacks; }
@test "join: waits for the thread's destructors, within its timeout" { t gone join-destructors; }
@test "join: one thread's destructors hold up no other" { t gone others-go-on; }
@test "gone: the stack of one whose join was given up" { t instants give-up-and-end; }

@test "without memory: a start says so, and leaves no thread" { t memory start; }
@test "without memory: a raise says so" { t memory send; }
@test "without memory: what is thrown has its reserve" { t memory throw; }
@test "without memory: a second one waits for it" { t memory second-throw; }
@test "without memory: the result of a thread has what ended it" { t memory end; }
@test "without memory: an adoption waits for it" { t memory adoption; }
@test "without memory: the table of threads stays as small as it is" { t memory table; }

@test "queue: exceptions are thrown in order" { t queue order; }
@test "queue: when it is full, sending says so and loses none" { t queue overflow; }
@test "queue: take gives the oldest, or leaves the output alone" { t queue take; }
@test "queue: sender and message arrive" { t queue sender; }
@test "queue: a raise in oneself waits for the next checkpoint" { t queue self; }
@test "send: errors" { t queue errors; }
@test "send: wakes also when the user's queue of signals is full" { t queue full-signal-queue; }
@test "send: what is pending when the target returns is dropped" { t queue return; }
@test "send: a thread that ends masked has returned" { t queue masked-end; }

@test "raise: during after the target is never called" { t raise after; }
@test "raise: before the target has begun it is thrown inside it" { t raise before-target; }
@test "raise: into a masked thread" { t raise masked; }
@test "raise: into a handler, and into FINALLY" { t raise handler; }
@test "raise: a foreign call returns EINTR" { t raise foreign-call; }
@test "raise: never thrown out of malloc" { t raise malloc; }
@test "raise: never thrown out of a signal handler" { t raise signal-handler; }
@test "raise: wakes a wait that a restarting handler interrupted" {
  needs_no_tsan 'it runs a handler when the call is over, and this call is restarted before'
  needs_no_runner 'valgrind does not block what a context says, and the wake-up comes too early'
  t raise restarting-handler
}
@test "raise: wakes also when that handler's signal has come again" {
  needs_no_tsan 'it runs a handler when the call is over, and this call is restarted before'
  needs_no_runner 'valgrind does not block what a context says, and the wake-up comes too early'
  t raise restarting-handlers
}
@test "raise: racing the end gives 0 or InvalidThreadIdError" { t raise race-end; }
@test "raise: the thread ends while it is raised in" { t instants raise-and-end; }
@test "raise: its kernel's id is its own while it is woken" { t instants wake-and-end; }
@test "raise: the thread that is waited for ends meanwhile" { t instants join-and-end; }
@test "join: of a thread that could not be created" { t instants join-and-no-start; }
@test "raise: two threads raise into each other" { t raise each-other; }
@test "raise: into a thread that the library did not start" { t raise adopted; }
@test "raise: such a thread ends as by pthread_exit" { t raise adopted-ends; }
@test "raise: into MainThread" { t raise main-thread; }
@test "raise: returns at once" { t raise at-once; }

@test "stack: what is asked for, beside large thread-local variables" { t tls small; }
@test "stack: the smallest, beside large thread-local variables" { t tls smallest; }

@test "data: is freed behind the handler" { t data caught; }
@test "data: is freed also when the handler is left in other ways" { t data left; }
@test "data: lives as long as an exception that is thrown on" { t data reraised; }
@test "data: is freed when another exception takes its place" { t data replaced; }
@test "data: of an exception that is taken is the taker's" { t data taken; }
@test "data: of what is pending at the end is freed" { t data dropped; }
@test "data: of what ended a thread lives with its record" { t data result; }
@test "data: stays the sender's when the raise fails" { t data not-sent; }
@test "data: without a function, and a function without data" { t data halves; }
@test "value: what the target returned" { t data value; }
@test "value: what ended the thread is thrown, with its cause" { t data thrown-value; }
@test "value: through a chain of threads" { t data causes; }
@test "value: of a thread that the library did not start" { t data adopted-value; }
@test "value: of oneself, and of none, is an error" { t data own-value; }

@test "park: a permit that was there before is one" { t park before; }
@test "park: a permit that comes meanwhile" { t park during; }
@test "park: a permit that comes too late is there for the next" { t park after; }
@test "park: a permit and a raise at the same time" { t park beside-raises; }
@test "pending_fd: is readable exactly while something is pending" { t park readable; }
@test "pending_fd: wakes an event loop, and is closed with its thread" { t park loop; }
@test "pending_fd: of a thread that the library did not start" { t park foreign; }
@test "pending_fd: a forked child has its own, and none of other threads" { t park fork; }

@test "wake signal: is as it was once threads have begun" { t signal kept; }
@test "wake signal: may be set before" { t signal set; }
@test "wake signal: may be a real-time one" { t signal real-time; }
@test "wake signal: which ones are illegal" { t signal illegal; }
@test "wake signal: what it was for before is still done" { t signal chained; }
@test "wake signal: also with its information" { t signal chained-with-info; }
@test "foreign thread: is raised in at checkpoints and waits" { t signal foreign; }
@test "foreign thread: also when it is adopted late" { t signal adopted-late; }

@test "loading: two copies in a process both wake their threads" { t loading two-copies; }
@test "loading: also when the other one has begun first" { t loading other-first; }
@test "loading: threads go on when the library is let go of" { t loading unloaded; }

@test "every case of every program is run here" {
  for program in start many gone memory queue raise instants try cleanup cleanup_plain mask cxx timeout \
    wait effect step exit fork data park signal tls loading \
    safepoint safepoint_cxx inject; do
    for name in $("$PROGRAMS/$program"); do
      grep -qE "\<(t )?$program $name( |;|\$)" "$BATS_TEST_DIRNAME"/*.bats || echo "$program $name"
    done
  done >"$BATS_TEST_TMPDIR/left-out"
  cat "$BATS_TEST_TMPDIR/left-out"
  [ ! -s "$BATS_TEST_TMPDIR/left-out" ]
}
