#!/usr/bin/env bats
# Runs and scripts: their input, their course, the process in front, and their results.

load ../cli/helpers

@test "each state of a thread is a phase of its course" { "$PARTS/script/course" phases; }
@test "each run of a thread ends its phases, and has the end that was reported for it" { "$PARTS/script/course" runs; }
@test "no phase of a course lasts beyond the end of its run" { "$PARTS/script/course" late; }
@test "the course of a run has the exceptions that were raised" { "$PARTS/script/course" raises; }
@test "the course of a run has what is a thread, if it is wanted" { "$PARTS/script/course" no-thread; }
@test "the ends and the readiness of threads are listed in the order of time" { "$PARTS/script/course" moments; }
@test "a course and a critical path for which memory is lacking say so" { "$PARTS/script/course" memory; }

@test "the critical path leads over the need that was met last" { "$PARTS/script/critical_path" needs; }
@test "the critical path leads over a thread that had to be ready" { "$PARTS/script/critical_path" ready; }
@test "the critical path leads over the thread that freed a slot" { "$PARTS/script/critical_path" slots; }
@test "the critical path leads over what the script waited for" { "$PARTS/script/critical_path" joins; }
@test "the critical path leads from a thread that was ended to the thread whose end was the cause" {
  "$PARTS/script/critical_path" ends
}
@test "the critical path ends with a daemon only if the daemon's end took long" {
  "$PARTS/script/critical_path" daemons
}

@test "quotes, backslashes and blanks of a script's line mean the same as in the shell" { "$PARTS/script/line" quotes; }
@test "~ in a script's line is the home directory, if that is known" { "$PARTS/script/line" homes; }
@test "arguments in a script's line are expanded as the shell does" { "$PARTS/script/line" arguments; }
@test "variables in a script's line are expanded, and never split" { "$PARTS/script/line" variables; }
@test "defaults in a script's line are used where a variable is unset or empty" { "$PARTS/script/line" defaults; }
@test "\$? in a line of the shell is the last status" { "$PARTS/script/line" statuses; }
@test "each error in a script's line has its message and its place" { "$PARTS/script/line" errors; }
@test "a script's line may expand to 8 MiB" { "$PARTS/script/line" long; }

@test "the entries of a Procfile have names, commands and ports" { "$PARTS/script/procfile" entries; }
@test "each wrong line of a Procfile is named, with the reason" { "$PARTS/script/procfile" wrong; }
@test "the port of a Procfile's first entry comes from --port, the variables or the environment" {
  "$PARTS/script/procfile" ports
}
@test "the .env beside a Procfile is read, unless other variables replace it" { "$PARTS/script/procfile" variables; }
@test "an entry of a Procfile becomes the start of a shell" { "$PARTS/script/procfile" starts; }

@test "the commands of a script and of a plan have their lines" { "$PARTS/script/script" sources; }
@test "a script can be read ahead, and then goes on where it was" { "$PARTS/script/script" ahead; }
@test "a script from a pipe is not read ahead" { "$PARTS/script/script" no-file; }
@test "an error in a script is named with its line, and a failure to read without a line" {
  "$PARTS/script/script" explained
}
@test "each word of --each becomes a start with a name of its own" { "$PARTS/script/script" each; }
@test "the line of a word of --each that holds a NUL byte is known" { "$PARTS/script/script" nul; }
@test "a start that needs a later start is explained by that line, or by the circle" { "$PARTS/script/script" needs; }
@test "the order of needs is explained for scripts that can be read again" { "$PARTS/script/script" scripts; }
@test "a script waits in the tail of its starts, and not before" { "$PARTS/script/script" pace; }
@test "a script that cannot be read ahead never waits" { "$PARTS/script/script" pipe; }
@test "a start is plain if it refers to no other thread and does not wait" { "$PARTS/script/script" plain; }
@test "--each waits from its first word on, and a plan never" { "$PARTS/script/script" tail; }

@test "each notice of a run is a line" { "$PARTS/script/notices" lines; }
@test "the notice of a supervisor's end has the reason" { "$PARTS/script/notices" supervisor; }
@test "the last lines of a log are found, without the zeros that --log-limit leaves" { "$PARTS/script/notices" tails; }
@test "the results of an earlier run say which threads failed or were cut off" { "$PARTS/script/notices" earlier; }
@test "a file that holds no results of a run is refused with the reason" { "$PARTS/script/notices" refused; }
@test "the outcome of a thread says whether its command ran to its end" { "$PARTS/script/notices" outcomes; }

