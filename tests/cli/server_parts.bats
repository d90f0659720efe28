#!/usr/bin/env bats
# Parts of the server, tested alone: see tests/cli/output_times.c, slot_queue.c, store.c, threads.c,
# record.c, params.c, selection.c, tail.c, raises.c, methods.c, agent_methods.c, starts.c,
# reads.c, listings.c, join_any.c and leash_words.c. tests/cli/parts.bats checks that no case is left out.

load helpers

@test "a log's growth is noted at once, and then at most ten times a second" { "$HELPERS/output_times" looks; }
@test "the output of the last seconds begins where the log was at that time" { "$HELPERS/output_times" found; }
@test "at most one per cent of the time before is shown of a long log" { "$HELPERS/output_times" thinned; }
@test "a log that was emptied is shown from its beginning" { "$HELPERS/output_times" emptied; }
@test "the logs are watched although their directory was removed, or events were lost" {
  "$HELPERS/output_times" goes-on
}
@test "a log that cannot be watched is shown from its beginning" { "$HELPERS/output_times" unwatched; }

@test "slots go to the threads in their order, and to the first one alone" { "$HELPERS/slot_queue" slots; }
@test "a daemon takes no slot, but a place on a machine" { "$HELPERS/slot_queue" daemons; }
@test "a thread for a machine without room does not hold up the others" { "$HELPERS/slot_queue" machines; }
@test "threads for several machines begin in the order of their starts" { "$HELPERS/slot_queue" order; }
@test "a command on a machine that is not up is not rescheduled" { "$HELPERS/slot_queue" reschedule; }
@test "daemons do not wait behind other threads" { "$HELPERS/slot_queue" daemon-lines; }

@test "a new thread has a name, a log and a state" { "$HELPERS/store" defaults; }
@test "threads are found by their ids, and by the names of live threads before those of ended ones" {
  "$HELPERS/store" found
}
@test "1,000 joined threads are remembered, and none that is kept is forgotten" {
  "$HELPERS/store" joined
  "$HELPERS/store" kept
}
@test "a walk over the threads goes on while threads come and go" { "$HELPERS/store" walks; }
@test "a thread that is forgotten leaves no file but that of --output" { "$HELPERS/store" files; }

@test "a shutdown ends daemons when only these live" {
  "$HELPERS/threads" daemons
  "$HELPERS/threads" only-daemons
}
@test "a shutdown asks a thread to end after those that need it" { "$HELPERS/threads" needed; }
@test "a shutdown asks again a thread that could not be asked" { "$HELPERS/threads" asked-again; }
@test "a shutdown names each process that could not be ended" { "$HELPERS/threads" unended; }
@test "reports are taken in their order, and news of attached processes with them" {
  "$HELPERS/threads" reports
  "$HELPERS/threads" loaded
}
@test "the last report of a thread waits for the reply that its process owes" { "$HELPERS/threads" late; }
@test "a thread ends by the exception that arrived in its last run" { "$HELPERS/threads" arrived; }
@test "an exception that only the program knows has its name and its base" { "$HELPERS/threads" foreign; }
@test "a need that was met stays met, and a lost need is explained" { "$HELPERS/threads" needs; }
@test "each change of a thread has one event" { "$HELPERS/threads" events; }
@test "a child that does not reach its exec is killed again and again" { "$HELPERS/stuck" kill; }
@test "a process publishes at most 256 exceptions" { "$HELPERS/published" limit; }

@test "a line of list has a cell for each column" { "$HELPERS/record" cells; }
@test "a line of list follows what changes of its thread" { "$HELPERS/record" kept; }
@test "while a run is under way, list shows no result of an earlier run" { "$HELPERS/record" runs; }
@test "list shows 40 columns of what a thread waits for, and of its status" { "$HELPERS/record" waits; }
@test "a long line of list is written anew each time" { "$HELPERS/record" long; }
@test "an object of a thread has each member, or those that are asked for" { "$HELPERS/record" members; }
@test "the time of a thread is that of its last run" { "$HELPERS/record" seconds; }
@test "a thread has succeeded or failed, or was ended by SystemExit" { "$HELPERS/record" success; }

@test "a start has defaults for what it leaves out" { "$HELPERS/params" defaults; }
@test "a start with a wrong value is refused, and the message says which" { "$HELPERS/params" wrong; }
@test "a policy of restarts may have a limit" { "$HELPERS/params" restarts; }
@test "a live thread of the name is found, and an ended one is none" { "$HELPERS/params" present; }
@test "a connection keeps its environment and its directory" { "$HELPERS/params" environment; }
@test "limits that a command did not get are named" { "$HELPERS/params" limits; }
@test "each limit can be given, and the others are those of the supervisor" { "$HELPERS/params" each-limit; }
@test "a word names a thread by id, name or pattern" { "$HELPERS/selection" words; }
@test "a method finds its thread, or says why there is none" { "$HELPERS/selection" one; }
@test "a list of words selects threads" { "$HELPERS/selection" lists; }
@test "a pattern that no thread fits is named with its part for inner threads" { "$HELPERS/selection" patterns; }

