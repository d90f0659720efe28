#!/usr/bin/env bats
# The server: its clients, methods, events and threads.

load ../cli/helpers

@test "a thread begins at once, or is forgotten if it cannot" {
  "$PARTS/server/begins" at-once
  "$PARTS/server/begins" forgotten
}
@test "threads get slots in the order in which they came" {
  "$PARTS/server/begins" order
  "$PARTS/server/begins" token
  "$PARTS/server/begins" late-need
}
@test "threads for other machines do not wait for each other" { "$PARTS/server/begins" machines; }
@test "a thread waits out its delay before it queues" { "$PARTS/server/begins" delay; }
@test "a worker that could not be told of its slot stays the first of the queue" { "$PARTS/server/begins" untold; }
@test "a worker that cannot be started ends its thread" { "$PARTS/server/begins" no-worker; }
@test "a thread begins when all its needs are met, and ends when one is lost" {
  "$PARTS/server/begins" needs
  "$PARTS/server/begins" lost-need
  "$PARTS/server/begins" lost-before
}
@test "each run gets the input, and a report of a run ends a restart" { "$PARTS/server/begins" runs; }
@test "a command whose machine is lost waits for another machine" { "$PARTS/server/begins" lost-machine; }

@test "a raise goes to the worker, or ends a thread that has none" {
  "$PARTS/server/ends" raise
  "$PARTS/server/ends" waits
}
@test "a command that runs as another user is only killed" { "$PARTS/server/ends" denied; }
@test "the supervisor's end of a thread is told once" { "$PARTS/server/ends" end; }
@test "an exception that has arrived in the process is noted" { "$PARTS/server/ends" arrived; }
@test "a restart runs the command again, in the same slot and without its delay" {
  "$PARTS/server/ends" again
  "$PARTS/server/ends" ended
  "$PARTS/server/ends" machine
}
@test "a restart fails after a later raise, a lost need, or a process that cannot be ended" {
  "$PARTS/server/ends" cancelled
  "$PARTS/server/ends" lost-need
  "$PARTS/server/ends" unended
}

@test "a removed socket is put back, unless another file is in its place" {
  "$PARTS/server/doors" removed
  "$PARTS/server/doors" others
  "$PARTS/server/doors" file
}
@test "a removed lock is taken again, and signed" { "$PARTS/server/doors" lock; }
@test "the socket is not put back where others can write, without the lock, or without a descriptor" {
  "$PARTS/server/doors" shut
  "$PARTS/server/doors" unmade
}
@test "a supervisor without a bell serves its clients" { "$PARTS/server/doors" no-bell; }

@test "only this user and root are served" { "$PARTS/server/callers" users; }
@test "a client for which there is no descriptor is told so" {
  "$PARTS/server/callers" no-room
  "$PARTS/server/callers" spare
  "$PARTS/server/callers" gone
}
@test "a listener that can accept nobody rests" {
  "$PARTS/server/callers" rests
  "$PARTS/server/callers" bell-rests
}
@test "a supervisor that cannot listen says so" {
  "$PARTS/server/callers" unwatched
  "$PARTS/server/callers" unopened
}
@test "a client that was sent over a socket is served" { "$PARTS/server/callers" sent; }
@test "clients in the queue are served at the end" { "$PARTS/server/callers" queue; }

@test "a supervisor knows its agent and its guardian, and ends without them" {
  "$PARTS/server/agents" lifeline
  "$PARTS/server/agents" unknown
  "$PARTS/server/agents" guardian
  "$PARTS/server/agents" end
}

@test "one process is attached to a thread, and a connection has one attachment" {
  "$PARTS/server/inside" one
  "$PARTS/server/inside" connection
}
@test "the last messages of a process that has ended are read" { "$PARTS/server/inside" last; }
@test "an exception for an attached process goes to it, on this machine or another one" {
  "$PARTS/server/inside" raise
  "$PARTS/server/inside" far
}
@test "news of an attached process are taken up to the first that is wrong" { "$PARTS/server/inside" threads; }
@test "exceptions that a process has published are known there, up to a limit" { "$PARTS/server/inside" published; }

