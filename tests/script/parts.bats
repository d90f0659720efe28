#!/usr/bin/env bats
# Parts of run and its scripts, tested alone: see tests/cli/course.c, critical_path.c, line.c, procfile.c, script.c,
# notices.c, front.c, front_news.c, front_start.c, front_loop.c, front_results.c, run_threads.c, thinning.c, retry.c,
# kept_logs.c, reader.c, editor.c, run_options.c, script_run.c, result_files.c, run_command.c and
# shell_command.c.

load ../cli/helpers

@test "each state of a thread is a phase of its course" { "$HELPERS/course" phases; }
@test "each run of a thread ends its phases, and has the end that was reported for it" { "$HELPERS/course" runs; }
@test "no phase of a course lasts beyond the end of its run" { "$HELPERS/course" late; }
@test "the course of a run has the exceptions that were raised" { "$HELPERS/course" raises; }
@test "the course of a run has what is a thread, if it is wanted" { "$HELPERS/course" no-thread; }
@test "the ends and the readiness of threads are listed in the order of time" { "$HELPERS/course" moments; }
@test "the critical path leads over the need that was met last" { "$HELPERS/critical_path" needs; }
@test "the critical path leads over a thread that had to be ready" { "$HELPERS/critical_path" ready; }
@test "the critical path leads over the thread that freed a slot" { "$HELPERS/critical_path" slots; }
@test "the critical path leads over what the script waited for" { "$HELPERS/critical_path" joins; }
@test "the critical path leads from a thread that was ended to the thread whose end was the cause" { "$HELPERS/critical_path" ends; }
@test "the critical path ends with a daemon only if the daemon's end took long" { "$HELPERS/critical_path" daemons; }
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
@test "a script that cannot be read ahead never waits" { "$HELPERS/script" pipe; }
@test "a start is plain if it refers to no other thread and does not wait" { "$HELPERS/script" plain; }
@test "--each waits from its first word on, and a plan never" { "$HELPERS/script" tail; }

@test "each notice of a run is a line" { "$HELPERS/notices" lines; }
@test "the notice of a supervisor's end has the reason" { "$HELPERS/notices" supervisor; }
@test "the last lines of a log are found, without the zeros that --log-limit leaves" { "$HELPERS/notices" tails; }
@test "the results of an earlier run say which threads failed or were cut off" { "$HELPERS/notices" earlier; }
@test "a file that holds no results of a run is refused with the reason" { "$HELPERS/notices" refused; }
@test "the outcome of a thread says whether its command ran to its end" { "$HELPERS/notices" outcomes; }

