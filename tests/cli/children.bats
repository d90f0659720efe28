#!/usr/bin/env bats
# The search for the processes below another one and for the leftovers of a command, and their end: see children.c.

load helpers

@test "a list of children needs memory, and keeps none when it fails" { "$HELPERS/children" memory; }
@test "a list of children is opened for this process alone, and closed" { "$HELPERS/children" open; }
@test "the deaths of a worker's children come as no signal" { "$HELPERS/children" signal; }
@test "all dead children of a worker are reaped" { "$HELPERS/children" reap; }
@test "a walk through the processes below one finds the children of all its threads" { "$HELPERS/children" threads; }
@test "a walk finds the children of the processes that it kills" { "$HELPERS/children" killed; }
@test "a walk without memory goes on with what it has found" { "$HELPERS/children" less; }
@test "a process is killed with its group and what is below it" { "$HELPERS/children" kill; }
@test "a kill never reaches a group that is not the process's" { "$HELPERS/children" groups; }

# The leftovers of a command: see leftovers.c.

@test "leftovers have the thread's mark, or are of its command's session" { "$HELPERS/leftovers" members; }
@test "the dead, and processes of other threads, are no leftovers" { "$HELPERS/leftovers" dead; }
@test "a look that may have missed leftovers is repeated" { "$HELPERS/leftovers" again; }
@test "an adopted process that was reaped since the census calls for another one" { "$HELPERS/leftovers" reaped; }
@test "a look for leftovers that fails keeps no lock, memory or descriptor" { "$HELPERS/leftovers" failed; }
@test "nothing is left if nothing is adopted and no child of the worker lives" { "$HELPERS/leftovers" gone; }

# Facts about a process, and its limits: see handle.c, live_usage.c and own_limits.c.

@test "a process is held by a handle where the kernel allows it" {
  "$HELPERS/handle" open
  "$HELPERS/handle" close
}

@test "a signal goes to a pid only where handles are refused" { "$HELPERS/handle" signal; }
@test "the use of a thread is the sum of its processes, up to a number of them" { "$HELPERS/live_usage" sum; }
@test "a process without a session here counts to no thread" { "$HELPERS/live_usage" session; }
@test "a supervisor raises the limits that can hurt it, as far as it may" { "$HELPERS/own_limits" raised; }
@test "a command gets the limits of its caller, or the nearest" { "$HELPERS/own_limits" applied; }
@test "a supervisor that may raise no limit knows the ones that it has" { "$HELPERS/own_limits" refused; }
@test "a command gets the niceness of its caller, if it may" { "$HELPERS/own_limits" niceness; }

# The process of a supervisor: see supervisor.c and title.c.

@test "a supervisor serves to its end, and removes the directory of its logs if no log is left" {
  "$HELPERS/supervisor" serves
}

@test "the commands of an agent get the socket of the run" { "$HELPERS/supervisor" agent; }
@test "a supervisor that cannot serve says why, and ends with status 1" { "$HELPERS/supervisor" cannot-serve; }
@test "a supervisor that cannot begin says why at which step" { "$HELPERS/supervisor" cannot-begin; }
@test "a title replaces the name and the arguments of a process" { "$HELPERS/title" set; }
@test "arguments of which the kernel does not say where they are stay" { "$HELPERS/title" unknown; }

# Outputs: see outputs.c.

@test "the output of a run begins where the output before it ends, and is marked" { "$HELPERS/outputs" begin; }
@test "the marks of output that is lost are dropped" { "$HELPERS/outputs" lost; }
@test "the mark of a run that did not start is taken back" { "$HELPERS/outputs" undo; }
@test "the report says where the output of a run begins" { "$HELPERS/outputs" note; }
@test "a worker opens an output as a start would do it" { "$HELPERS/outputs" open; }
@test "a log whose directory was removed is opened again" { "$HELPERS/outputs" restore; }

# A process as /proc describes it: see proc.c, stats.c and listeners.c.

@test "a page of /proc is read as a string, as far as there is room" { "$HELPERS/proc" read; }
@test "a line of /proc that is not whole says nothing of a process" { "$HELPERS/stats" lines; }
@test "the age of a process counts from the start of the machine" { "$HELPERS/stats" age; }
@test "only the threads of a process that has several are looked at" { "$HELPERS/stats" threads; }
@test "a descriptor that is closed meanwhile is no socket" { "$HELPERS/stats" closed; }
@test "the addresses of a process are those of its own sockets that listen" { "$HELPERS/listeners" own; }
@test "the search for addresses needs sockets, memory, and not more than so many" { "$HELPERS/listeners" limits; }
