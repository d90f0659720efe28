#!/usr/bin/env bats
# The worker: the life of a thread, its command here or on another machine, and its reports.

load ../cli/helpers

@test "a command gets the variables of its own thread, and none of another thread" { "$PARTS/worker/worker" variables; }
@test "equal environments are kept once" { "$PARTS/worker/worker" shared; }
@test "a start replaces and adds variables of its connection" { "$PARTS/worker/worker" replaced; }
@test "a start that adds many variables delays the supervisor little" { "$PARTS/worker/worker" many; }
@test "the directory of a program that was sent is the last one of PATH" { "$PARTS/worker/worker" path; }
@test "MAKEFLAGS names one jobserver, before the variables" { "$PARTS/worker/worker" makeflags; }
@test "a run gets the lowest number that no other run has" { "$PARTS/worker/worker" numbers; }
@test "64 connections to a machine are kept for the next runs" { "$PARTS/worker/worker" connections; }
@test "an environment is freed with its last reference" { "$PARTS/worker/worker" freed; }

@test "the logs of three earlier runs of a supervisor are kept" { "$PARTS/worker/worker_logs" kept; }
@test "without memory the logs of all earlier runs are kept" { "$PARTS/worker/worker_logs" memory; }
@test "the directory of logs is made again, if it is safe" { "$PARTS/worker/worker_logs" restored; }
@test "--log-limit frees whole blocks, a quarter of the limit at a time" { "$PARTS/worker/worker_logs" limit; }
@test "--log-limit keeps what the probe of --ready has not read" { "$PARTS/worker/worker_logs" unread; }
@test "a limited log is looked at when it grows, and else at intervals" { "$PARTS/worker/worker_logs" growth; }
@test "--log-limit is given up where the file system gives no blocks back" { "$PARTS/worker/worker_logs" refused; }
@test "a log that was long before is limited when it is opened, and a short one is left" {
  "$PARTS/worker/worker_logs" opened
}

@test "a terminal that cannot be made leaves nothing open" { "$PARTS/worker/run_terminal" lack; }
@test "a thread's terminal has a size, here or on another machine" { "$PARTS/worker/run_terminal" size; }
@test "the output of a terminal goes to the log and to the screen" { "$PARTS/worker/run_terminal" output; }
@test "a slow log holds a terminal, and loses nothing" { "$PARTS/worker/run_terminal" slow; }
@test "a terminal goes on when its log cannot be written" { "$PARTS/worker/run_terminal" broken; }
@test "the rest of a terminal's output is limited, and so is the wait for the log" {
  "$PARTS/worker/run_terminal" rest
}

@test "limits of time begin with the command" { "$PARTS/worker/starting" times; }
@test "a start makes a process, and notes it" { "$PARTS/worker/starting" started; }
@test "a command gets all that its start asks for" { "$PARTS/worker/starting" asked; }
@test "the pipe of an input is opened anew for each run" { "$PARTS/worker/starting" pipe; }
@test "a command at a terminal gets no other input" { "$PARTS/worker/starting" terminal; }
@test "a command that cannot be prepared is not started" { "$PARTS/worker/starting" unprepared; }
@test "a start that fails says at which step, with the status of a shell" { "$PARTS/worker/starting" steps; }
@test "the directory of a log that was removed is made again for a start" { "$PARTS/worker/starting" log; }

@test "a worker waits for the end of its command, and reaps it" { "$PARTS/worker/execution" run; }
@test "the status of a command that a debugger holds is read" { "$PARTS/worker/execution" status; }
@test "a time limit ends a run, and an attached process hears of it first" {
  "$PARTS/worker/waiting" limit
  "$PARTS/worker/waiting" attached
}
@test "a command that is not ready in time is ended" { "$PARTS/worker/waiting" late; }
@test "a command that cannot be ended is left" { "$PARTS/worker/execution" left; }
@test "a worker serves the terminal and the log" { "$PARTS/worker/waiting" served; }
@test "a probe makes a thread ready once" { "$PARTS/worker/waiting" ready; }
@test "a worker that waits for a second releases its stack" { "$PARTS/worker/waiting" rest; }
@test "a command begins when its library is loaded" { "$PARTS/worker/execution" loading; }

