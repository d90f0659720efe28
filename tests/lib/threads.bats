#!/usr/bin/env bats
# Threads: start, identity, join; raises into them and their queues.

load helpers

@test "start: join gives the value that the target has returned" { t start returns-value; }
@test "start: join gives the exception that ended the thread, with its message" { t start returns-exception; }
@test "start: has its defaults without options" { t start defaults; }
@test "start: takes only legal names" { t start names; }
@test "start: an error leaves the output alone, and leaves no thread" { t start start-errors; }
@test "start: the stack is as large as asked for" { t start stack-size; }
@test "start: the option after delays the target" { t start after; }
@test "start: the option daemon and k3thread_daemon make a daemon" { t start daemon; }
@test "join: an error leaves the output alone" { t start join-errors; }
@test "join: many threads may join, many times" { t start join-by-many; }
@test "find: finds only live threads, by id, and by name the oldest" { t start find; }
@test "list: has the live threads in order of id" { t start list; }
@test "identity: the tid is right, and a reference keeps the record of an ended thread" { t start identity; }
@test "identity: the kernel knows the name" { t start kernel-name; }
@test "identity: the kernel's name is cut between characters" { t start kernel-name-cut; }
@test "identity: an id is never used twice" { t start ids; }
@test "identity: the pthread_t is known when start has returned" { t start pthread; }
@test "errors: errno is left alone" { t start errno; }
@test "errors: each error has its name" { t start error-names; }
@test "exceptions: their tree is Python's" { t start tree; }
@test "start: ten thousand threads live at once" { t many live; }

@test "gone: the records of threads that were not joined are freed" { t gone records; }
@test "gone: the exceptions that were pending in ended threads are freed" { t gone queues; }
@test "gone: the stack of a thread whose join has timed out is freed" { t gone stack-after-a-timeout; }
@test "gone: code that runs in a thread after its end may call the library" { t gone late-code; }
@test "gone: an exception of a destructor does not change how its thread has ended" { t gone thrown-late; }
@test "gone: a thread that is adopted in its last destructor leaves the list" {
  needs_no_tsan 'its runtime has left the thread before the last destructor'
  t gone last-round
  t gone beside-others
}
@test "gone: the stacks of threads that were not joined are freed" { t gone stacks; }
@test "gone: a reference keeps the record of a thread that is joined after its release" { t gone joined-late; }
@test "gone: a reference keeps the record of a thread that a shutdown waits for" { t gone shutdown; }
@test "gone: the records of threads with slow destructors are freed later" { t gone slow-records; }
@test "gone: the end of a thread frees the records of earlier ones" { t gone earlier-records; }
@test "join: waits for the thread's destructors, at most its timeout" { t gone join-destructors; }
@test "join: one thread's destructors delay no other thread" { t gone others-go-on; }
@test "gone: the stack of a thread that ends while its join times out is freed" { t instants give-up-and-end; }

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
@test "send: wrong arguments give their errors" { t queue errors; }
@test "send: wakes the thread also when the user's queue of signals is full" { t queue full-signal-queue; }
@test "send: succeeds when the wake signal finds no room, and changes no errno" { t queue late-wake; }
@test "send: an exception that is pending when the target returns is dropped" { t queue return; }
@test "send: masked exceptions do not change the result of a thread that returns" { t queue masked-end; }

@test "raise: a delayed thread never calls its target" { t raise after; }
@test "raise: before the target has begun, it is thrown inside the target" { t raise before-target; }
@test "raise: stays pending in a thread whose mask is NEVER" { t raise masked; }
@test "raise: ends no call of a thread whose mask is NEVER" { t raise masked-call; }
@test "raise: stays pending in a handler and in FINALLY" { t raise handler; }
@test "raise: a blocking call that is not the library's returns EINTR" { t raise foreign-call; }
@test "raise: is never thrown out of malloc" { t raise malloc; }
@test "raise: is never thrown out of a signal handler" { t raise signal-handler; }
@test "raise: wakes a wait that a restarting handler interrupted" {
  needs_no_tsan 'it runs a handler when the call is over, and this call is restarted before'
  needs_no_runner 'valgrind does not block what a context says, and the wake-up comes too early'
  t raise restarting-handler
}
@test "raise: wakes also when another signal comes as a restarting handler returns" {
  needs_no_tsan 'it runs a handler when the call is over, and this call is restarted before'
  needs_no_runner 'valgrind does not block what a context says, and the wake-up comes too early'
  t raise restarting-handlers
}
@test "raise: returns 0 or InvalidThreadIdError at the moment when the thread ends" { t raise race-end; }
@test "raise: the thread may end while it is raised in" { t instants raise-and-end; }
@test "raise: no other thread has the tid while the signal is sent" { t instants wake-and-end; }
@test "raise: the joined thread may end while the joiner is raised in" { t instants join-and-end; }
@test "join: returns for a thread that could not be created" { t instants join-and-no-start; }
@test "raise: two threads raise into each other" { t raise each-other; }
@test "raise: reaches a thread that the library did not start" { t raise adopted; }
@test "raise: reaches a foreign thread in a wait that is its first call of the library" { t raise adopted-waits; }
@test "raise: a foreign thread that catches nothing ends as by pthread_exit" { t raise adopted-ends; }
@test "raise: reaches MainThread" { t raise main-thread; }
@test "raise: returns at once" { t raise at-once; }

