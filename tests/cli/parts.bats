#!/usr/bin/env bats
# Parts of the program that know nothing of threads, tested alone: see tests/cli/text.c, numbers.c, json.c, words.c,
# files.c, descriptors.c, regex.c, terminal.c, detach.c, executable.c, relay.c, times.c, logs.c, place.c, worker.c,
# spawn.c, process.c, loop.c and report.c.

load helpers

@test "a number of the command line is decimal digits alone" { "$HELPERS/numbers" read; }
@test "the parser of times reads every form of a time, and refuses anything else" { "$HELPERS/numbers" durations-read; }
@test "times are written in at most two units" { "$HELPERS/numbers" durations-written; }
@test "numbers and seconds are written up to the last significant digit" { "$HELPERS/numbers" written; }
@test "sizes are written with at most three digits and a unit" { "$HELPERS/numbers" sizes; }
@test "a text grows as needed, and reports when it cannot grow" { "$HELPERS/text" growth; }
@test "an array keeps its elements while it grows, and new elements are zero" { "$HELPERS/text" arrays; }
@test "words are shown so that they cannot confuse a terminal, and quoted so that a shell reads them back" {
  "$HELPERS/text" words
}
@test "the check for UTF-8 accepts UTF-8 and nothing else" { "$HELPERS/text" characters; }
@test "the first byte that is not plain is found wherever it stands" { "$HELPERS/json" plain-bytes; }
@test "the width of a text is counted in columns" { "$HELPERS/text" columns; }
@test "a character that is cut at the end of a text is bytes" { "$HELPERS/text" cut; }
@test "lines are found in bytes that come in pieces, and no byte is searched twice" {
  "$HELPERS/text" lines
  "$HELPERS/text" rest-of-lines
}
@test "base64 has one text for each sequence of bytes" { "$HELPERS/json" base64; }
@test "strings are written as JSON requires" { "$HELPERS/json" strings; }
@test "members of objects, requests and notifications are written as the protocol has them" {
  "$HELPERS/members" members
  "$HELPERS/members" envelopes
  "$HELPERS/members" states
  "$HELPERS/members" values
  "$HELPERS/members" escapes
}
@test "bytes that are no text of JSON are in base64" {
  "$HELPERS/members" bytes
  "$HELPERS/members" no-bytes
}
@test "JSON that is not written for lack of memory has failed" {
  "$HELPERS/members" copy
  "$HELPERS/members" memory
}
@test "the escapes of a string are taken out, or the string is left to the parser" { "$HELPERS/json" escapes; }
@test "the reader of a line with a table agrees with the parser of JSON" { "$HELPERS/json" tables; }
@test "a long table is not parsed, but copied once" {
  "$HELPERS/json" long-tables
  "$HELPERS/json" no-copy
}
@test "the fast parser of JSON reads as jansson does, or leaves the text to it" { "$HELPERS/json" plain-json; }
@test "JSON that is not read for lack of memory is not called wrong, and the next text is read" {
  "$HELPERS/json" memory
}

@test "a suggestion is the nearest known word, if one is near enough" { "$HELPERS/words" suggestions; }
@test "a name of a thread is refused if it could be read as something else" {
  "$HELPERS/words" names
  "$HELPERS/words" needs
  "$HELPERS/words" calls
}
@test "exceptions and signals are found by each of their names, and by no other word" {
  "$HELPERS/words" exceptions
  "$HELPERS/words" list-of-exceptions
  "$HELPERS/words" signals
}
@test "programs may define types of exceptions, up to a limit" { "$HELPERS/words" learned; }
@test "a result says the exception, and the exit status or the signal" { "$HELPERS/words" results; }
@test "the last word for a variable counts" {
  "$HELPERS/words" variables
  "$HELPERS/words" assignments
}
@test "a shared string lives as long as its last reference" { "$HELPERS/words" shared; }