@test "the threads inside a process are remembered in order, up to a limit" {
  "$PARTS/server/inner_list" order
  "$PARTS/server/inner_list" memory
}
@test "the names of threads inside a process are checked" { "$PARTS/server/inner_list" names; }
@test "threads inside processes are listed by names, ids and patterns" {
  "$PARTS/server/inner_list" list
  "$PARTS/server/inner_list" words
}

@test "an exception that arrives in the process begins the grace, and one that does not becomes a signal" {
  "$PARTS/server/arrivals" worker
  "$PARTS/server/arrivals" grace
  "$PARTS/server/arrivals" late
  "$PARTS/server/arrivals" types
  "$PARTS/server/arrivals" memory
}
@test "exceptions wait until the function of a library is loaded" { "$PARTS/server/arrivals" loaded; }
@test "the end, the restart and the time limit of a thread arrive in its process first" {
  "$PARTS/server/arrivals" end
  "$PARTS/server/arrivals" restart
  "$PARTS/server/arrivals" overdue
}

@test "the connection to another machine is read until its user closes it" {
  "$PARTS/server/far_side" messages
  "$PARTS/server/far_side" other
  "$PARTS/server/far_side" unreached
}
@test "a process on another machine is followed, and gets its exceptions there" {
  "$PARTS/server/far_side" follow
  "$PARTS/server/far_side" raise
  "$PARTS/server/far_side" memory
  "$PARTS/server/far_side" end
}

@test "an agent's process waits until the run follows it, and learns of the end" {
  "$PARTS/server/followers" follower
  "$PARTS/server/followers" ended
  "$PARTS/server/followers" memory
  "$PARTS/server/followers" lost
}

@test "a line is a request, or is refused with a reason and the id" {
  "$PARTS/server/dispatching" requests
  "$PARTS/server/dispatching" depth
  "$PARTS/server/dispatching" no-json
}
@test "a request that only asks is dropped if its client has gone" { "$PARTS/server/dispatching" gone; }
@test "a reply of an attached process is no request" { "$PARTS/server/dispatching" replies; }
@test "the end of a connection frees the calls of its client" { "$PARTS/server/dispatching" end; }

@test "a command of an agent is reported until it ends, or fails, or is killed without its run" {
  "$PARTS/server/executions" reports
  "$PARTS/server/executions" at-once
  "$PARTS/server/executions" killed
  "$PARTS/server/executions" failed
}
@test "the output of an agent's command comes in pieces, and waits for a slow reader" {
  "$PARTS/server/executions" pieces
  "$PARTS/server/executions" paused
  "$PARTS/server/executions" rest
}

@test "a server opens what it needs, or does not begin" {
  "$PARTS/server/rounds" open
  "$PARTS/server/rounds" lacks
}
@test "workers and the lifeline wake the server" {
  "$PARTS/server/rounds" workers
  "$PARTS/server/rounds" lifeline
  "$PARTS/server/rounds" agent
}
@test "the next round of the server comes when something is due, and the last one when all is answered" {
  "$PARTS/server/rounds" due
  "$PARTS/server/rounds" answers
  "$PARTS/server/rounds" end
}

@test "a need names a thread and a condition" {
  "$PARTS/server/needing" read
  "$PARTS/server/needing" refused
}

@test "a signal ends everything, and the end of a child wakes the server" {
  "$PARTS/server/signals_taken" children
  "$PARTS/server/signals_taken" end
}

@test "the end of a client releases what was kept for it" {
  "$PARTS/server/peers" end
  "$PARTS/server/peers" closed
}