@test "the first status that a run settles counts, but for the end of its time" {
  "$PARTS/script/front" status
  "$PARTS/script/front" end
}
@test "a run whose supervisor cannot be asked to end closes its lifeline" { "$PARTS/script/front" unasked; }
@test "a run ends when nobody reads its output, and goes on when it cannot be written" { "$PARTS/script/front" reader; }
@test "the first Ctrl-C interrupts a run, the second kills its threads, and the third its supervisor" {
  "$PARTS/script/front" signals
}
@test "a script waits until the supervisor has told all and the output is printed" { "$PARTS/script/front" barrier; }
@test "the end of a script ends its run, unless the supervisor has gone first" { "$PARTS/script/front" script; }

@test "the end of a thread settles the status, and may end all" {
  "$PARTS/script/front_news" ends
  "$PARTS/script/front_news" all
}
@test "a run tells of threads that did not run, or left something" { "$PARTS/script/front_news" notices; }
@test "a run asks for all threads when it has missed events" { "$PARTS/script/front_news" events; }
@test "a supervisor that ends when it should not fails the run" { "$PARTS/script/front_news" supervisor; }
@test "a run whose threads have ended unseen says so" { "$PARTS/script/front_news" unknown; }
@test "a run tells its script from other children" { "$PARTS/script/front_news" children; }
@test "the reason why a run cannot begin is the supervisor's, or the client's" { "$PARTS/script/front_news" start; }

@test "a run starts its supervisor, its machines and its script, in this order" {
  "$PARTS/script/front_start" started
  "$PARTS/script/front_start" events
  "$PARTS/script/front_start" paced
}
@test "a child of a run that does not start is the last" {
  "$PARTS/script/front_start" last
  "$PARTS/script/front_start" waited
}

@test "a run goes on until its script, its supervisor and its output are over" { "$PARTS/script/front_loop" over; }
@test "the notices of a run come behind the output before them" { "$PARTS/script/front_loop" notices; }
@test "a run waits until its next time, and then does what is due" {
  "$PARTS/script/front_loop" times
  "$PARTS/script/front_loop" due
  "$PARTS/script/front_loop" limit
}
@test "a run waits for what it can use, and takes it in order" {
  "$PARTS/script/front_loop" waits
  "$PARTS/script/front_loop" order
}
@test "a run prints its output between two lines of progress, until it cannot be written" {
  "$PARTS/script/front_loop" output
  "$PARTS/script/front_loop" drawing
  "$PARTS/script/front_loop" closed
}
@test "a script goes on when the output before it is printed" { "$PARTS/script/front_loop" barriers; }

@test "the results of a run tell how it went" {
  "$PARTS/script/front_results" results
  "$PARTS/script/front_results" complete
}
@test "a run fails if something is left or cannot be written" { "$PARTS/script/front_results" status; }
@test "a run closes what it has opened" { "$PARTS/script/front_results" release; }

@test "a command of a script waits for what came before it, but a start for no start" {
  "$PARTS/script/script_run" order
}
@test "a script ends with the first command that fails" {
  "$PARTS/script/script_run" fails
  "$PARTS/script/script_run" later
  "$PARTS/script/script_run" wrong
}
@test "a start that needs a missing thread is explained at the end of its script" {
  "$PARTS/script/script_run" missing
}
@test "a script ends if its front cannot answer it" {
  "$PARTS/script/script_run" alone
  "$PARTS/script/script_run" gone
}
@test "a long script waits for room once the starts before are answered" { "$PARTS/script/script_run" room; }
@test "a script has signals and an environment of its own" { "$PARTS/script/script_run" process; }
@test "a script that is a plan chains its starts" { "$PARTS/script/script_run" plan; }
@test "a script that cannot begin says so" { "$PARTS/script/script_run" begin; }
@test "the entries of a Procfile are started up to the first that fails" { "$PARTS/script/script_run" procfile; }

@test "the files of the results are made before a run, and written behind it" {
  "$PARTS/script/result_files" wanted
  "$PARTS/script/result_files" written
  "$PARTS/script/result_files" pipes
}
@test "a result file that cannot be written is named, and the others are written" {
  "$PARTS/script/result_files" refused
}

@test "run runs a script, a Procfile or a command with each word, at a place of its own or of the user's" {
  "$PARTS/script/run_command" script
  "$PARTS/script/run_command" place
  "$PARTS/script/run_command" each
  "$PARTS/script/run_command" procfile
}
@test "run refuses a script that cannot be read, and files that cannot be made" {
  "$PARTS/script/run_command" refused
  "$PARTS/script/run_command" files
}
@test "a script at a terminal does not make it the one of the run" { "$PARTS/script/run_command" terminal; }
@test "run --retry reads its inputs first, and makes nothing if nothing is left to do" {
  "$PARTS/script/run_command" again
}