@test "the lines of a file are read up to the longest, without a byte-order mark" {
  "$HELPERS/files" lines
  "$HELPERS/files" long-lines
  "$HELPERS/files" plain
}
@test "each form of a variable in a file is read, and anything else is refused" {
  "$HELPERS/files" variables
  "$HELPERS/files" loaded
  "$HELPERS/files" many-variables
}
@test "a whole text, or the end of a file, is read up to its limit" {
  "$HELPERS/files" whole
  "$HELPERS/files" ends
}
@test "directories are made for the user alone, whatever the umask is" {
  "$HELPERS/files" directories
  "$HELPERS/files" own
}
@test "a path loses its links and dots, also where it does not exist" {
  "$HELPERS/files" resolved
  "$HELPERS/descriptors" no-memory
}
@test "a path of a descriptor is known, and its file is then appended to" {
  "$HELPERS/descriptors" paths
  "$HELPERS/descriptors" append
}
@test "descriptors are opened again, sent, and closed" { "$HELPERS/descriptors" descriptors; }
@test "descriptors are closed and marked also where close_range(2) is refused" { "$HELPERS/descriptors" refused; }
@test "a descriptor takes as many bytes as it can without waiting" { "$HELPERS/descriptors" write; }
@test "the limit of open files is raised as far as allowed" { "$HELPERS/descriptors" limit; }
@test "a queue gives its bytes in order, in pieces as a pipe takes them" {
  "$HELPERS/descriptors" queue
  "$HELPERS/descriptors" flushed
}
@test "a helper does its owner's jobs one after the other, and the last one before it ends" {
  "$HELPERS/helper" jobs
  "$HELPERS/helper" last
  "$HELPERS/helper" refused
}
@test "two threads let go of large files, also those of a directory that is removed" {
  "$HELPERS/freeing" closed
  "$HELPERS/freeing" single
  "$HELPERS/freeing" alone
  "$HELPERS/freeing" directory
}
@test "an idle process gives back what is not in use of its program, its heap and its stacks" {
  "$HELPERS/memory" program
  "$HELPERS/memory" stack
}
@test "the state of a process is read" { "$HELPERS/files" states; }

@test "the event loop waits as long as it should, and is idle after a second without an event" {
  "$HELPERS/loop" waits
  "$HELPERS/loop" idle
}
@test "the event loop serves what is ready, and nothing that was removed or rests" {
  "$HELPERS/loop" served
  "$HELPERS/loop" resting
  "$HELPERS/loop" accepted
  "$HELPERS/loop" watched
  "$HELPERS/loop" background
  "$HELPERS/loop" signals
}
@test "the event loop tells which files have changed, and tells all if events were lost" {
  "$HELPERS/loop" changes
  "$HELPERS/loop" file-watches
}
@test "a worker that waits for a file is told when the watch of the file ends" { "$HELPERS/loop" ended-watch; }
@test "a file and its directory are watched by the file's path" { "$HELPERS/watches" paths; }
@test "events are read in blocks, with their names" { "$HELPERS/watches" blocks; }

@test "each form of an expression matches what it should" { "$HELPERS/regex" forms; }
@test "a repetition in an expression matches as often as it should" { "$HELPERS/regex" repetitions; }
@test "an expression that is malformed or too large is refused" { "$HELPERS/regex" refused; }
@test "expressions match the same texts as the C library's" { "$HELPERS/regex" library; }
@test "a long expression is whole" { "$HELPERS/regex" long; }
@test "an expression that is refused leaves no memory" { "$HELPERS/regex" leak; }

@test "each byte of a terminal's output belongs to text or to a sequence" { "$HELPERS/terminal" steps; }
@test "the beginning of a long sequence is kept" { "$HELPERS/terminal" long-middle; }
@test "a sequence that asks, clears, moves or sets colours is known" { "$HELPERS/terminal" meanings; }
@test "the settings of a terminal can be made again and undone" { "$HELPERS/terminal" settings; }
@test "the replay of a screen asks nothing, and ends with the settings" { "$HELPERS/terminal" replays; }

@test "the replay of a long output begins with a line" { "$HELPERS/terminal" long-replays; }
@test "each reader of a terminal's output follows it, or is told that bytes are lost" { "$HELPERS/terminal" readers; }
@test "a terminal of a thread has the settings of a new one, and a size" {
  "$HELPERS/terminal" pairs
  "$HELPERS/terminal" nobodys
}

@test "another key behind ^\\ is dropped as a whole, in whatever pieces the keys come" { "$HELPERS/detach" pieces; }
@test "a key that has begun is whole after a pause" { "$HELPERS/detach" pause; }
@test "a sequence longer than any key does not stop the keys" { "$HELPERS/detach" endless; }

@test "a command without a slash is looked for in PATH, and must be a file that may be executed" { "$HELPERS/executable" path; }
@test "a command with a slash is not looked for in PATH" { "$HELPERS/executable" slash; }
@test "the command that a script started last is not looked for again" { "$HELPERS/executable" last; }