@test "a command runs at an agent, and the connection is kept for the next one" { "$PARTS/worker/far_run" run; }
@test "an agent is told all of a start" { "$PARTS/worker/far_run" start; }
@test "a command that an agent refuses does not run" { "$PARTS/worker/far_run" refused; }
@test "a lost machine ends the run, with the reason" { "$PARTS/worker/far_run" lost; }
@test "an agent that breaks the protocol is left" { "$PARTS/worker/far_run" protocol; }
@test "a command that is killed just before its machine is lost is lost with it" { "$PARTS/worker/far_run" killed; }
@test "a run on another machine that cannot be prepared does not begin" { "$PARTS/worker/far_run" unprepared; }
@test "the first worker for a machine connects to its agent" { "$PARTS/worker/far_run" connect; }
@test "a connection to an agent on which something is under way is closed" { "$PARTS/worker/far_run" leave; }
@test "the environment of the last command goes with a connection" { "$PARTS/worker/far_run" environment; }

@test "exceptions and signals are sent to the agent" { "$PARTS/worker/far_data" exceptions; }
@test "a command on another machine that is not ready in time is ended" { "$PARTS/worker/far_data" late; }
@test "the server hears of a process that attaches itself on another machine" { "$PARTS/worker/far_data" attached; }
@test "the input is sent to another machine piece by piece" { "$PARTS/worker/far_data" input; }
@test "a command on another machine that reads no more gets no more input" { "$PARTS/worker/far_data" unread; }
@test "an input for another machine blocks nobody" {
  "$PARTS/worker/far_data" flags
  "$PARTS/worker/far_data" empty
}
@test "an input for another machine becomes nobody's terminal" { "$PARTS/worker/far_data" tty-input; }
@test "a terminal on another machine is shown here, and gets its size from here" { "$PARTS/worker/far_data" terminal; }
@test "an agent waits for a slow reader of the output, unless the run is ending" { "$PARTS/worker/far_data" slow; }
@test "a command on another machine gets SIGPIPE when its reader has gone" { "$PARTS/worker/far_data" gone; }
@test "the last words of an agent are read" { "$PARTS/worker/far_data" last-words; }

@test "an agent is asked for a probe until it answers" { "$PARTS/worker/far_probe" asked; }
@test "the errors of an agent say what becomes of a probe" { "$PARTS/worker/far_probe" errors; }
@test "a probe of an agent ends with the connection, or by an order" { "$PARTS/worker/far_probe" ends; }
@test "the log of a command on another machine is looked at here" { "$PARTS/worker/far_probe" log; }

@test "the limit of a description of leftovers is exact" { "$PARTS/worker/left" exact; }
@test "idle leftovers are reported after 0.1 s" { "$PARTS/worker/left" idle; }
@test "leftovers at work are reported after 2 s" { "$PARTS/worker/left" work; }
@test "leftovers that use 0.2 s of processor time are reported" { "$PARTS/worker/left" processor; }
@test "the processor time of ended leftovers counts" { "$PARTS/worker/left" ended; }
@test "an exception that ends the run ends the wait for leftovers" { "$PARTS/worker/left" raised; }
@test "leftovers that cannot be found are not reported" { "$PARTS/worker/left" failed; }
@test "the report on leftovers names each one, its command, its age and its addresses" {
  "$PARTS/worker/left" described
}
@test "a leftover that ends while it is described is left out" { "$PARTS/worker/left" gone; }
@test "leftovers that no memory lists are counted" { "$PARTS/worker/left" memory; }
@test "32 leftovers are described, and all are counted" { "$PARTS/worker/left" many; }
@test "the description of leftovers has at most 16 KiB, and each command line 512 bytes" { "$PARTS/worker/left" limit; }

@test "a prober tries until its probe holds, and tells once that the first try was in vain" {
  "$PARTS/worker/prober" tries
}
@test "a prober looks when something has come, and takes the orders of the server" { "$PARTS/worker/prober" waits; }
@test "a probe that cannot be tried has a reason" { "$PARTS/worker/prober" reasons; }
@test "a prober asks the agent of a thread on another machine" { "$PARTS/worker/prober" far; }
@test "a prober that cannot start leaves nothing" { "$PARTS/worker/prober" start; }

@test "k3thread-host is looked for in three places" { "$PARTS/worker/loading" places; }
@test "k3thread-host gets a pipe and the arguments of the call" { "$PARTS/worker/loading" begun; }
@test "k3thread-host says whether it can call the function" { "$PARTS/worker/loading" news; }
@test "without k3thread-host nothing is loaded" { "$PARTS/worker/loading" missing; }

@test "without a jobserver a command gets no descriptors of it" { "$PARTS/worker/tokens" none; }
@test "a jobserver gives a command a fifo and a pipe" { "$PARTS/worker/tokens" opened; }
@test "the server of a jobserver is told when a command begins and ends" { "$PARTS/worker/tokens" told; }
@test "a jobserver that cannot be opened is explained" { "$PARTS/worker/tokens" failures; }