@test "the first status that a run settles counts, but for the end of its time" {
  "$HELPERS/front" status
  "$HELPERS/front" end
}
@test "a run whose supervisor cannot be asked to end closes its lifeline" { "$HELPERS/front" unasked; }
@test "a run ends when nobody reads its output, and goes on when it cannot be written" { "$HELPERS/front" reader; }
@test "the first Ctrl-C interrupts a run, the second kills its threads, and the third its supervisor" {
  "$HELPERS/front" signals
}
@test "a script waits until the supervisor has told all and the output is printed" { "$HELPERS/front" barrier; }
@test "the end of a script ends its run, unless the supervisor has gone first" { "$HELPERS/front" script; }
@test "the end of a thread settles the status, and may end all" {
  "$HELPERS/front_news" ends
  "$HELPERS/front_news" all
}
@test "a run tells of threads that did not run, or left something" { "$HELPERS/front_news" notices; }
@test "a run asks for all threads when it has missed events" { "$HELPERS/front_news" events; }
@test "a supervisor that ends when it should not fails the run" { "$HELPERS/front_news" supervisor; }
@test "a run whose threads have ended unseen says so" { "$HELPERS/front_news" unknown; }
@test "a run tells its script from other children" { "$HELPERS/front_news" children; }
@test "the reason why a run cannot begin is the supervisor's, or the client's" { "$HELPERS/front_news" start; }
@test "a run starts its supervisor, its machines and its script, in this order" {
  "$HELPERS/front_start" started
  "$HELPERS/front_start" events
  "$HELPERS/front_start" paced
}
@test "a child of a run that does not start is the last" {
  "$HELPERS/front_start" last
  "$HELPERS/front_start" waited
}
@test "a run goes on until its script, its supervisor and its output are over" { "$HELPERS/front_loop" over; }
@test "the notices of a run come behind the output before them" { "$HELPERS/front_loop" notices; }
@test "a run waits until its next time, and then does what is due" {
  "$HELPERS/front_loop" times
  "$HELPERS/front_loop" due
  "$HELPERS/front_loop" limit
}
@test "a run waits for what it can use, and takes it in order" {
  "$HELPERS/front_loop" waits
  "$HELPERS/front_loop" order
}
@test "a run prints its output between two lines of progress, until it cannot be written" {
  "$HELPERS/front_loop" output
  "$HELPERS/front_loop" drawing
  "$HELPERS/front_loop" closed
}
@test "a script goes on when the output before it is printed" { "$HELPERS/front_loop" barriers; }
@test "the results of a run tell how it went" {
  "$HELPERS/front_results" results
  "$HELPERS/front_results" complete
}
@test "a run fails if something is left or cannot be written" { "$HELPERS/front_results" status; }
@test "a run closes what it has opened" { "$HELPERS/front_results" release; }
@test "a command of a script waits for what came before it, but a start for no start" { "$HELPERS/script_run" order; }
@test "a script ends with the first command that fails" {
  "$HELPERS/script_run" fails
  "$HELPERS/script_run" later
  "$HELPERS/script_run" wrong
}
@test "a start that needs a missing thread is explained at the end of its script" { "$HELPERS/script_run" missing; }
@test "a script ends if its front cannot answer it" {
  "$HELPERS/script_run" alone
  "$HELPERS/script_run" gone
}
@test "a long script waits for room once the starts before are answered" { "$HELPERS/script_run" room; }
@test "a script has signals and an environment of its own" { "$HELPERS/script_run" process; }
@test "a script that is a plan chains its starts" { "$HELPERS/script_run" plan; }
@test "a script that cannot begin says so" { "$HELPERS/script_run" begin; }
@test "the entries of a Procfile are started up to the first that fails" { "$HELPERS/script_run" procfile; }
@test "the files of the results are made before a run, and written behind it" {
  "$HELPERS/result_files" wanted
  "$HELPERS/result_files" written
  "$HELPERS/result_files" pipes
}
@test "a result file that cannot be written is named, and the others are written" { "$HELPERS/result_files" refused; }
@test "run runs a script, a Procfile or a command with each word, at a place of its own or of the user's" {
  "$HELPERS/run_command" script
  "$HELPERS/run_command" place
  "$HELPERS/run_command" each
  "$HELPERS/run_command" procfile
}
@test "run refuses a script that cannot be read, and files that cannot be made" {
  "$HELPERS/run_command" refused
  "$HELPERS/run_command" files
}
@test "a script at a terminal does not make it the one of the run" { "$HELPERS/run_command" terminal; }
@test "run --retry reads its inputs first, and makes nothing if nothing is left to do" { "$HELPERS/run_command" again; }
@test "the shell executes its commands one by one, up to exit or a signal" {
  "$HELPERS/shell_command" piped
  "$HELPERS/shell_command" exit
}
@test "each command of the shell has a process at a terminal, whose end the shell tells" {
  "$HELPERS/shell_command" typed
  "$HELPERS/shell_command" signals
  "$HELPERS/shell_command" errors
}
@test "the shell completes words with what the supervisor knows" { "$HELPERS/shell_command" completed; }

@test "the threads of a run are found by their ids, and counted by their kinds" {
  "$HELPERS/run_threads" ids
  "$HELPERS/run_threads" kinds
  "$HELPERS/run_threads" counts
}
@test "leftovers are a failure with --leaks=fail, and SystemExit is none" { "$HELPERS/run_threads" status; }
@test "threads that have succeeded and left nothing may be let go, oldest first" { "$HELPERS/run_threads" past; }
@test "what the threads of a run write is printed, also before they are known and after a restart" {
  "$HELPERS/run_threads" printed
}
@test "logs that cannot be watched are read in intervals" { "$HELPERS/run_threads" intervals; }
@test "a run notices once that the disk of its logs is full" { "$HELPERS/run_threads" full; }
@test "a run waits for an unfinished line no longer than for its next look at the logs" { "$HELPERS/run_threads" look; }
@test "a run knows of every log that was written to" { "$HELPERS/run_threads" many; }
@test "a thread that had to wait before its start is known" { "$HELPERS/run_threads" waited; }
@test "a run asks for the events that it needs" { "$HELPERS/run_threads" watch; }
@test "the output of a run that never had a directory can be closed" { "$HELPERS/run_threads" none; }