@test "a relay passes what was read before and what comes, both ways" { "$HELPERS/relay" both-ways; }
@test "a relay's input is read up to its end, and bytes can be put in front of it" {
  "$HELPERS/relay" input
  "$HELPERS/relay" long-input
}
@test "a relay loses no byte of much that passes at once" { "$HELPERS/relay" much; }
@test "a relay notes that the supervisor has closed its socket unread" {
  "$HELPERS/relay" cut
  "$HELPERS/relay" cut-before-request
}
@test "a relay passes on the reply that a supervisor sent before it closed its socket" { "$HELPERS/relay" cut-after-reply; }
@test "a relay ends when its reader has gone" { "$HELPERS/relay" no-reader; }
@test "a relay gives up the last reply if it is not read in time" { "$HELPERS/relay" cut-unread; }
@test "a relay passes each request on at once, in the pieces that the socket takes" {
  "$HELPERS/relay" no-wait
  "$HELPERS/relay" pieces
  "$HELPERS/relay" held
}
@test "a relay sleeps while nothing comes, and waits for a reply after the end of its input" { "$HELPERS/relay" sleep; }

@test "the times of a log are found by the place of a byte" { "$HELPERS/times" places; }
@test "the times of what a log has lost are dropped, and those of what it keeps are found" { "$HELPERS/times" lost; }
@test "the times of a log that became shorter begin anew" { "$HELPERS/times" shorter; }
@test "times of lost bytes are dropped in whole blocks" { "$HELPERS/times" blocks; }
@test "a time that could not be written whole is lost, and no other one" { "$HELPERS/times" whole; }
@test "the times of a log are in a file of its owner alone" { "$HELPERS/times" own; }
@test "a time is shown in the local zone, with milliseconds" { "$HELPERS/times" shown; }

@test "the log of a thread is a regular file" { "$HELPERS/logs" files; }
@test "a reader of a log goes on with the file that has taken its path, and loses no byte" { "$HELPERS/logs" moved; }
@test "a reader of a log takes the last bytes of a file before it goes on with the next one" { "$HELPERS/logs" end; }
@test "a reader of a log closes every file that it has opened" { "$HELPERS/logs" many; }
@test "a reader begins anew with a log that was emptied, and says that bytes were lost" { "$HELPERS/logs" emptied; }
@test "where a log has lost its beginning, reading goes on with the first whole line" { "$HELPERS/logs" holes; }
@test "a hole that the command itself has made is output" { "$HELPERS/logs" sparse; }
@test "a log that begins anew has the whole of its first line" { "$HELPERS/logs" anew; }
@test "the beginning of a line is looked for in 64 KiB, and not further" { "$HELPERS/logs" long; }
@test "the last lines of a log are found from its end" { "$HELPERS/logs" last-lines; }
@test "a log that comes through a connection is read once, and its gaps are known" { "$HELPERS/logs" buffer; }
@test "a log that comes through a connection is read like a file" { "$HELPERS/logs" remote; }
@test "a log that comes through a connection takes little memory" { "$HELPERS/logs" bounds; }
@test "a log that comes through a connection has the times of its bytes" { "$HELPERS/logs" buffer-times; }

@test "the marks of runs are found by their places, each once" { "$HELPERS/place" marks; }
@test "a mark of a run that does not fit into memory is refused" { "$HELPERS/place" memory; }
@test "the marks of runs are read anew when their file has changed" { "$HELPERS/place" changed; }
@test "marks of runs that are damaged are left out" { "$HELPERS/place" damaged; }
@test "the mark of a run that did not begin is taken back" { "$HELPERS/place" taken-back; }
@test "a large file of marks loses its older half" { "$HELPERS/place" dropped; }
@test "a mark of a run that cannot be written is an error" { "$HELPERS/place" unwritten; }
@test "the mark of a run is shown as one line" { "$HELPERS/place" line; }
@test "the journal is a regular file of its own, and is emptied above 1 MiB" { "$HELPERS/place" own; }
@test "the journal has dated lines of at most 512 bytes" { "$HELPERS/place" journal; }
@test "a journal that was removed begins again" { "$HELPERS/place" removed; }
@test "the reason for a supervisor's end is the last message of its journal" { "$HELPERS/place" reason; }
@test "the lock of a supervisor at another socket is not waited for" { "$HELPERS/place" lock; }
@test "the parts of the lock are held apart, and its file names the holders" { "$HELPERS/place" parts; }
@test "the lock is a regular file that its owner alone can use" { "$HELPERS/place" owner; }