@test "the shell executes its commands one by one, up to exit or a signal" {
  "$PARTS/script/shell_command" piped
  "$PARTS/script/shell_command" exit
}
@test "each command of the shell has a process at a terminal, whose end the shell tells" {
  "$PARTS/script/shell_command" typed
  "$PARTS/script/shell_command" signals
  "$PARTS/script/shell_command" errors
}
@test "the shell completes words with what the supervisor knows" { "$PARTS/script/shell_command" completed; }

@test "the threads of a run are found by their ids, and counted by their kinds" {
  "$PARTS/script/run_threads" ids
  "$PARTS/script/run_threads" kinds
  "$PARTS/script/run_threads" counts
}
@test "leftovers are a failure with --leaks=fail, and SystemExit is none" { "$PARTS/script/run_threads" status; }
@test "threads that have succeeded and left nothing may be let go, oldest first" { "$PARTS/script/run_threads" past; }
@test "what the threads of a run write is printed, also before they are known and after a restart" {
  "$PARTS/script/run_threads" printed
}
@test "logs that cannot be watched are read in intervals" { "$PARTS/script/run_threads" intervals; }
@test "a run notices once that the disk of its logs is full" { "$PARTS/script/run_threads" full; }
@test "a run waits for an unfinished line no longer than for its next look at the logs" {
  "$PARTS/script/run_threads" look
}
@test "a run knows of every log that was written to" { "$PARTS/script/run_threads" many; }
@test "a thread that had to wait before its start is known" { "$PARTS/script/run_threads" waited; }
@test "a run asks for the events that it needs" { "$PARTS/script/run_threads" watch; }
@test "the output of a run that never had a directory can be closed" { "$PARTS/script/run_threads" none; }

@test "a long run forgets threads that have succeeded, all but the last thousand" {
  "$PARTS/script/thinning" forgotten
}
@test "no thread is forgotten before its output is printed" { "$PARTS/script/thinning" output; }
@test "a script waits while a thousand threads wait" { "$PARTS/script/thinning" room; }
@test "a terminal is told of threads that are not ready after two seconds" { "$PARTS/script/thinning" not-ready; }

@test "with --retry, the starts of failed threads run again, and those that the run did not come to" {
  "$PARTS/script/retry" failed
}
@test "with --retry, daemons and the threads that a failed thread needs run again" { "$PARTS/script/retry" needs; }
@test "with --retry, commands lose the threads that do not run again" { "$PARTS/script/retry" commands; }
@test "with --retry, threads that are not run for lack of a result are named" { "$PARTS/script/retry" named; }
@test "a script with ids, or with a wrong line, is not run again" { "$PARTS/script/retry" refused; }
@test "results of an earlier run that cannot be read are refused" { "$PARTS/script/retry" unread; }
@test "without memory nothing runs again" { "$PARTS/script/retry" memory; }
@test "a script has the variables of its run, and none of the thread in which the run is" {
  "$PARTS/script/retry" environment
}

@test "the logs of a run are kept by the names of their threads" {
  "$PARTS/script/kept_logs" names
  "$PARTS/script/kept_logs" earlier
}
@test "a log that --log-limit has cut is kept from its first whole line on" { "$PARTS/script/kept_logs" holes; }
@test "the first log that cannot be kept is named, and the others are kept" { "$PARTS/script/kept_logs" failures; }
@test "a directory in which no log can be kept is refused" { "$PARTS/script/kept_logs" refused; }
@test "a log is never written to a file that another user has put there" { "$PARTS/script/kept_logs" user; }
@test "a system that refuses faccessat2(2) is asked in another way" { "$PARTS/script/kept_logs" old; }
@test "a run starts the process that reaches its machines" { "$PARTS/script/kept_logs" reached; }
@test "each machine of a run has a command that reaches it" { "$PARTS/script/kept_logs" commands; }
@test "a supervisor is told of the machines of its run, and when they are lost" {
  "$PARTS/script/kept_logs" told
  "$PARTS/script/kept_logs" lost
}

@test "lines that a quote or a backslash continues become one command" { "$PARTS/script/reader" commands; }
@test "a wrong line of a script is told once, with its place, and reading goes on behind it" {
  "$PARTS/script/reader" errors
}
@test "a command that is longer than 4 MiB is not continued" { "$PARTS/script/reader" longest; }
@test "a whole input is copied to its end" { "$PARTS/script/reader" whole; }
@test "an input that memory cannot hold is refused" { "$PARTS/script/reader" huge; }

