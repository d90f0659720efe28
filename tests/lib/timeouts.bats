#!/usr/bin/env bats
# Time limits: K3THREAD_TIMEOUT.

load helpers

@test "timeout: each of nested limits is caught by its own block" { t timeout each-its-own; }
@test "timeout: no handler further in takes its TimeoutError" { t timeout not-swallowed; }
@test "timeout: the end of the body is a checkpoint inside the block" { t timeout end-of-body; }
@test "timeout: no handler further in takes one that comes in a cleanup" { t timeout in-cleanup; }
@test "timeout: is withdrawn when the body is left, although it is pending" { t timeout withdrawn; }
@test "timeout: an event loop sees it, and sees that it is withdrawn" { t timeout event-loop; }
@test "timeout: at the very moment when the body ends, it is thrown inside or not at all" { t timeout at-the-moment; }
@test "timeout: takes no room of a full queue of exceptions" { t timeout full-queue; }
@test "timeout: is not lost beside a raise, nor is the raise" { t timeout beside-a-raise; }
@test "timeout: no raise is lost at any instant around it" { t timeout around-a-raise; }
@test "timeout: its block takes no other TimeoutError for that of its limit" { t timeout not-mistaken; }
@test "timeout: every wait ends at the limit, and not before" { t timeout_instants every-wait; }
@test "timeout: masks hold" { t timeout masks; }
@test "timeout: handlers and FINALLY are only limited by outer blocks" { t timeout handlers; }
@test "timeout: a negative or endless limit is none, 0 is at once, NaN is a ValueError" { t timeout_instants values; }
@test "timeout: of two limits that end at the same instant, the one further out is thrown" {
  t timeout_instants at-once
}
@test "timeout: is withdrawn before FINALLY, and when the block has none" { t timeout_instants finally; }
@test "timeout: an exception of a cleanup that takes its place is caught by inner handlers" {
  t timeout_instants replaced
}
@test "timeout: of several limits that have passed, the earliest is thrown first" { t timeout_instants all-over; }
@test "timeout: a process has one hidden thread, while there is a limit" { t watcher one-thread; }
@test "timeout: the hidden thread sleeps until a time is over, and afterwards" { t watcher sleeps; }
@test "timeout: the hidden thread misses no limit that begins as it falls asleep" { t watcher call-before-wait; }
@test "timeout: the hidden thread does not keep the process alive" {
  needs_no_tsan 'it has a thread of its own, which is then the last one and never ends'
  needs_glibc 'in a forked child, musl does not release its lock when the main thread ends'
  t watcher process-ends
}
@test "timeout: holds in a forked child" {
  needs_no_tsan 'it has no threads in a child that a process with threads has forked'
  t watcher child
  t watcher begins-in-a-child
}
@test "timeout: holds for many threads with limits of all lengths" { t watcher many; }
@test "timeout: fails with RuntimeError if the hidden thread cannot be started" { t watcher no-watcher; }