@test "a command gets the variables of its own thread, and none of another thread" { "$HELPERS/worker" variables; }
@test "equal environments are kept once" { "$HELPERS/worker" shared; }
@test "a start replaces and adds variables of its connection" { "$HELPERS/worker" replaced; }
@test "a start that adds many variables delays the supervisor little" { "$HELPERS/worker" many; }
@test "the directory of a program that was sent is the last one of PATH" { "$HELPERS/worker" path; }
@test "MAKEFLAGS names one jobserver, before the variables" { "$HELPERS/worker" makeflags; }
@test "a run gets the lowest number that no other run has" { "$HELPERS/worker" numbers; }
@test "64 connections to a machine are kept for the next runs" { "$HELPERS/worker" connections; }
@test "the logs of three earlier runs of a supervisor are kept" { "$HELPERS/worker_logs" kept; }
@test "without memory the logs of all earlier runs are kept" { "$HELPERS/worker_logs" memory; }
@test "the directory of logs is made again, if it is safe" { "$HELPERS/worker_logs" restored; }
@test "--log-limit frees whole blocks, a quarter of the limit at a time" { "$HELPERS/worker_logs" limit; }
@test "--log-limit keeps what the probe of --ready has not read" { "$HELPERS/worker_logs" unread; }
@test "a limited log is looked at when it grows, and else at intervals" { "$HELPERS/worker_logs" growth; }

@test "a terminal that cannot be made leaves nothing open" { "$HELPERS/run_terminal" lack; }
@test "an environment is freed with its last reference" { "$HELPERS/worker" freed; }
@test "--log-limit is given up where the file system gives no blocks back" { "$HELPERS/worker_logs" refused; }
@test "a log that was long before is limited when it is opened, and a short one is left" { "$HELPERS/worker_logs" opened; }

@test "a supervisor raises the limits that could hurt it, as far as it may" {
  "$HELPERS/raise_limits" root
  "$HELPERS/raise_limits" others
}
@test "a command gets the limits of its client, not the raised ones" { "$HELPERS/raise_limits" command; }
@test "a supervisor becomes a subreaper" { "$HELPERS/adoption" subreaper; }
@test "adopted processes are reaped under the lock, and ended" { "$HELPERS/adoption" reaped; }
@test "the owner of an adopted process is found by its mark, or by one below it" { "$HELPERS/adoption" owner; }
@test "one census of the adopted processes serves all, after a pause" { "$HELPERS/adoption" census; }
@test "limits of time begin with the command" { "$HELPERS/starting" times; }

@test "a worker waits for the end of its command, and reaps it" { "$HELPERS/execution" run; }
@test "the status of a command that a debugger holds is read" { "$HELPERS/execution" status; }
@test "a time limit ends a run, and an attached process hears of it first" {
  "$HELPERS/execution" limit
  "$HELPERS/execution" attached
}
@test "a command that is not ready in time is ended" { "$HELPERS/execution" late; }
@test "a command that cannot be ended is left" { "$HELPERS/execution" left; }
@test "a worker serves the terminal and the log" { "$HELPERS/execution" served; }
@test "a probe makes a thread ready once" { "$HELPERS/execution" ready; }
@test "a worker that waits for a second releases its stack" { "$HELPERS/execution" rest; }
@test "a command begins when its library is loaded" { "$HELPERS/execution" loading; }

@test "a start makes a process, and notes it" { "$HELPERS/starting" started; }
@test "a command gets all that its start asks for" { "$HELPERS/starting" asked; }
@test "the pipe of an input is opened anew for each run" { "$HELPERS/starting" pipe; }
@test "a command at a terminal gets no other input" { "$HELPERS/starting" terminal; }
@test "a command that cannot be prepared is not started" { "$HELPERS/starting" unprepared; }
@test "a start that fails says at which step, with the status of a shell" { "$HELPERS/starting" steps; }
@test "the directory of a log that was removed is made again for a start" { "$HELPERS/starting" log; }

@test "a command runs at an agent, and the connection is kept for the next one" { "$HELPERS/far_run" run; }
@test "an agent is told all of a start" { "$HELPERS/far_run" start; }
@test "a command that an agent refuses does not run" { "$HELPERS/far_run" refused; }
@test "a lost machine ends the run, with the reason" { "$HELPERS/far_run" lost; }
@test "an agent that breaks the protocol is left" { "$HELPERS/far_run" protocol; }
@test "a command that is killed just before its machine is lost is lost with it" { "$HELPERS/far_run" killed; }
@test "a run on another machine that cannot be prepared does not begin" { "$HELPERS/far_run" unprepared; }
@test "exceptions and signals are sent to the agent" { "$HELPERS/far_data" exceptions; }
@test "a command on another machine that is not ready in time is ended" { "$HELPERS/far_data" late; }
@test "the server hears of a process that attaches itself on another machine" { "$HELPERS/far_data" attached; }
@test "the input is sent to another machine piece by piece" { "$HELPERS/far_data" input; }
@test "a command on another machine that reads no more gets no more input" { "$HELPERS/far_data" unread; }
@test "an input for another machine blocks nobody" {
  "$HELPERS/far_data" flags
  "$HELPERS/far_data" empty
}
@test "an input for another machine becomes nobody's terminal" { "$HELPERS/far_data" tty-input; }
@test "a terminal on another machine is shown here, and gets its size from here" { "$HELPERS/far_data" terminal; }
@test "an agent waits for a slow reader of the output, unless the run is ending" { "$HELPERS/far_data" slow; }
@test "a command on another machine gets SIGPIPE when its reader has gone" { "$HELPERS/far_data" gone; }
@test "an agent is asked for a probe until it answers" { "$HELPERS/far_probe" asked; }
@test "the errors of an agent say what becomes of a probe" { "$HELPERS/far_probe" errors; }
@test "a probe of an agent ends with the connection, or by an order" { "$HELPERS/far_probe" ends; }
@test "the log of a command on another machine is looked at here" { "$HELPERS/far_probe" log; }
@test "the limit of a description of leftovers is exact" { "$HELPERS/left" exact; }