@test "a reply quotes the last lines of a thread's output" { "$HELPERS/tail" lines; }
@test "a reply quotes at most 64 KiB" { "$HELPERS/tail" most; }
@test "a reply quotes other bytes than UTF-8 in base64" { "$HELPERS/tail" bytes; }

@test "a raise reaches the threads that it means, also inside processes" { "$HELPERS/raises" threads; }
@test "a raise that reaches no thread says why" { "$HELPERS/raises" refused; }
@test "a raise in several threads leaves out those that have gone" { "$HELPERS/raises" gone; }
@test "a raise that is refused replies with the last reason" { "$HELPERS/raises" reasons; }
@test "a raise goes on without the client" { "$HELPERS/raises" client; }

@test "an agent obeys its run alone" { "$HELPERS/agent_methods" agent; }
@test "a run sends an exception to a process at an agent" { "$HELPERS/agent_methods" arrive; }
@test "a run follows a process that is attached at an agent" { "$HELPERS/agent_methods" follow; }
@test "a run begins and ends its command at an agent" {
  "$HELPERS/agent_methods" execute
  "$HELPERS/agent_methods" end
  "$HELPERS/agent_methods" resize
}
@test "a supervisor is told its machines before its first thread" { "$HELPERS/agent_methods" hosts; }
@test "a machine that comes or goes is noted" { "$HELPERS/agent_methods" host; }
@test "a process tells its news once it is attached" { "$HELPERS/agent_methods" tell; }
@test "a process attaches to its own thread alone" {
  "$HELPERS/agent_methods" attach
  "$HELPERS/agent_methods" session
}
@test "a process at an agent attaches to the thread of the run" { "$HELPERS/agent_methods" far; }

@test "list and clear mean the threads of their words" {
  "$HELPERS/methods" list
  "$HELPERS/methods" clear
}
@test "the exceptions of an attached process are listed behind the others" { "$HELPERS/methods" exceptions; }
@test "look takes a list of threads" { "$HELPERS/methods" look; }
@test "send wants an open input, and a terminal on which no other client types" { "$HELPERS/methods" send; }
@test "terminal attaches a client, or changes how it is attached" { "$HELPERS/methods" terminal; }
@test "shutdown takes an exception that ends threads" { "$HELPERS/methods" shutdown; }
@test "slots shows the number of slots, and sets it" { "$HELPERS/methods" slots; }
@test "a connection keeps its directory and its umask" { "$HELPERS/methods" surroundings; }
@test "watch sends the events that it names" { "$HELPERS/methods" watch; }
@test "read opens readers of logs, reads and closes them" { "$HELPERS/methods" read; }

@test "a start is answered when its command runs, or must wait" { "$HELPERS/starts" start; }
@test "a start that fails says why, and its thread is not kept" { "$HELPERS/starts" failures; }
@test "a chain of starts ends with its first failure" { "$HELPERS/starts" chain; }
@test "a restart is answered when the command runs again" { "$HELPERS/starts" restart; }
@test "a join is answered when the thread has ended, or is ready" {
  "$HELPERS/starts" join
  "$HELPERS/starts" ready
  "$HELPERS/starts" timeouts
}
@test "the kinds of join do not mix" { "$HELPERS/starts" kinds; }
@test "logs says where the output of a thread is, and waits until it has begun" {
  "$HELPERS/starts" logs
  "$HELPERS/starts" begun
}

@test "a client reads the present log of a thread, from where it wants" {
  "$HELPERS/reads" pieces
  "$HELPERS/reads" wishes
}
@test "a piece of a log tells of a gap before it, of runs, and of times" {
  "$HELPERS/reads" gaps
  "$HELPERS/reads" whole
  "$HELPERS/reads" runs
  "$HELPERS/reads" times
}
@test "a reader that follows a log waits for output, for the command, and for the log itself" {
  "$HELPERS/reads" follow
  "$HELPERS/reads" replaced
  "$HELPERS/reads" unbegun
}
@test "a log that the system does not watch is looked at five times a second" { "$HELPERS/reads" unwatched; }
@test "the reader of a log ends when it is closed, and its log may outlive the thread" {
  "$HELPERS/reads" closed
  "$HELPERS/reads" forgotten
}
@test "a log that cannot be read is named" { "$HELPERS/reads" unread; }

@test "a long table of threads comes in parts, while other clients are served" {
  "$HELPERS/listings" objects
  "$HELPERS/listings" short
  "$HELPERS/listings" long
  "$HELPERS/listings" gone
}

@test "a join of any thread is answered with the first that ends" {
  "$HELPERS/join_any" ended
  "$HELPERS/join_any" first
  "$HELPERS/join_any" all
  "$HELPERS/join_any" newest
}
@test "a join of any thread ends after its time, and needs memory" {
  "$HELPERS/join_any" time
  "$HELPERS/join_any" memory
}
@test "a leash is read from the parameters of a start" {
  "$HELPERS/leash_words" param
  "$HELPERS/leash_words" unwatched
}
@test "each thread whose leash has snapped is asked to end" { "$HELPERS/leash_words" ends; }
@test "the process of a client is held by a descriptor" { "$HELPERS/leash_words" client; }