@test "an end asks the command's group at once, and after half of the grace the others, once each" {
  "$PARTS/worker/ending" group
}
@test "a process that ignores the signal of an end gets SIGTERM" { "$PARTS/worker/ending" ignored; }
@test "an end spares the process in which the exception has arrived" { "$PARTS/worker/ending" spared; }
@test "kills are repeated at pauses that double up to a second" { "$PARTS/worker/ending" kills; }
@test "a process that cannot be ended is named in the report" { "$PARTS/worker/ending" impossible; }

@test "leftovers are asked when the command has ended, and get the grace" { "$PARTS/worker/cleanup" grace; }
@test "leftovers that do not end within the grace are killed" { "$PARTS/worker/cleanup" stubborn; }
@test "an end that has begun before the command's end goes on with its leftovers" { "$PARTS/worker/cleanup" begun; }
@test "a leftover that cannot be ended is not waited for" { "$PARTS/worker/cleanup" given-up; }
@test "leftovers without a descriptor are looked at every 50 ms" { "$PARTS/worker/cleanup" unwatched; }
@test "the children of a killed leftover are killed as soon as they are found" { "$PARTS/worker/cleanup" heirs; }
@test "an exception reaches a worker that waits for leftovers" { "$PARTS/worker/cleanup" raised; }
@test "the terminal is read while leftovers live" { "$PARTS/worker/cleanup" terminal; }

@test "a thread waits for its delay and its turn, unless an exception ends it" { "$PARTS/worker/life" turn; }
@test "a command runs again as --restart says" { "$PARTS/worker/life" restarts; }
@test "the pauses before restarts double up to a minute, and begin anew after a run of 10 s" {
  "$PARTS/worker/life" pauses
}
@test "a command whose machine is lost runs again elsewhere if its start says so" { "$PARTS/worker/life" lost; }

@test "an exception, or one of four signals, ends a thread whose command does not run" { "$PARTS/worker/raised" idle; }
@test "an exception ends a run, and a signal is passed on to the command" { "$PARTS/worker/raised" running; }
@test "an end by the supervisor adds nothing to an end that is under way" { "$PARTS/worker/raised" automatic; }
@test "what the server tells a worker ends no thread" { "$PARTS/worker/raised" news; }
@test "the words about a missed limit fit their buffer" { "$PARTS/worker/raised" words; }

@test "a report on a command of another machine is read as it was written" { "$PARTS/worker/report" written; }
@test "an exception that only a program knows is reported with a known base" { "$PARTS/worker/report" unknown; }
@test "what is no report is refused" { "$PARTS/worker/report" refused; }
@test "the runs of a thread on other machines add up" { "$PARTS/worker/report" runs; }
@test "the agent's probe makes a thread ready" { "$PARTS/worker/report" agent-probe; }
@test "a probe of the output looks at the log here, and its time begins with the command" {
  "$PARTS/worker/report" own-probe
}
@test "the end of a command on another machine is the end of the run" { "$PARTS/worker/report" end; }
@test "a report that makes no sense changes nothing" { "$PARTS/worker/report" nonsense; }
@test "a slow reader gets all output of another machine, and a MiB of it is kept" { "$PARTS/worker/report" slow; }
@test "a reader of the output that goes is noticed once" { "$PARTS/worker/report" gone; }

@test "the report of an end wakes the server, and the report of a run wakes it if a client waits for the thread" {
  "$PARTS/worker/mailbox" notify
}
@test "a report that came before a client waited for the thread wakes the server once a client waits" {
  "$PARTS/worker/mailbox" missed
  "$PARTS/worker/mailbox" missed-by-all
}
@test "the server is woken once for all reports until it looks" { "$PARTS/worker/mailbox" once; }
@test "the strings of a report go with it, or are given up with it" {
  "$PARTS/worker/mailbox" strings
  "$PARTS/worker/thread_report" copy
  "$PARTS/worker/thread_report" replaced
}

@test "a run that follows forgets how the one before has ended" { "$PARTS/worker/thread_report" forgotten; }
@test "leftovers are counted even if no memory lists them" { "$PARTS/worker/thread_report" left; }

@test "the output of a run begins where the output before it ends, and is marked" { "$PARTS/worker/outputs" begin; }
@test "the marks of output that is lost are dropped" { "$PARTS/worker/outputs" lost; }
@test "the mark of a run that did not start is taken back" { "$PARTS/worker/outputs" undo; }
@test "the report says where the output of a run begins" { "$PARTS/worker/outputs" note; }
@test "a worker opens an output as a start would do it" { "$PARTS/worker/outputs" open; }
@test "a log whose directory was removed is opened again" { "$PARTS/worker/outputs" restore; }