@test "a list of children is read whole, however long it is" { "$HELPERS/tree" list; }
@test "a walk through the children of a process ends when it is told" { "$HELPERS/tree" walk; }
@test "the first worker for a machine connects to its agent" { "$HELPERS/far_run" connect; }
@test "a connection to an agent on which something is under way is closed" { "$HELPERS/far_run" leave; }
@test "the environment of the last command goes with a connection" { "$HELPERS/far_run" environment; }
@test "the last words of an agent are read" { "$HELPERS/far_data" last-words; }

@test "a prober tries until its probe holds, and tells once that the first try was in vain" { "$HELPERS/prober" tries; }
@test "a prober looks when something has come, and takes the orders of the server" { "$HELPERS/prober" waits; }
@test "a probe that cannot be tried has a reason" { "$HELPERS/prober" reasons; }
@test "a prober asks the agent of a thread on another machine" { "$HELPERS/prober" far; }
@test "a prober that cannot start leaves nothing" { "$HELPERS/prober" start; }

@test "k3thread-host is looked for in three places" { "$HELPERS/loading" places; }
@test "k3thread-host gets a pipe and the arguments of the call" { "$HELPERS/loading" begun; }
@test "k3thread-host says whether it can call the function" { "$HELPERS/loading" news; }
@test "without k3thread-host nothing is loaded" { "$HELPERS/loading" missing; }
@test "k3thread-host calls the function in an attached thread" { "$HELPERS/called" called; }
@test "k3thread-host names its thread as the library allows" { "$HELPERS/called" names; }
@test "k3thread-host calls nothing in a process that is not attached" { "$HELPERS/called" attach; }
@test "k3thread-host says why it cannot call the function, with the status of a shell" {
  "$HELPERS/called" status
  "$HELPERS/called" long
}
@test "k3thread-host tells the worker, or the user if there is none" {
  "$HELPERS/called" descriptor
  "$HELPERS/called" usage
}

@test "a thread's terminal has a size, here or on another machine" { "$HELPERS/run_terminal" size; }
@test "the output of a terminal goes to the log and to the screen" { "$HELPERS/run_terminal" output; }
@test "a slow log holds a terminal, and loses nothing" { "$HELPERS/run_terminal" slow; }
@test "a terminal goes on when its log cannot be written" { "$HELPERS/run_terminal" broken; }
@test "the rest of a terminal's output is limited, and so is the wait for the log" { "$HELPERS/run_terminal" rest; }

@test "without a jobserver a command gets no descriptors of it" { "$HELPERS/tokens" none; }
@test "a jobserver gives a command a fifo and a pipe" { "$HELPERS/tokens" opened; }
@test "the server of a jobserver is told when a command begins and ends" { "$HELPERS/tokens" told; }
@test "a jobserver that cannot be opened is explained" { "$HELPERS/tokens" failures; }

@test "all adopted processes are killed and reaped" { "$HELPERS/children_end" all; }
@test "the first look for adopted processes spares what is below them, and later looks do not" { "$HELPERS/children_end" below; }
@test "dead processes are reaped while others live" { "$HELPERS/children_end" dead; }
@test "processes that outlive their kill by ten seconds are given up" { "$HELPERS/children_end" given-up; }
@test "processes without a descriptor are looked at again soon" { "$HELPERS/children_end" unwatched; }

@test "an end asks the command's group at once, and after half of the grace the others, once each" { "$HELPERS/ending" group; }
@test "a process that ignores the signal of an end gets SIGTERM" { "$HELPERS/ending" ignored; }
@test "an end spares the process in which the exception has arrived" { "$HELPERS/ending" spared; }
@test "kills are repeated at pauses that double up to a second" { "$HELPERS/ending" kills; }
@test "a process that cannot be ended is named in the report" { "$HELPERS/ending" impossible; }