@test "lines come from a client in any pieces, and one that is too long is refused" {
  "$PARTS/server/connection" lines
  "$PARTS/server/connection" long
  "$PARTS/server/connection" size
}
@test "a client that does not read is not read from, and goes on when it reads" { "$PARTS/server/connection" full; }
@test "replies to a chain are kept back, but never when the client waits for them" {
  "$PARTS/server/connection" chain
  "$PARTS/server/connection" held
}
@test "a connection lives until its last reply is sent, and the requests of a client that has gone are carried out" {
  "$PARTS/server/connection" last
  "$PARTS/server/connection" gone
  "$PARTS/server/connection" failed
  "$PARTS/server/connection" no
}
@test "without memory for a line, or with too much input of all clients, a client is hung up on" {
  "$PARTS/server/connection" memory
  "$PARTS/server/connection" total
  "$PARTS/server/connection_end" many
}
@test "a line that is sent with a descriptor goes at once, or not at all" { "$PARTS/server/connection" descriptor; }

@test "what has arrived is read at the end of a process, and at the end of the supervisor" {
  "$PARTS/server/connection_end" arrived
  "$PARTS/server/connection_end" endless
  "$PARTS/server/connection_end" close
  "$PARTS/server/connection_end" close-held
  "$PARTS/server/connection_end" late
  "$PARTS/server/connection_end" after-reading
}

@test "a call has one reply and its own deadline, and a chain ends with the first call that fails" {
  "$PARTS/server/calls" replies
  "$PARTS/server/calls" chains
  "$PARTS/server/calls" deadlines
  "$PARTS/server/calls" wakes
}
@test "exceptions go to an attached process one after the other, and one that is late is withdrawn" {
  "$PARTS/server/calls" errands
  "$PARTS/server/calls" late
  "$PARTS/server/calls" end
  "$PARTS/server/calls" permit
  "$PARTS/server/calls" memory
}

@test "a jobserver offers each command a token, and the rest to those that take theirs" {
  "$PARTS/server/jobserver" free
}
@test "an offer that a command ignores goes to another one, and comes back after a pause that grows" {
  "$PARTS/server/jobserver" ignored
  "$PARTS/server/jobserver" again
  "$PARTS/server/jobserver" pause
}
@test "the command that has fewest tokens gets the next one, else the command that has waited longest" {
  "$PARTS/server/jobserver" fair
  "$PARTS/server/jobserver" behind
}
@test "returned tokens are given again, and none is given twice" {
  "$PARTS/server/jobserver" returned
  "$PARTS/server/jobserver" twice
  "$PARTS/server/jobserver" closed
  "$PARTS/server/jobserver" lost
}
@test "a command that is to begin, and fewer slots, come before the offers of a jobserver" {
  "$PARTS/server/jobserver" room
}
@test "a jobserver leaves out a command that cannot take tokens, and says why there is none" {
  "$PARTS/server/jobserver" hopeless
  "$PARTS/server/jobserver" none
}

@test "a client gets the events that it watches, and learns how many it has missed" {
  "$PARTS/server/events" words
  "$PARTS/server/events" own
  "$PARTS/server/events" missed
  "$PARTS/server/events" more
}
@test "the threads inside a process are known in the order of their ids, by names of 1 to 256 bytes" {
  "$PARTS/server/events" inner-lists
  "$PARTS/server/events" inner-names
  "$PARTS/server/events" inner-words
  "$PARTS/server/events" inner-raised
}

@test "a run has its machines once, from a list that makes sense" {
  "$PARTS/server/placing" lists
  "$PARTS/server/placing" one
  "$PARTS/server/placing" memory
}
@test "a command waits two seconds for the machines before its own, and for a free slot" {
  "$PARTS/server/placing" patience
  "$PARTS/server/placing" known
}
@test "a machine that is lost stays lost, for the first reason" { "$PARTS/server/placing" lost; }

