#!/usr/bin/env bats
# The interruptible waits; and a raise at every instruction of each.

load helpers

@test "wait: a raise ends each that is blocked" { t wait blocked; }
@test "wait: each throws what is pending" { t wait pending; }
@test "wait: one that threw took nothing" { t wait nothing-taken; }
@test "wait: a write that moved something says so" { t wait partial-write; }
@test "wait: other signals do not end it before its deadline" { t wait signals-timed; }
@test "wait: other signals do not end it" { t wait signals; }
@test "wait: a raise wakes also where the starter has all signals blocked" { t wait signals-blocked; }
@test "wait: results" { t wait results; }
@test "wait: errors leave the outputs alone" { t wait errors; }
@test "cond_wait: holds the mutex before a handler or a cleanup runs" { t wait cond-mutex; }
@test "cond_wait: no signal is lost" { t wait cond-signal; }

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
@test "every instruction: masks and take" { needs_no_runner && says_how_many t step masks; }
@test "every instruction: a condition's signal beside a raise" { needs_no_runner && says_how_many t step cond-signal; }