@test "leftovers are asked when the command has ended, and get the grace" { "$HELPERS/cleanup" grace; }
@test "leftovers that do not end within the grace are killed" { "$HELPERS/cleanup" stubborn; }
@test "an end that has begun before the command's end goes on with its leftovers" { "$HELPERS/cleanup" begun; }
@test "a leftover that cannot be ended is not waited for" { "$HELPERS/cleanup" given-up; }
@test "leftovers without a descriptor are looked at every 50 ms" { "$HELPERS/cleanup" unwatched; }
@test "the children of a killed leftover are killed as soon as they are found" { "$HELPERS/cleanup" heirs; }
@test "an exception reaches a worker that waits for leftovers" { "$HELPERS/cleanup" raised; }
@test "the terminal is read while leftovers live" { "$HELPERS/cleanup" terminal; }

@test "idle leftovers are reported after 0.1 s" { "$HELPERS/left" idle; }
@test "leftovers at work are reported after 2 s" { "$HELPERS/left" work; }
@test "leftovers that use 0.2 s of processor time are reported" { "$HELPERS/left" processor; }
@test "the processor time of ended leftovers counts" { "$HELPERS/left" ended; }
@test "an exception that ends the run ends the wait for leftovers" { "$HELPERS/left" raised; }
@test "leftovers that cannot be found are not reported" { "$HELPERS/left" failed; }
@test "the report on leftovers names each one, its command, its age and its addresses" { "$HELPERS/left" described; }
@test "a leftover that ends while it is described is left out" { "$HELPERS/left" gone; }
@test "leftovers that no memory lists are counted" { "$HELPERS/left" memory; }
@test "32 leftovers are described, and all are counted" { "$HELPERS/left" many; }
@test "the description of leftovers has at most 16 KiB, and each command line 512 bytes" { "$HELPERS/left" limit; }

@test "a thread waits for its delay and its turn, unless an exception ends it" { "$HELPERS/life" turn; }
@test "a command runs again as --restart says" { "$HELPERS/life" restarts; }
@test "the pauses before restarts double up to a minute, and begin anew after a run of 10 s" { "$HELPERS/life" pauses; }
@test "a command whose machine is lost runs again elsewhere if its start says so" { "$HELPERS/life" lost; }

@test "an exception, or one of four signals, ends a thread whose command does not run" { "$HELPERS/raised" idle; }
@test "an exception ends a run, and a signal is passed on to the command" { "$HELPERS/raised" running; }
@test "an end by the supervisor adds nothing to an end that is under way" { "$HELPERS/raised" automatic; }
@test "what the server tells a worker ends no thread" { "$HELPERS/raised" news; }
@test "the words about a missed limit fit their buffer" { "$HELPERS/raised" words; }

@test "each descriptor of a command gets its number, and no other is passed on" { "$HELPERS/spawn" descriptors; }
@test "a command has a session, a mark, a umask and no blocked signal" { "$HELPERS/spawn" set-up; }
@test "a command dies with the process that has started it" { "$HELPERS/spawn" death; }
@test "the input of a command is opened without a wait for a writer" { "$HELPERS/spawn" input; }
@test "a start that fails names its step, and leaves nothing behind" { "$HELPERS/spawn" steps; }
@test "a call that fails before the exec ends the start at its step" { "$HELPERS/spawn" calls; }
@test "a command gets its limits, and those that it cannot get are named" { "$HELPERS/spawn" limits; }
@test "only the terminal of its thread controls a command" { "$HELPERS/spawn" terminal; }
@test "a file that cannot be executed leaves no trace in the command that is found" { "$HELPERS/spawn_search" trace; }
@test "a command is searched for in PATH as execvp does it" { "$HELPERS/spawn_search" search; }
@test "without PATH a command is searched for in the usual directories" { "$HELPERS/spawn_search" no-path; }
@test "the interpreter that a script lacks is named" { "$HELPERS/spawn_search" interpreter; }
@test "two stacks of children are kept, and each has a guard" { "$HELPERS/spawn" stacks; }