@test "a line of the prompt is edited by characters, and Ctrl-C drops it" { "$PARTS/script/editor" lines; }
@test "the tabulator completes the word before the cursor, in its place" { "$PARTS/script/editor" words; }
@test "the tabulator shows candidates that agree no further, in rows of the terminal" {
  "$PARTS/script/editor" candidates
}
@test "a candidate that is wider than the terminal has a line" { "$PARTS/script/editor" wide; }
@test "Ctrl-Z at the prompt stops the shell once the editor has left the terminal" { "$PARTS/script/editor" stopped; }
@test "a read of a key that is interrupted is repeated, and the end of the terminal is the end" {
  "$PARTS/script/editor" interrupted
}
@test "the file of the history is locked while a shell changes it" { "$PARTS/script/editor" locked; }
@test "a line of the prompt is drawn again when the terminal gets another width" { "$PARTS/script/editor" width; }
@test "the prompt recalls earlier lines, also of earlier shells" { "$PARTS/script/editor" recalled; }
@test "shells share their history, of 2000 lines, and work without its file" {
  "$PARTS/script/editor" shared
  "$PARTS/script/editor" 2000
}

@test "the options of run that are not given have their defaults" { "$PARTS/script/run_options" default; }
@test "each option of run is taken" {
  "$PARTS/script/run_options" flags
  "$PARTS/script/run_options" words
  "$PARTS/script/run_options" files
  "$PARTS/script/run_options" help
}
@test "commands of --each and --jobserver have as many slots as the machine has processors" {
  "$PARTS/script/run_options" slots
}
@test "options of run that do not fit together are refused" { "$PARTS/script/run_options" refused; }

@test "the table of --report has all that is known of each thread" { "$PARTS/script/page" table; }
@test "a command in --report is cut to 160 columns" { "$PARTS/script/page" long-command; }
@test "durations in --report have three digits" { "$PARTS/script/page" durations; }
@test "the critical path in --report says what lasted, for how long, and why" { "$PARTS/script/page" path; }
@test "of a critical path of more than 25 parts --report has the longest" { "$PARTS/script/page" long-path; }
@test "--report has the last lines of each failure" { "$PARTS/script/page" failures; }
@test "a failure in --report has at most 50 lines, and its share of 4 MiB" { "$PARTS/script/page" tails; }
@test "the head of --report sums up the run" { "$PARTS/script/page" head; }

@test "the axis of the timeline has at most nine marks, at round times" { "$PARTS/script/timeline" axis; }
@test "a mark near the end of the axis is before its line" { "$PARTS/script/timeline" last-mark; }
@test "a row of the timeline shows the phases of its thread" { "$PARTS/script/timeline" rows; }
@test "a label of the timeline is behind its bar, or before it, or in it" { "$PARTS/script/timeline" labels; }
@test "arrows lead from the threads that were waited for" { "$PARTS/script/timeline" arrows; }
@test "an arrow of the critical path takes the place of the need" { "$PARTS/script/timeline" path-arrows; }
@test "lines cross the rows between their threads" { "$PARTS/script/timeline" chunks; }
@test "lines that leave a thread at the same time are one line where they cross rows" {
  "$PARTS/script/timeline" same-time
}
@test "a raise is marked in the row of its thread" { "$PARTS/script/timeline" raises; }

@test "XML has no byte that it forbids" { "$PARTS/script/results" xml; }
@test "a name that occurs again gets a number" { "$PARTS/script/results" names; }
@test "thousands of names are told apart" { "$PARTS/script/results" many-names; }
@test "--junit has the result and the reason of each thread" { "$PARTS/script/results" junit; }
@test "a failure in --junit has at most 100 lines, of 64 KiB" { "$PARTS/script/results" junit-tails; }
@test "--junit names a failure before what it left" { "$PARTS/script/results" junit-left; }
@test "--json has the numbers of the run" { "$PARTS/script/results" json; }
@test "--trace has times in whole microseconds" { "$PARTS/script/results" trace; }
@test "--trace names the machine of a thread that ran" { "$PARTS/script/results" trace-host; }
@test "the summary has a row for each thread" { "$PARTS/script/results" summary; }
@test "of more than twenty threads the summary has those that failed or left a process" {
  "$PARTS/script/results" long-summary
}
@test "a run counts its threads by what they do" { "$PARTS/script/results" kinds; }
@test "a run knows its threads by their ids" { "$PARTS/script/results" ids; }
@test "a run still counts the threads that it has let go" { "$PARTS/script/results" let-go; }
@test "a run of daemons alone is recognised" { "$PARTS/script/results" daemons; }

@test "the line of progress estimates the rest by the ends so far, when a third is over" {
  "$PARTS/script/progress" rest
}
@test "the line of progress counts the daemons that are being ended" { "$PARTS/script/progress" daemons; }
@test "the line of progress is drawn when it is due" {
  "$PARTS/script/progress" due
  "$PARTS/script/progress" began
}
@test "a run waits for no terminal that takes nothing, and draws nothing in the background" {
  "$PARTS/script/progress" full
  "$PARTS/script/progress" background
}
@test "the line of progress is shown where it can be replaced" { "$PARTS/script/progress" seen; }
