#!/usr/bin/env bats
# Threads: start, identity, join; raises into them and their queues.

load helpers

@test "start: join gives what the target has returned" { t start returns-value; }
@test "start: join gives the exception that ended the thread, with its message" { t start returns-exception; }
@test "start: has its defaults without options" { t start defaults; }
@test "start: takes legal names only" { t start names; }
@test "start: an error leaves the output alone, and no thread" { t start start-errors; }
@test "start: the stack is as large as asked for" { t start stack-size; }
@test "start: after delays the target" { t start after; }
@test "start: a daemon is a daemon" { t start daemon; }
@test "join: an error leaves the output alone" { t start join-errors; }
@test "join: many threads may join, many times" { t start join-by-many; }
@test "find: finds live threads only, by id, and the oldest of a name" { t start find; }
@test "list: has the live threads in order of id" { t start list; }
@test "identity: tid, references and what outlives the thread are right" { t start identity; }
@test "identity: the kernel knows the name" { t start kernel-name; }
@test "identity: the kernel's name is cut between characters" { t start kernel-name-cut; }
@test "identity: an id is never used twice" { t start ids; }
@test "errors: errno is left alone" { t start errno; }
@test "errors: each has its name" { t start error-names; }
@test "exceptions: their tree is Python's" { t start tree; }
@test "start: ten thousand threads live at once" { t many live; }

@test "gone: the records of threads that were not joined are freed" { t gone records; }
@test "gone: what was pending in them is freed" { t gone queues; }
@test "gone: the stack of a thread whose join has timed out is freed" { t gone stack-after-a-timeout; }
@test "gone: code that runs in a thread after its end may call the library" { t gone late-code; }
@test "gone: a thread that is adopted in its last destructor leaves the list" {
  needs_no_tsan 'its runtime has left the thread before the last destructor'
  t gone last-round
}
@test "gone: the stacks of threads that were not joined are freed" { t gone stacks; }
@test "join: waits for the thread's destructors, at most its timeout" { t gone join-destructors; }
@test "join: one thread's destructors delay no other thread" { t gone others-go-on; }
@test "gone: the stack of a thread is freed that ends as its join is given up" { t instants give-up-and-end; }

@test "without memory: start fails, and leaves no thread" { t memory start; }
@test "without memory: a raise fails" { t memory send; }
@test "without memory: a throw uses the thread's reserve" { t memory throw; }
@test "without memory: a second throw waits for memory" { t memory second-throw; }
@test "without memory: the result of a thread has the exception that ended it" { t memory end; }
@test "without memory: an adoption waits for memory" { t memory adoption; }
@test "without memory: the table of threads keeps its size" { t memory table; }

@test "queue: exceptions are thrown in order" { t queue order; }
@test "queue: a raise into a full queue fails, and loses no exception" { t queue overflow; }
@test "queue: take gives the oldest exception, or leaves the output alone" { t queue take; }
@test "queue: sender and message arrive" { t queue sender; }
@test "queue: a raise in the caller waits for its next checkpoint" { t queue self; }
@test "send: has its errors" { t queue errors; }
@test "send: wakes also when the user's queue of signals is full" { t queue full-signal-queue; }
@test "send: what is pending when the target returns is dropped" { t queue return; }
@test "send: a thread that ends with exceptions masked has returned" { t queue masked-end; }