@test "the state of a process is read, whatever its name is" {
  needs_no_sanitizer thread 'it has a thread of its own'
  "$HELPERS/process" state
}
@test "a process that computes, or waits for a disk, is at work" {
  needs_no_sanitizer thread 'it has a thread of its own, and no vfork'
  "$HELPERS/process" busy
}
@test "the kernel's table of TCP sockets is read" { "$HELPERS/process" table; }
@test "the addresses on which a process listens are found" { "$HELPERS/process" addresses; }
@test "the use of living processes is added up" { "$HELPERS/process" live; }
@test "ended processes count to their threads" { "$HELPERS/process" accounts; }
@test "a thread reaps no child of another thread that it does not name" { "$HELPERS/process" threads; }
@test "a mark names the thread of a process" { "$HELPERS/process" marks; }
@test "the mark of another user's process is read" { "$HELPERS/process" other-users; }
@test "limits are raised for the supervisor, and applied for a command" { "$HELPERS/process" limits; }
@test "the niceness of a client is that of its commands" { "$HELPERS/process" niceness; }
@test "each limit has a name" { "$HELPERS/process" limit-names; }
@test "a lack of descriptors or processes is explained by the limit" { "$HELPERS/process" lack; }

@test "a report on a command of another machine is read as it was written" { "$HELPERS/report" written; }
@test "an exception that only a program knows is reported with a known base" { "$HELPERS/report" unknown; }
@test "what is no report is refused" { "$HELPERS/report" refused; }
@test "the runs of a thread on other machines add up" { "$HELPERS/report" runs; }
@test "the agent's probe makes a thread ready" { "$HELPERS/report" agent-probe; }
@test "a probe of the output looks at the log here, and its time begins with the command" { "$HELPERS/report" own-probe; }
@test "the end of a command on another machine is the end of the run" { "$HELPERS/report" end; }
@test "a report that makes no sense changes nothing" { "$HELPERS/report" nonsense; }
@test "a slow reader gets all output of another machine, and a MiB of it is kept" { "$HELPERS/report" slow; }
@test "a reader of the output that goes is noticed once" { "$HELPERS/report" gone; }

@test "a thread begins at once, or is forgotten if it cannot" {
  "$HELPERS/begins" at-once
  "$HELPERS/begins" forgotten
}
@test "threads get slots in the order in which they came" {
  "$HELPERS/begins" order
  "$HELPERS/begins" token
  "$HELPERS/begins" late-need
}
@test "threads for other machines do not wait for each other" { "$HELPERS/begins" machines; }
@test "a thread waits out its delay before it queues" { "$HELPERS/begins" delay; }
@test "a worker that could not be told of its slot stays the first of the queue" { "$HELPERS/begins" untold; }
@test "a worker that cannot be started ends its thread" { "$HELPERS/begins" no-worker; }
@test "a thread begins when all its needs are met, and ends when one is lost" {
  "$HELPERS/begins" needs
  "$HELPERS/begins" lost-need
  "$HELPERS/begins" lost-before
}
@test "each run gets the input, and a report of a run ends a restart" { "$HELPERS/begins" runs; }
@test "a command whose machine is lost waits for another machine" { "$HELPERS/begins" lost-machine; }
@test "a raise goes to the worker, or ends a thread that has none" {
  "$HELPERS/ends" raise
  "$HELPERS/ends" waits
}
@test "a command that runs as another user is only killed" { "$HELPERS/ends" denied; }
@test "the supervisor's end of a thread is told once" { "$HELPERS/ends" end; }
@test "an exception that has arrived in the process is noted" { "$HELPERS/ends" arrived; }
@test "a restart runs the command again, in the same slot and without its delay" {
  "$HELPERS/ends" again
  "$HELPERS/ends" ended
  "$HELPERS/ends" machine
}
@test "a restart fails after a later raise, a lost need, or a process that cannot be ended" {
  "$HELPERS/ends" cancelled
  "$HELPERS/ends" lost-need
  "$HELPERS/ends" unended
}

@test "a removed socket is put back, unless another file is in its place" {
  "$HELPERS/doors" removed
  "$HELPERS/doors" others
  "$HELPERS/doors" file
}
@test "a removed lock is taken again, and signed" { "$HELPERS/doors" lock; }
@test "the socket is not put back where others can write, without the lock, or without a descriptor" {
  "$HELPERS/doors" shut
  "$HELPERS/doors" unmade
}
@test "a supervisor without a bell serves its clients" { "$HELPERS/doors" no-bell; }
@test "only this user and root are served" { "$HELPERS/callers" users; }
@test "a client for which there is no descriptor is told so" {
  "$HELPERS/callers" no-room
  "$HELPERS/callers" spare
  "$HELPERS/callers" gone
}
@test "a listener that can accept nobody rests" {
  "$HELPERS/callers" rests
  "$HELPERS/callers" bell-rests
}
@test "a supervisor that cannot listen says so" {
  "$HELPERS/callers" unwatched
  "$HELPERS/callers" unopened
}
@test "a client that was sent over a socket is served" { "$HELPERS/callers" sent; }
@test "a supervisor knows its agent and its guardian, and ends without them" {
  "$HELPERS/agents" lifeline
  "$HELPERS/agents" unknown
  "$HELPERS/agents" guardian
  "$HELPERS/agents" end
}
@test "clients in the queue are served at the end" { "$HELPERS/callers" queue; }