@test "an input keeps what no run has read for the next one, and ends behind all bytes" {
  "$PARTS/server/input" between
  "$PARTS/server/input" end
  "$PARTS/server/input" far
}
@test "senders wait in their order, and each learns how many bytes were taken" {
  "$PARTS/server/input" waiting
  "$PARTS/server/input" parts
  "$PARTS/server/input" failing
  "$PARTS/server/input" limit
}
@test "a terminal ends its input by keys, which are not counted" { "$PARTS/server/input" terminal; }

@test "the client that attached last types, and the terminal has its size" {
  "$PARTS/server/console" keyboard
  "$PARTS/server/console" drawing
  "$PARTS/server/console" far
}
@test "each client at a terminal gets the screen, then the output, and then the end" {
  "$PARTS/server/console" sending
  "$PARTS/server/console" end
  "$PARTS/server/console" failures
}

@test "threads are told once that the process of their leash has ended" {
  "$PARTS/server/leash" once
  "$PARTS/server/leash" later
  "$PARTS/server/leash" references
  "$PARTS/server/leash" odd
  "$PARTS/server/leash" refused
}

@test "a join --until looks at each run, and at the output of the last one to its end" {
  "$PARTS/server/until" holds
  "$PARTS/server/until" next
  "$PARTS/server/until" end
  "$PARTS/server/until" after
}
@test "a join --until whose time is up fails, and with the time 0 it looks once" {
  "$PARTS/server/until" late
  "$PARTS/server/until" failures
}

@test "look answers for the threads here, and for those on machines, which are asked once each" {
  "$PARTS/server/looks" lists
  "$PARTS/server/looks" here
  "$PARTS/server/looks" outputs
  "$PARTS/server/looks" machines
  "$PARTS/server/looks" lost
  "$PARTS/server/looks" memory
}

@test "a log's growth is noted at once, and then at most ten times a second" { "$PARTS/server/output_times" looks; }
@test "the output of the last seconds begins where the log was at that time" { "$PARTS/server/output_times" found; }
@test "at most one per cent of the time before is shown of a long log" { "$PARTS/server/output_times" thinned; }
@test "a log that was emptied is shown from its beginning" { "$PARTS/server/output_times" emptied; }
@test "the logs are watched although their directory was removed, or events were lost" {
  "$PARTS/server/output_times" goes-on
}
@test "a log that cannot be watched is shown from its beginning" { "$PARTS/server/output_times" unwatched; }

@test "slots go to the threads in their order, and to the first one alone" { "$PARTS/server/slot_queue" slots; }
@test "a daemon takes no slot, but a place on a machine" { "$PARTS/server/slot_queue" daemons; }
@test "a thread for a machine without room does not hold up the others" { "$PARTS/server/slot_queue" machines; }
@test "threads for several machines begin in the order of their starts" { "$PARTS/server/slot_queue" order; }
@test "a command on a machine that is not up is not rescheduled" { "$PARTS/server/slot_queue" reschedule; }
@test "daemons do not wait behind other threads" { "$PARTS/server/slot_queue" daemon-lines; }

@test "a new thread has a name, a log and a state" { "$PARTS/server/store" defaults; }
@test "threads are found by their ids, and by the names of live threads before those of ended ones" {
  "$PARTS/server/store" found
}
@test "1,000 joined threads are remembered, and none that is kept is forgotten" {
  "$PARTS/server/store" joined
  "$PARTS/server/store" kept
}
@test "a walk over the threads goes on while threads come and go" { "$PARTS/server/store" walks; }
@test "a thread that is forgotten leaves no file but that of --output" { "$PARTS/server/store" files; }

