#!/usr/bin/env bats
# Parts of the server, tested alone: see tests/cli/connection.c, connection_end.c, calls.c, events.c, input.c,
# console.c, leash.c, until.c, looks.c, placing.c
# and jobserver.c.

load helpers

@test "lines come from a client in any pieces, and one that is too long is refused" {
  "$HELPERS/connection" lines
  "$HELPERS/connection" long
  "$HELPERS/connection" size
}
@test "a client that does not read is not read from, and goes on when it reads" { "$HELPERS/connection" full; }
@test "replies to a chain are kept back, but never when the client waits for them" {
  "$HELPERS/connection" chain
  "$HELPERS/connection" held
}
@test "a connection lives until its last reply is sent, and the requests of a client that has gone are carried out" {
  "$HELPERS/connection" last
  "$HELPERS/connection" gone
  "$HELPERS/connection" failed
  "$HELPERS/connection" no
}
@test "without memory for a line, or with too much input of all clients, a client is hung up on" {
  "$HELPERS/connection" memory
  "$HELPERS/connection" total
  "$HELPERS/connection_end" many
}
@test "a line that is sent with a descriptor goes at once, or not at all" { "$HELPERS/connection" descriptor; }
@test "what has arrived is read at the end of a process, and at the end of the supervisor" {
  "$HELPERS/connection_end" arrived
  "$HELPERS/connection_end" endless
  "$HELPERS/connection_end" close
  "$HELPERS/connection_end" close-held
  "$HELPERS/connection_end" late
  "$HELPERS/connection_end" after-reading
}
@test "a call has one reply and its own deadline, and a chain ends with the first call that fails" {
  "$HELPERS/calls" replies
  "$HELPERS/calls" chains
  "$HELPERS/calls" deadlines
  "$HELPERS/calls" wakes
}
@test "exceptions go to an attached process one after the other, and one that is late is withdrawn" {
  "$HELPERS/calls" errands
  "$HELPERS/calls" late
  "$HELPERS/calls" end
  "$HELPERS/calls" permit
  "$HELPERS/calls" memory
}
@test "a jobserver offers each command a token, and the rest to those that take theirs" { "$HELPERS/jobserver" free; }
@test "an offer that a command ignores goes to another one, and comes back after a pause that grows" {
  "$HELPERS/jobserver" ignored
  "$HELPERS/jobserver" again
  "$HELPERS/jobserver" pause
}
@test "the command that has fewest tokens gets the next one, else the command that has waited longest" {
  "$HELPERS/jobserver" fair
  "$HELPERS/jobserver" behind
}
@test "returned tokens are given again, and none is given twice" {
  "$HELPERS/jobserver" returned
  "$HELPERS/jobserver" twice
  "$HELPERS/jobserver" closed
  "$HELPERS/jobserver" lost
}
@test "a command that is to begin, and fewer slots, come before the offers of a jobserver" { "$HELPERS/jobserver" room; }
@test "a jobserver leaves out a command that cannot take tokens, and says why there is none" {
  "$HELPERS/jobserver" hopeless
  "$HELPERS/jobserver" none
}
@test "a client gets the events that it watches, and learns how many it has missed" {
  "$HELPERS/events" words
  "$HELPERS/events" own
  "$HELPERS/events" missed
  "$HELPERS/events" more
}
@test "the threads inside a process are known in the order of their ids, by names of 1 to 256 bytes" {
  "$HELPERS/events" inner-lists
  "$HELPERS/events" inner-names
  "$HELPERS/events" inner-words
  "$HELPERS/events" inner-raised
}
@test "a run has its machines once, from a list that makes sense" {
  "$HELPERS/placing" lists
  "$HELPERS/placing" one
  "$HELPERS/placing" memory
}
@test "a command waits two seconds for the machines before its own, and for a free slot" {
  "$HELPERS/placing" patience
  "$HELPERS/placing" known
}
@test "a machine that is lost stays lost, for the first reason" { "$HELPERS/placing" lost; }
@test "an input keeps what no run has read for the next one, and ends behind all bytes" {
  "$HELPERS/input" between
  "$HELPERS/input" end
  "$HELPERS/input" far
}
@test "senders wait in their order, and each learns how many bytes were taken" {
  "$HELPERS/input" waiting
  "$HELPERS/input" parts
  "$HELPERS/input" failing
  "$HELPERS/input" limit
}
@test "a terminal ends its input by keys, which are not counted" { "$HELPERS/input" terminal; }
@test "the client that attached last types, and the terminal has its size" {
  "$HELPERS/console" keyboard
  "$HELPERS/console" drawing
  "$HELPERS/console" far
}
@test "each client at a terminal gets the screen, then the output, and then the end" {
  "$HELPERS/console" sending
  "$HELPERS/console" end
  "$HELPERS/console" failures
}
@test "threads are told once that the process of their leash has ended" {
  "$HELPERS/leash" once
  "$HELPERS/leash" later
  "$HELPERS/leash" references
  "$HELPERS/leash" odd
  "$HELPERS/leash" refused
}
@test "a join --until looks at each run, and at the output of the last one to its end" {
  "$HELPERS/until" holds
  "$HELPERS/until" next
  "$HELPERS/until" end
  "$HELPERS/until" after
}
@test "a join --until whose time is up fails, and with the time 0 it looks once" {
  "$HELPERS/until" late
  "$HELPERS/until" failures
}
@test "look answers for the threads here, and for those on machines, which are asked once each" {
  "$HELPERS/looks" lists
  "$HELPERS/looks" here
  "$HELPERS/looks" outputs
  "$HELPERS/looks" machines
  "$HELPERS/looks" lost
  "$HELPERS/looks" memory
}