@test "one process is attached to a thread, and a connection has one attachment" {
  "$HELPERS/inside" one
  "$HELPERS/inside" connection
}
@test "the last messages of a process that has ended are read" { "$HELPERS/inside" last; }
@test "an exception for an attached process goes to it, on this machine or another one" {
  "$HELPERS/inside" raise
  "$HELPERS/inside" far
}
@test "news of an attached process are taken up to the first that is wrong" { "$HELPERS/inside" threads; }
@test "exceptions that a process has published are known there, up to a limit" { "$HELPERS/inside" published; }
@test "the threads inside a process are remembered in order, up to a limit" {
  "$HELPERS/inner_list" order
  "$HELPERS/inner_list" memory
}
@test "the names of threads inside a process are checked" { "$HELPERS/inner_list" names; }
@test "threads inside processes are listed by names, ids and patterns" {
  "$HELPERS/inner_list" list
  "$HELPERS/inner_list" words
}
@test "an exception that arrives in the process begins the grace, and one that does not becomes a signal" {
  "$HELPERS/arrivals" worker
  "$HELPERS/arrivals" grace
  "$HELPERS/arrivals" late
  "$HELPERS/arrivals" types
  "$HELPERS/arrivals" memory
}
@test "exceptions wait until the function of a library is loaded" { "$HELPERS/arrivals" loaded; }
@test "the end, the restart and the time limit of a thread arrive in its process first" {
  "$HELPERS/arrivals" end
  "$HELPERS/arrivals" restart
  "$HELPERS/arrivals" overdue
}

@test "the connection to another machine is read until its user closes it" {
  "$HELPERS/far_side" messages
  "$HELPERS/far_side" other
  "$HELPERS/far_side" unreached
}
@test "a process on another machine is followed, and gets its exceptions there" {
  "$HELPERS/far_side" follow
  "$HELPERS/far_side" raise
  "$HELPERS/far_side" memory
  "$HELPERS/far_side" end
}

@test "an agent's process waits until the run follows it, and learns of the end" {
  "$HELPERS/followers" follower
  "$HELPERS/followers" ended
  "$HELPERS/followers" memory
  "$HELPERS/followers" lost
}

@test "a line is a request, or is refused with a reason and the id" {
  "$HELPERS/dispatching" requests
  "$HELPERS/dispatching" depth
  "$HELPERS/dispatching" no-json
}
@test "a request that only asks is dropped if its client has gone" { "$HELPERS/dispatching" gone; }
@test "a reply of an attached process is no request" { "$HELPERS/dispatching" replies; }
@test "the end of a connection frees the calls of its client" { "$HELPERS/dispatching" end; }
@test "a command of an agent is reported until it ends, or fails, or is killed without its run" {
  "$HELPERS/executions" reports
  "$HELPERS/executions" at-once
  "$HELPERS/executions" killed
  "$HELPERS/executions" failed
}
@test "the output of an agent's command comes in pieces, and waits for a slow reader" {
  "$HELPERS/executions" pieces
  "$HELPERS/executions" paused
  "$HELPERS/executions" rest
}

@test "a server opens what it needs, or does not begin" {
  "$HELPERS/rounds" open
  "$HELPERS/rounds" lacks
}
@test "workers and the lifeline wake the server" {
  "$HELPERS/rounds" workers
  "$HELPERS/rounds" lifeline
  "$HELPERS/rounds" agent
}
@test "the next round of the server comes when something is due, and the last one when all is answered" {
  "$HELPERS/rounds" due
  "$HELPERS/rounds" answers
  "$HELPERS/rounds" end
}
@test "a need names a thread and a condition" {
  "$HELPERS/needing" read
  "$HELPERS/needing" refused
}

@test "a signal ends everything, and the end of a child wakes the server" {
  "$HELPERS/signals_taken" children
  "$HELPERS/signals_taken" end
}
@test "the end of a client releases what was kept for it" {
  "$HELPERS/peers" end
  "$HELPERS/peers" closed
}

@test "every case of these programs is run here" {
  for source in "$BATS_TEST_DIRNAME"/*.c; do
    grep -q '^TEST_MAIN' "$source" || continue
    program=$(basename "$source" .c)
    for name in $("$HELPERS/$program"); do
      grep -qE "HELPERS/$program\" $name( |;|\$)" "$BATS_TEST_DIRNAME"/../*/*.bats || echo "$program $name"
    done
  done >left-out
  is "$(cat left-out)" ''
}
