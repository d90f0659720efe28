#!/usr/bin/env bats
# Time limits: K3THREAD_TIMEOUT.

load helpers

@test "timeout: of nested limits each is caught by its own block" { t timeout each-its-own; }
@test "timeout: no handler further in takes it" { t timeout not-swallowed; }
@test "timeout: withdrawn when the body is left, although it is pending" { t timeout withdrawn; }
@test "timeout: an event loop sees it, and that it was withdrawn" { t timeout event-loop; }
@test "timeout: at the very moment when the body ends, inside or not at all" { t timeout at-the-moment; }
@test "timeout: beside a raise neither is lost" { t timeout beside-a-raise; }
@test "timeout: of raises at any instant around it none is lost" { t timeout around-a-raise; }
@test "timeout: the TimeoutError of another is not mistaken for it" { t timeout not-mistaken; }
@test "timeout: every wait ends at the limit, and not before" { t timeout every-wait; }
@test "timeout: masks hold" { t timeout masks; }
@test "timeout: handlers and FINALLY have no limit but an outer one" { t timeout handlers; }
@test "timeout: negative and endless ones are none, 0 is at once, NaN is a ValueError" { t timeout values; }
@test "timeout: of those that are over the first comes first" { t timeout all-over; }
@test "timeout: one hidden thread while there is a scope" { t timeout one-thread; }
@test "timeout: the hidden thread keeps no process" {
  needs_no_tsan 'it has a thread of its own, which is then the last one and never ends'
  t timeout process-ends
}
@test "timeout: holds in a forked child" {
  needs_no_tsan 'it has no threads in a child that a process with threads has forked'
  t timeout child
}
@test "timeout: many threads with limits of all lengths" { t timeout many; }
@test "timeout: without a thread to watch it, it says so" { t timeout no-watcher; }
