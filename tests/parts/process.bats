#!/usr/bin/env bats
# Processes: their start, what is known of them, the leftovers of a command, and their end.

load ../cli/helpers

@test "a supervisor raises the limits that could hurt it, as far as it may" {
  "$PARTS/process/raise_limits" root
  "$PARTS/process/raise_limits" others
}
@test "a command gets the limits of its client, not the raised ones" { "$PARTS/process/raise_limits" command; }

@test "a supervisor becomes a subreaper" { "$PARTS/process/adoption" subreaper; }
@test "adopted processes are reaped under the lock, and ended" { "$PARTS/process/adoption" reaped; }
@test "the owner of an adopted process is found by its mark, or by one below it" { "$PARTS/process/adoption" owner; }
@test "one census of the adopted processes serves all, after a pause" { "$PARTS/process/adoption" census; }

@test "a list of children is read whole, however long it is" { "$PARTS/process/tree" list; }
@test "a walk through the children of a process ends when it is told" { "$PARTS/process/tree" walk; }
@test "the supervisor finds the children of a process that dies while it is looked at" {
  "$PARTS/process/tree" heirs
}
@test "the supervisor finds the children of a sibling of a command that dies while it is looked at" {
  "$PARTS/process/tree" sibling
}

@test "all adopted processes are killed and reaped" { "$PARTS/process/children_end" all; }
@test "the first look for adopted processes spares what is below them, and later looks do not" {
  "$PARTS/process/children_end" below
}
@test "dead processes are reaped while others live" { "$PARTS/process/children_end" dead; }
@test "processes that outlive their kill by ten seconds are given up" { "$PARTS/process/children_end" given-up; }
@test "processes without a descriptor are looked at again soon" { "$PARTS/process/children_end" unwatched; }

@test "each descriptor of a command gets its number, and no other is passed on" { "$PARTS/process/spawn" descriptors; }
@test "a command has a session, a mark, a umask and no blocked signal" { "$PARTS/process/spawn" set-up; }
@test "a command dies with the process that has started it" { "$PARTS/process/spawn" death; }
@test "the input of a command is opened without a wait for a writer" { "$PARTS/process/spawn" input; }
@test "a start that fails names its step, and leaves nothing behind" { "$PARTS/process/spawn" steps; }
@test "a call that fails before the exec ends the start at its step" { "$PARTS/process/spawn" calls; }
@test "a command gets its limits, and those that it cannot get are named" { "$PARTS/process/spawn" limits; }
@test "only the terminal of its thread controls a command" { "$PARTS/process/spawn" terminal; }
@test "two stacks of children are kept, and each has a guard" { "$PARTS/process/spawn" stacks; }

@test "a file that cannot be executed leaves no trace in the command that is found" {
  "$PARTS/process/spawn_search" trace
}
@test "a command is searched for in PATH as execvp does it" { "$PARTS/process/spawn_search" search; }
@test "without PATH a command is searched for in the usual directories" { "$PARTS/process/spawn_search" no-path; }
@test "the interpreter that a script lacks is named" { "$PARTS/process/spawn_search" interpreter; }

@test "the state of a process is read, whatever its name is" {
  needs_no_sanitizer thread 'it has a thread of its own'
  "$PARTS/process/process" state
}
@test "a process that computes, or waits for a disk, is at work" {
  needs_no_sanitizer thread 'it has a thread of its own, and no vfork'
  "$PARTS/process/process" busy
}
@test "the kernel's table of TCP sockets is read" { "$PARTS/process/process" table; }
@test "the addresses on which a process listens are found" { "$PARTS/process/process" addresses; }
@test "the use of living processes is added up" { "$PARTS/process/process" live; }
@test "ended processes count to their threads" { "$PARTS/process/process" accounts; }
@test "a thread reaps no child of another thread that it does not name" { "$PARTS/process/process" threads; }
@test "a mark names the thread of a process" { "$PARTS/process/process" marks; }
@test "the mark of another user's process is read" { "$PARTS/process/process" other-users; }
@test "limits are raised for the supervisor, and applied for a command" { "$PARTS/process/process" limits; }
@test "the niceness of a client is that of its commands" { "$PARTS/process/process" niceness; }
@test "each limit has a name" { "$PARTS/process/process" limit-names; }
@test "a lack of descriptors or processes is explained by the limit" { "$PARTS/process/process" lack; }

@test "a list of children needs memory, and keeps none when it fails" { "$PARTS/process/children" memory; }
@test "a list of children is opened for this process alone, and closed" { "$PARTS/process/children" open; }
@test "the deaths of a worker's children come as no signal" { "$PARTS/process/children" signal; }
@test "all dead children of a worker are reaped" { "$PARTS/process/children" reap; }
@test "a walk through the processes below one finds the children of all its threads" {
  "$PARTS/process/children" threads
}
@test "a walk finds the children of the processes that it kills" { "$PARTS/process/children" killed; }
@test "a walk without memory goes on with what it has found" { "$PARTS/process/children" less; }
@test "a process is killed with its group and what is below it" { "$PARTS/process/children" kill; }
@test "a kill never reaches a group that is not the process's" { "$PARTS/process/children" groups; }

@test "leftovers have the thread's mark, or are of its command's session" { "$PARTS/process/leftovers" members; }
@test "the dead, and processes of other threads, are no leftovers" { "$PARTS/process/leftovers" dead; }
@test "a look that may have missed leftovers is repeated" { "$PARTS/process/leftovers" again; }
@test "an adopted process that was reaped since the census calls for another one" { "$PARTS/process/leftovers" reaped; }
@test "a look for leftovers that fails keeps no lock, memory or descriptor" { "$PARTS/process/leftovers" failed; }
@test "nothing is left if nothing is adopted and no child of the worker lives" { "$PARTS/process/leftovers" gone; }

@test "a process is held by a handle where the kernel allows it" {
  "$PARTS/process/handle" open
  "$PARTS/process/handle" close
}
@test "a signal goes to a pid only where handles are refused" { "$PARTS/process/handle" signal; }

@test "the use of a thread is the sum of its processes, up to a number of them" { "$PARTS/process/live_usage" sum; }
@test "a process without a session here counts to no thread" { "$PARTS/process/live_usage" session; }

@test "a supervisor raises the limits that can hurt it, as far as it may" { "$PARTS/process/own_limits" raised; }
@test "a command gets the limits of its caller, or the nearest" { "$PARTS/process/own_limits" applied; }
@test "a supervisor that may raise no limit knows the ones that it has" { "$PARTS/process/own_limits" refused; }
@test "a command gets the niceness of its caller, if it may" { "$PARTS/process/own_limits" niceness; }

@test "a page of /proc is read as a string, as far as there is room" { "$PARTS/process/proc" read; }

@test "a line of /proc that is not whole says nothing of a process" { "$PARTS/process/stats" lines; }
@test "the age of a process counts from the start of the machine" { "$PARTS/process/stats" age; }
@test "only the threads of a process that has several are looked at" { "$PARTS/process/stats" threads; }
@test "a descriptor that is closed meanwhile is no socket" { "$PARTS/process/stats" closed; }

@test "the addresses of a process are those of its own sockets that listen" { "$PARTS/process/listeners" own; }
@test "the search for addresses needs sockets, memory, and not more than so many" { "$PARTS/process/listeners" limits; }
