#!/usr/bin/env bats
# Parts of run and its scripts, tested alone: see tests/cli/course.c, line.c, procfile.c, script.c and notices.c.

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

@test "the entries of a Procfile have names, commands and ports" { "$HELPERS/procfile" entries; }
@test "each wrong line of a Procfile is named, with the reason" { "$HELPERS/procfile" wrong; }
@test "the port of a Procfile's first entry comes from --port, the variables or the environment" { "$HELPERS/procfile" ports; }
@test "the .env beside a Procfile is read, unless other variables replace it" { "$HELPERS/procfile" variables; }
@test "an entry of a Procfile becomes the start of a shell" { "$HELPERS/procfile" starts; }

@test "the commands of a script and of a plan have their lines" { "$HELPERS/script" sources; }
@test "a script can be read ahead, and then goes on where it was" { "$HELPERS/script" ahead; }
@test "a script from a pipe is not read ahead" { "$HELPERS/script" no-file; }
@test "an error in a script is named with its line, and a failure to read without a line" { "$HELPERS/script" explained; }
@test "each word of --each becomes a start with a name of its own" { "$HELPERS/script" each; }
@test "the line of a word of --each that holds a NUL byte is known" { "$HELPERS/script" nul; }
@test "a start that needs a later start is explained by that line, or by the circle" { "$HELPERS/script" needs; }
@test "the order of needs is explained for scripts that can be read again" { "$HELPERS/script" scripts; }
@test "a script waits in the tail of its starts, and not before" { "$HELPERS/script" pace; }
@test "a start is plain if it refers to no other thread and does not wait" { "$HELPERS/script" plain; }
@test "--each waits from its first word on, and a plan never" { "$HELPERS/script" tail; }

@test "each notice of a run is a line" { "$HELPERS/notices" lines; }
@test "the notice of a supervisor's end has the reason" { "$HELPERS/notices" supervisor; }
@test "the last lines of a log are found, without the zeros that --log-limit leaves" { "$HELPERS/notices" tails; }
@test "the results of an earlier run say which threads failed or were cut off" { "$HELPERS/notices" earlier; }
@test "a file that holds no results of a run is refused with the reason" { "$HELPERS/notices" refused; }
@test "the outcome of a thread says whether its command ran to its end" { "$HELPERS/notices" outcomes; }
