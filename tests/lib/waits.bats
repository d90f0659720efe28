#!/usr/bin/env bats
# The interruptible waits, and a raise at every instruction of each.

load helpers

@test "wait: an interrupted wait at a socket keeps the limit of the socket" { t limits interrupted; }
@test "wait: each result of a connection has its meaning" { t limits results; }
@test "wait: a connection has the time that is left, and the socket its own limit again" { t limits connection; }
@test "wait: a raise ends each wait that is blocked" { t wait blocked; }
@test "wait: each wait throws a pending exception" { t wait pending; }
@test "wait: with the mask RETURN each wait returns -ECANCELED" { t wait returned; }
@test "wait: NaN as a timeout is an error, and loses no exception" { t wait no-number; }
@test "wait: other signals do not end a wait before its deadline" { t wait signals-timed; }
@test "wait: other signals do not end a wait without a deadline" { t wait signals; }
@test "wait: other signals end k3thread_syscall" { t wait syscall; }
@test "wait: a socket's own limit holds, whatever other signals come" { t wait socket-limits; }
@test "wait: connect has one limit, whatever other signals come" { t wait connect-in-time; }
@test "wait: a raise wakes also where the starter has all signals blocked" { t wait signals-blocked; }
@test "wait: later waits can be woken after a siglongjmp out of each wait" {
  needs_no_tsan 'it runs a handler when the call is over'
  t wait siglongjmp
}
@test "wait: after pthread_cancel in a wait, a raise writes to no memory of that wait" {
  needs_no_tsan 'it takes a cancelled thread for the holder of the mutex'
  t wait cancelled
}
@test "wait: a wait that threw has taken nothing" { t effect nothing-taken; }
@test "wait: a write that has moved some bytes returns their number" { t effect partial-write; }
@test "wait: results are those of the calls themselves" { t effect results; }
@test "wait: errors come at once, and leave the outputs alone" { t effect errors; }
@test "wait: wrong arguments of the waits for locks give their errors" { t effect errors-of-locks; }
@test "wait: the death of a mutex's owner is reported, and the exception stays pending" {
  needs_no_tsan 'it takes the dead owner for the holder of the mutex'
  t effect owner-dead
}
@test "wait: bytes move within the limit of the socket, whatever signals come" { t kernel bytes; }
@test "wait: connect has the rest of its limit at each call, and gives the socket its own again" { t kernel connections; }
@test "wait: waitpid with a timeout asks first, and waits for a child alone" { t kernel children; }
@test "wait: epoll_wait rounds up, and waits longer than the kernel can count" { t kernel events; }
@test "wait: open, flock and futex pass on what they are given" { t kernel files; }
@test "cond_wait: the mutex is held before a handler or a cleanup runs" { t effect cond-mutex; }
@test "cond_wait: loses no signal" { t effect cond-signal; }

@test "every instruction: sleep" { needs_no_runner && says_how_many t step sleep; }
@test "every instruction: a sleep of 0" { needs_no_runner && says_how_many t step sleep-0; }
@test "every instruction: poll" { needs_no_runner && says_how_many t step poll; }
@test "every instruction: poll, ready" { needs_no_runner && says_how_many t step poll-ready; }
@test "every instruction: read" { needs_no_runner && says_how_many t step read; }
@test "every instruction: read, ready" { needs_no_runner && says_how_many t step read-ready; }
@test "every instruction: write" { needs_no_runner && says_how_many t step write; }
@test "every instruction: write, ready" { needs_no_runner && says_how_many t step write-ready; }
@test "every instruction: accept" { needs_no_runner && says_how_many t step accept; }
@test "every instruction: accept, ready" { needs_no_runner && says_how_many t step accept-ready; }
@test "every instruction: waitpid" { needs_no_runner && says_how_many t step waitpid; }
@test "every instruction: waitpid, ready" { needs_no_runner && says_how_many t step waitpid-ready; }
@test "every instruction: cond_wait" { needs_no_runner && says_how_many t step cond_wait; }
@test "every instruction: join" { needs_no_runner && says_how_many t step join; }
@test "every instruction: join, ready" { needs_no_runner && says_how_many t step join-ready; }
@test "every instruction: recv" { needs_no_runner && says_how_many t step recv; }
@test "every instruction: recv, ready" { needs_no_runner && says_how_many t step recv-ready; }
@test "every instruction: send" { needs_no_runner && says_how_many t step send; }
@test "every instruction: send, ready" { needs_no_runner && says_how_many t step send-ready; }
@test "every instruction: connect" { needs_no_runner && says_how_many t step connect; }
@test "every instruction: connect with a limit" { needs_no_runner && says_how_many t step connect-timeout; }
@test "every instruction: connect, ready" { needs_no_runner && says_how_many t step connect-ready; }
@test "every instruction: epoll_wait" { needs_no_runner && says_how_many t step epoll_wait; }
@test "every instruction: epoll_wait, ready" { needs_no_runner && says_how_many t step epoll_wait-ready; }
@test "every instruction: open" { needs_no_runner && says_how_many t step open; }
@test "every instruction: open, ready" { needs_no_runner && says_how_many t step open-ready; }
@test "every instruction: flock" { needs_no_runner && says_how_many t step flock; }
@test "every instruction: flock, ready" { needs_no_runner && says_how_many t step flock-ready; }
@test "every instruction: a system call" { needs_no_runner && says_how_many t step syscall; }
@test "every instruction: waitpid_timeout" { needs_no_runner && says_how_many t step waitpid_timeout; }
@test "every instruction: waitpid_timeout, ready" { needs_no_runner && says_how_many t step waitpid_timeout-ready; }
@test "every instruction: mutex_lock" { needs_no_runner && says_how_many t step mutex_lock; }
@test "every instruction: mutex_lock, free" { needs_no_runner && says_how_many t step mutex_lock-ready; }
@test "every instruction: mutex_lock, its owner dead" {
  needs_no_runner
  needs_no_tsan 'it takes the dead owner for the holder of the mutex'
  says_how_many t step owner-dead
}
@test "every instruction: sem_wait" { needs_no_runner && says_how_many t step sem_wait; }
@test "every instruction: sem_wait, ready" { needs_no_runner && says_how_many t step sem_wait-ready; }
@test "every instruction: futex" { needs_no_runner && says_how_many t step futex; }
@test "every instruction: futex, changed" { needs_no_runner && says_how_many t step futex-changed; }
@test "every instruction: park" { needs_no_runner && says_how_many t step park; }
@test "every instruction: park, with a permit" { needs_no_runner && says_how_many t step park-ready; }
@test "every instruction: value" { needs_no_runner && says_how_many t step value; }
@test "every instruction: shutdown" { needs_no_runner && says_how_many t step shutdown; }
@test "every instruction: masks and take" { needs_no_runner && says_how_many t step masks; }
@test "every instruction: a condition's signal beside a raise" { needs_no_runner && says_how_many t step cond-signal; }
@test "every instruction: the joined thread ends beside the join" { needs_no_runner && says_how_many t step join-ending; }