@test "stack: has the size that was asked for, beside large thread-local variables" { t tls small; }
@test "stack: the smallest size is enough, beside large thread-local variables" { t tls smallest; }

@test "data: is freed after the handler" { t data caught; }
@test "data: is freed also when the handler is left in other ways" { t data left; }
@test "data: lives as long as an exception that is thrown on" { t data reraised; }
@test "data: is freed when another exception takes its place" { t data replaced; }
@test "data: belongs to the caller that takes the exception" { t data taken; }
@test "data: is freed with an exception that is pending at the end" { t data dropped; }
@test "data: lives as long as the record of the thread that the exception ended" { t data result; }
@test "data: stays the sender's when the raise fails" { t data not-sent; }
@test "data: may come without a function to free it; both may be missing" { t data halves; }
@test "value: returns the value that the target has returned" { t data value; }
@test "value: throws the exception that ended the thread, with its cause" { t data thrown-value; }
@test "value: without an exception there is no cause" { t data no-cause; }
@test "value: passes an exception through a chain of threads" { t data causes; }
@test "value: works for a thread that the library did not start" { t data adopted-value; }
@test "value: fails for the caller, and for NULL" { t data own-value; }

@test "park: a permit that was given before ends it at once; two permits count as one" { t park before; }
@test "park: a permit that comes during the wait ends it" { t park during; }
@test "park: a permit that comes too late stays for the next park" { t park after; }
@test "park: neither a permit nor a raise is lost when both come at once" { t park beside-raises; }
@test "pending: a time limit that has passed counts once" { t pending due; }
@test "send: an id keeps no reference to the thread" { t pending id; }
@test "pending_fd: a program that reads it harms only itself" { t pending descriptor; }
@test "pending_fd: a child without room for a descriptor has none" { t pending child; }
@test "pending_fd: is readable exactly while something is pending" { t park readable; }
@test "pending_fd: wakes an event loop, and is closed with its thread" { t park loop; }
@test "pending_fd: works for a thread that the library did not start" { t park foreign; }
@test "pending_fd: a forked child has a descriptor of its own, and none of other threads" { t park fork; }

@test "wake signal: cannot be changed once threads have begun" { t signal kept; }
@test "wake signal: can be set before the library is used" { t signal set; }
@test "wake signal: can be a real-time signal" { t signal real-time; }
@test "wake signal: an illegal signal is refused" { t signal illegal; }
@test "wake signal: the program's own handler for it is still called" { t signal chained; }
@test "wake signal: the program's own handler gets its siginfo" { t signal chained-with-info; }
@test "foreign thread: a raise reaches its checkpoints and waits" { t signal foreign; }
@test "foreign thread: a raise reaches a thread that is adopted in a destructor" { t signal adopted-late; }

@test "loading: two copies of the library in a process both wake their threads" { t loading two-copies; }
@test "loading: both copies wake their threads when the shared copy has begun first" { t loading other-first; }
@test "loading: threads of the shared copy go on after dlclose" { t loading unloaded; }
@test "loading: two shared copies of the library have data of their own" {
  needs_glibc 'the loader of musl does not know of protected names'
  t loading own-data
}

@test "every case of every program is run here" {
  for program in start many gone memory queue raise instants try cleanup cleanup_plain mask cxx \
    timeout timeout_instants watcher wait limits effect step exit fork data park signal tls loading \
    safepoint safepoint_cxx inject; do
    for name in $("$PROGRAMS/$program"); do
      grep -qE "\<(t )?$program $name( |;|\$)" "$BATS_TEST_DIRNAME"/*.bats || echo "$program $name"
    done
  done >"$BATS_TEST_TMPDIR/left-out"
  cat "$BATS_TEST_TMPDIR/left-out"
  [ ! -s "$BATS_TEST_TMPDIR/left-out" ]
}