@test "a shutdown ends daemons when only these live" {
  "$PARTS/server/threads" daemons
  "$PARTS/server/threads" only-daemons
}
@test "a shutdown asks a thread to end after those that need it" { "$PARTS/server/threads" needed; }
@test "a shutdown asks again a thread that could not be asked" { "$PARTS/server/threads" asked-again; }
@test "a shutdown names each process that could not be ended" { "$PARTS/server/threads" unended; }
@test "reports are taken in their order, and news of attached processes with them" {
  "$PARTS/server/threads" reports
  "$PARTS/server/threads" loaded
}
@test "the last report of a thread waits for the reply that its process owes" { "$PARTS/server/threads" late; }
@test "a thread ends by the exception that arrived in its last run" { "$PARTS/server/threads" arrived; }
@test "an exception that only the program knows has its name and its base" { "$PARTS/server/threads" foreign; }
@test "a need that was met stays met, and a lost need is explained" { "$PARTS/server/threads" needs; }
@test "each change of a thread has one event" { "$PARTS/server/threads" events; }

@test "a child that does not reach its exec is killed again and again" { "$PARTS/server/stuck" kill; }

@test "a process publishes at most 256 exceptions" { "$PARTS/server/published" limit; }

@test "a line of list has a cell for each column" { "$PARTS/server/record" cells; }
@test "a line of list follows what changes of its thread" { "$PARTS/server/record" kept; }
@test "while a run is under way, list shows no result of an earlier run" { "$PARTS/server/record" runs; }
@test "list shows 40 columns of what a thread waits for, and of its status" { "$PARTS/server/record" waits; }
@test "a long line of list is written anew each time" { "$PARTS/server/record" long; }
@test "an object of a thread has each member, or those that are asked for" { "$PARTS/server/record" members; }
@test "the time of a thread is that of its last run" { "$PARTS/server/record" seconds; }
@test "a thread has succeeded or failed, or was ended by SystemExit" { "$PARTS/server/record" success; }

@test "a start has defaults for what it leaves out" { "$PARTS/server/params" defaults; }
@test "a start with a wrong value is refused, and the message says which" { "$PARTS/server/params" wrong; }
@test "a policy of restarts may have a limit" { "$PARTS/server/params" restarts; }
@test "a live thread of the name is found, and an ended one is none" { "$PARTS/server/params" present; }
@test "a connection keeps its environment and its directory" { "$PARTS/server/params" environment; }
@test "limits that a command did not get are named" { "$PARTS/server/params" limits; }
@test "each limit can be given, and the others are those of the supervisor" { "$PARTS/server/params" each-limit; }

@test "a word names a thread by id, name or pattern" { "$PARTS/server/selection" words; }
@test "a method finds its thread, or says why there is none" { "$PARTS/server/selection" one; }
@test "a list of words selects threads" { "$PARTS/server/selection" lists; }
@test "a pattern that no thread fits is named with its part for inner threads" { "$PARTS/server/selection" patterns; }

@test "a reply quotes the last lines of a thread's output" { "$PARTS/server/tail" lines; }
@test "a reply quotes at most 64 KiB" { "$PARTS/server/tail" most; }
@test "a reply quotes other bytes than UTF-8 in base64" { "$PARTS/server/tail" bytes; }

@test "a raise reaches the threads that it means, also inside processes" { "$PARTS/server/raises" threads; }
@test "a raise that reaches no thread says why" { "$PARTS/server/raises" refused; }
@test "a raise in several threads leaves out those that have gone" { "$PARTS/server/raises" gone; }
@test "a raise that is refused replies with the last reason" { "$PARTS/server/raises" reasons; }
@test "a raise goes on without the client" { "$PARTS/server/raises" client; }

@test "an agent obeys its run alone" { "$PARTS/server/agent_methods" agent; }
@test "a run sends an exception to a process at an agent" { "$PARTS/server/agent_methods" arrive; }
@test "a run follows a process that is attached at an agent" { "$PARTS/server/agent_methods" follow; }
@test "a run begins and ends its command at an agent" {
  "$PARTS/server/agent_methods" execute
  "$PARTS/server/agent_methods" end
  "$PARTS/server/agent_methods" resize
}
@test "a supervisor is told its machines before its first thread" { "$PARTS/server/agent_methods" hosts; }
@test "a machine that comes or goes is noted" { "$PARTS/server/agent_methods" host; }
@test "a process tells its news once it is attached" { "$PARTS/server/agent_methods" tell; }
@test "a process attaches to its own thread alone" {
  "$PARTS/server/agent_methods" attach
  "$PARTS/server/agent_methods" session
}
@test "a process at an agent attaches to the thread of the run" { "$PARTS/server/agent_methods" far; }