@test "a long run forgets threads that have succeeded, all but the last thousand" { "$HELPERS/thinning" forgotten; }
@test "no thread is forgotten before its output is printed" { "$HELPERS/thinning" output; }
@test "a script waits while a thousand threads wait" { "$HELPERS/thinning" room; }
@test "a terminal is told of threads that are not ready after two seconds" { "$HELPERS/thinning" not-ready; }

@test "with --retry, the starts of failed threads run again, and those that the run did not come to" {
  "$HELPERS/retry" failed
}
@test "with --retry, daemons and the threads that a failed thread needs run again" { "$HELPERS/retry" needs; }
@test "with --retry, commands lose the threads that do not run again" { "$HELPERS/retry" commands; }
@test "with --retry, threads that are not run for lack of a result are named" { "$HELPERS/retry" named; }
@test "a script with ids, or with a wrong line, is not run again" { "$HELPERS/retry" refused; }
@test "results of an earlier run that cannot be read are refused" { "$HELPERS/retry" unread; }
@test "without memory nothing runs again" { "$HELPERS/retry" memory; }
@test "a script has the variables of its run, and none of the thread in which the run is" {
  "$HELPERS/retry" environment
}

@test "the logs of a run are kept by the names of their threads" {
  "$HELPERS/kept_logs" names
  "$HELPERS/kept_logs" earlier
}
@test "a log that --log-limit has cut is kept from its first whole line on" { "$HELPERS/kept_logs" holes; }
@test "the first log that cannot be kept is named, and the others are kept" { "$HELPERS/kept_logs" failures; }
@test "a directory in which no log can be kept is refused" { "$HELPERS/kept_logs" refused; }
@test "a log is never written to a file that another user has put there" { "$HELPERS/kept_logs" user; }
@test "a system that refuses faccessat2(2) is asked in another way" { "$HELPERS/kept_logs" old; }
@test "a run starts the process that reaches its machines" { "$HELPERS/kept_logs" reached; }
@test "each machine of a run has a command that reaches it" { "$HELPERS/kept_logs" commands; }
@test "a supervisor is told of the machines of its run, and when they are lost" {
  "$HELPERS/kept_logs" told
  "$HELPERS/kept_logs" lost
}

@test "lines that a quote or a backslash continues become one command" { "$HELPERS/reader" commands; }
@test "a wrong line of a script is told once, with its place, and reading goes on behind it" {
  "$HELPERS/reader" errors
}
@test "a command that is longer than 4 MiB is not continued" { "$HELPERS/reader" longest; }
@test "a whole input is copied to its end" { "$HELPERS/reader" whole; }
@test "an input that memory cannot hold is refused" { "$HELPERS/reader" huge; }

@test "a line of the prompt is edited by characters, and Ctrl-C drops it" { "$HELPERS/editor" lines; }
@test "the tabulator completes the word before the cursor, in its place" { "$HELPERS/editor" words; }
@test "the tabulator shows candidates that agree no further, in rows of the terminal" { "$HELPERS/editor" candidates; }
@test "a candidate that is wider than the terminal has a line" { "$HELPERS/editor" wide; }
@test "Ctrl-Z at the prompt stops the shell once the editor has left the terminal" { "$HELPERS/editor" stopped; }
@test "a read of a key that is interrupted is repeated, and the end of the terminal is the end" {
  "$HELPERS/editor" interrupted
}
@test "the file of the history is locked while a shell changes it" { "$HELPERS/editor" locked; }
@test "a line of the prompt is drawn again when the terminal gets another width" { "$HELPERS/editor" width; }
@test "the prompt recalls earlier lines, also of earlier shells" { "$HELPERS/editor" recalled; }
@test "shells share their history, of 2000 lines, and work without its file" {
  "$HELPERS/editor" shared
  "$HELPERS/editor" 2000
}

@test "the options of run that are not given have their defaults" { "$HELPERS/run_options" default; }
@test "each option of run is taken" {
  "$HELPERS/run_options" flags
  "$HELPERS/run_options" words
  "$HELPERS/run_options" files
  "$HELPERS/run_options" help
}
@test "commands of --each and --jobserver have as many slots as the machine has processors" {
  "$HELPERS/run_options" slots
}
@test "options of run that do not fit together are refused" { "$HELPERS/run_options" refused; }
