#!/usr/bin/env bats
# Parts of run and its scripts, tested alone: see tests/cli/course.c and line.c.

load ../cli/helpers

@test "each state of a thread is a phase of its course" { "$HELPERS/course" phases; }
@test "each run of a thread ends its phases, and has the end that was reported for it" { "$HELPERS/course" runs; }
@test "no phase of a course lasts beyond the end of its run" { "$HELPERS/course" late; }
@test "the course of a run has the exceptions that were raised" { "$HELPERS/course" raises; }
@test "the course of a run has what is a thread, if it is wanted" { "$HELPERS/course" no-thread; }
@test "the ends and the readiness of threads are listed in the order of time" { "$HELPERS/course" moments; }
@test "the critical path leads over the need that was met last" { "$HELPERS/course" needs; }
@test "the critical path leads over a thread that had to be ready" { "$HELPERS/course" ready; }
@test "the critical path leads over the thread that freed a slot" { "$HELPERS/course" slots; }
@test "the critical path leads over what the script waited for" { "$HELPERS/course" joins; }
@test "the critical path leads from a thread that was ended to the thread whose end was the cause" { "$HELPERS/course" ends; }
@test "the critical path ends with a daemon only if the daemon's end took long" { "$HELPERS/course" daemons; }
@test "a course and a critical path for which memory is lacking say so" { "$HELPERS/course" memory; }

@test "quotes, backslashes and blanks of a script's line mean the same as in the shell" { "$HELPERS/line" quotes; }
@test "~ in a script's line is the home directory, if that is known" { "$HELPERS/line" homes; }
@test "arguments in a script's line are expanded as the shell does" { "$HELPERS/line" arguments; }
@test "variables in a script's line are expanded, and never split" { "$HELPERS/line" variables; }
@test "defaults in a script's line are used where a variable is unset or empty" { "$HELPERS/line" defaults; }
@test "\$? in a line of the shell is the last status" { "$HELPERS/line" statuses; }
@test "each error in a script's line has its message and its place" { "$HELPERS/line" errors; }
@test "a script's line may expand to 8 MiB" { "$HELPERS/line" long; }