@test "list and clear mean the threads of their words" {
  "$PARTS/server/methods" list
  "$PARTS/server/methods" clear
}
@test "the exceptions of an attached process are listed behind the others" { "$PARTS/server/methods" exceptions; }
@test "look takes a list of threads" { "$PARTS/server/methods" look; }
@test "send wants an open input, and a terminal on which no other client types" { "$PARTS/server/methods" send; }
@test "terminal attaches a client, or changes how it is attached" { "$PARTS/server/methods" terminal; }
@test "shutdown takes an exception that ends threads" { "$PARTS/server/methods" shutdown; }
@test "slots shows the number of slots, and sets it" { "$PARTS/server/methods" slots; }
@test "a connection keeps its directory and its umask" { "$PARTS/server/methods" surroundings; }
@test "watch sends the events that it names" { "$PARTS/server/methods" watch; }
@test "read opens readers of logs, reads and closes them" { "$PARTS/server/methods" read; }

@test "a start is answered when its command runs, or must wait" { "$PARTS/server/starts" start; }
@test "a start that fails says why, and its thread is not kept" { "$PARTS/server/starts" failures; }
@test "a chain of starts ends with its first failure" { "$PARTS/server/starts" chain; }
@test "a restart is answered when the command runs again" { "$PARTS/server/starts" restart; }
@test "a join is answered when the thread has ended, or is ready" {
  "$PARTS/server/starts" join
  "$PARTS/server/starts" ready
  "$PARTS/server/starts" timeouts
}
@test "the kinds of join do not mix" { "$PARTS/server/starts" kinds; }
@test "logs says where the output of a thread is, and waits until it has begun" {
  "$PARTS/server/starts" logs
  "$PARTS/server/starts" begun
}

@test "a client reads the present log of a thread, from where it wants" {
  "$PARTS/server/reads" pieces
  "$PARTS/server/reads" wishes
}
@test "a piece of a log tells of a gap before it, of runs, and of times" {
  "$PARTS/server/reads" gaps
  "$PARTS/server/reads" whole
  "$PARTS/server/reads" runs
  "$PARTS/server/reads" times
}
@test "a reader that follows a log waits for output, for the command, and for the log itself" {
  "$PARTS/server/reads" follow
  "$PARTS/server/reads" replaced
  "$PARTS/server/reads" unbegun
}
@test "a log that the system does not watch is looked at five times a second" { "$PARTS/server/reads" unwatched; }
@test "the reader of a log ends when it is closed, and its log may outlive the thread" {
  "$PARTS/server/reads" closed
  "$PARTS/server/reads" forgotten
}
@test "a log that cannot be read is named" { "$PARTS/server/reads" unread; }

@test "a long table of threads comes in parts, while other clients are served" {
  "$PARTS/server/listings" objects
  "$PARTS/server/listings" short
  "$PARTS/server/listings" long
  "$PARTS/server/listings" gone
}

@test "a join of any thread is answered with the first that ends" {
  "$PARTS/server/join_any" ended
  "$PARTS/server/join_any" first
  "$PARTS/server/join_any" all
  "$PARTS/server/join_any" newest
}
@test "a join of any thread ends after its time, and needs memory" {
  "$PARTS/server/join_any" time
  "$PARTS/server/join_any" memory
}

@test "a leash is read from the parameters of a start" {
  "$PARTS/server/leash_words" param
  "$PARTS/server/leash_words" unwatched
}
@test "each thread whose leash has snapped is asked to end" { "$PARTS/server/leash_words" ends; }
@test "the process of a client is held by a descriptor" { "$PARTS/server/leash_words" client; }