@test "raise: a delayed thread never calls its target" { t raise after; }
@test "raise: before the target has begun, it is thrown inside the target" { t raise before-target; }
@test "raise: stays pending in a thread whose mask is NEVER" { t raise masked; }
@test "raise: stays pending in a handler and in FINALLY" { t raise handler; }
@test "raise: a blocking call that is not the library's returns EINTR" { t raise foreign-call; }
@test "raise: is never thrown out of malloc" { t raise malloc; }
@test "raise: is never thrown out of a signal handler" { t raise signal-handler; }
@test "raise: wakes a wait that a restarting handler interrupted" {
  needs_no_tsan 'it runs a handler when the call is over, and this call is restarted before'
  needs_no_runner 'valgrind does not block what a context says, and the wake-up comes too early'
  t raise restarting-handler
}
@test "raise: wakes also when another signal comes as that handler returns" {
  needs_no_tsan 'it runs a handler when the call is over, and this call is restarted before'
  needs_no_runner 'valgrind does not block what a context says, and the wake-up comes too early'
  t raise restarting-handlers
}
@test "raise: at the moment of the end it gives 0 or InvalidThreadIdError" { t raise race-end; }
@test "raise: the thread may end while it is raised in" { t instants raise-and-end; }
@test "raise: no other thread has the tid while the signal is sent" { t instants wake-and-end; }
@test "raise: the joined thread may end while the joiner is raised in" { t instants join-and-end; }
@test "join: returns for a thread that could not be created" { t instants join-and-no-start; }
@test "raise: two threads raise into each other" { t raise each-other; }
@test "raise: reaches a thread that the library did not start" { t raise adopted; }
@test "raise: reaches such a thread in a wait that is its first call of the library" { t raise adopted-waits; }
@test "raise: such a thread ends as by pthread_exit" { t raise adopted-ends; }
@test "raise: reaches MainThread" { t raise main-thread; }
@test "raise: returns at once" { t raise at-once; }

@test "stack: has the size that was asked for, beside large thread-local variables" { t tls small; }
@test "stack: the smallest is enough, beside large thread-local variables" { t tls smallest; }

@test "data: is freed after the handler" { t data caught; }
@test "data: is freed also when the handler is left in other ways" { t data left; }
@test "data: lives as long as an exception that is thrown on" { t data reraised; }
@test "data: is freed when another exception takes its place" { t data replaced; }
@test "data: of an exception that is taken belongs to the taker" { t data taken; }
@test "data: of what is pending at the end is freed" { t data dropped; }
@test "data: of the exception that ended a thread lives as long as its record" { t data result; }
@test "data: stays the sender's when the raise fails" { t data not-sent; }
@test "data: may come without a function, and a function without data" { t data halves; }
@test "value: returns what the target has returned" { t data value; }
@test "value: throws the exception that ended the thread, with its cause" { t data thrown-value; }
@test "value: no exception has no cause" { t data no-cause; }
@test "value: passes an exception through a chain of threads" { t data causes; }
@test "value: works for a thread that the library did not start" { t data adopted-value; }
@test "value: fails for the caller, and for NULL" { t data own-value; }

@test "park: a permit that was given before ends it at once; two are one" { t park before; }
@test "park: a permit that comes during the wait ends it" { t park during; }
@test "park: a permit that comes too late stays for the next park" { t park after; }
@test "park: neither a permit nor a raise is lost when both come at once" { t park beside-raises; }
@test "pending_fd: is readable exactly while something is pending" { t park readable; }
@test "pending_fd: wakes an event loop, and is closed with its thread" { t park loop; }
@test "pending_fd: works for a thread that the library did not start" { t park foreign; }
@test "pending_fd: a forked child has one of its own, and none of other threads" { t park fork; }

@test "wake signal: cannot be changed once threads have begun" { t signal kept; }
@test "wake signal: can be set before the library is used" { t signal set; }
@test "wake signal: can be a real-time signal" { t signal real-time; }
@test "wake signal: an illegal one is refused" { t signal illegal; }
@test "wake signal: the program's own handler for it is still called" { t signal chained; }
@test "wake signal: the program's own handler gets its siginfo" { t signal chained-with-info; }
@test "foreign thread: a raise reaches its checkpoints and waits" { t signal foreign; }
@test "foreign thread: a raise reaches one that is adopted in a destructor" { t signal adopted-late; }

@test "loading: two copies in a process both wake their threads" { t loading two-copies; }
@test "loading: the same when the shared copy has begun first" { t loading other-first; }
@test "loading: threads go on after dlclose" { t loading unloaded; }

@test "every case of every program is run here" {
  for program in start many gone memory queue raise instants try cleanup cleanup_plain mask cxx \
    timeout timeout_instants watcher wait effect step exit fork data park signal tls loading \
    safepoint safepoint_cxx inject; do
    for name in $("$PROGRAMS/$program"); do
      grep -qE "\<(t )?$program $name( |;|\$)" "$BATS_TEST_DIRNAME"/*.bats || echo "$program $name"
    done
  done >"$BATS_TEST_TMPDIR/left-out"
  cat "$BATS_TEST_TMPDIR/left-out"
  [ ! -s "$BATS_TEST_TMPDIR/left-out" ]
}
