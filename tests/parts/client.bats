#!/usr/bin/env bats
# The client: its requests and replies, the launch of a supervisor, and the way to one on another machine.

load ../cli/helpers

@test "a request has the members that the caller asked for, and no others" {
  "$PARTS/client/request" raises
  "$PARTS/client/request" ids
  "$PARTS/client/request" starts
  "$PARTS/client/request" surroundings
}

@test "requests are numbered, and sent in their order" { "$PARTS/client/client" numbers; }
@test "each reply finds its request, and notifications are told in their order" { "$PARTS/client/client" replies; }
@test "an error for no request is the failure of all that wait" { "$PARTS/client/client" refused; }
@test "each error of a reply has an exit status" { "$PARTS/client/client" errors; }
@test "a reply that is none ends the connection" { "$PARTS/client/client" garbage; }
@test "a supervisor that had read a request went away; if it had not, there was none" { "$PARTS/client/client" lost; }
@test "a client gives up a reply that comes too late" { "$PARTS/client/client" late; }
@test "another machine is asked for a sign of life once, behind the first request" { "$PARTS/client/client" host; }
@test "a request of the quick way is not sent twice" { "$PARTS/client/client" adopted; }
@test "a long request is sent in pieces" { "$PARTS/client/client" long; }
@test "a request longer than 8 MiB is refused, and those before it are kept" { "$PARTS/client/client" too-long; }
@test "a client sends while it waits for a reply" { "$PARTS/client/client" both; }
@test "a client waits if the kernel cannot take a request now, and ends the connection on other errors" {
  "$PARTS/client/client" socket
}

@test "a log that comes through a connection has its bytes, runs, times and end" { "$PARTS/client/feed" follow; }
@test "a log that comes through a connection begins where the user wishes" { "$PARTS/client/feed" wishes; }
@test "a client asks for more of a log while pieces are large, and keeps the first failure" {
  "$PARTS/client/feed" behind
}
@test "a log that comes through a connection may be malformed, or lose the connection" {
  "$PARTS/client/feed" unkept
  "$PARTS/client/feed" lost
}

@test "a client asks a supervisor whose socket was removed to put it back" { "$PARTS/client/launches" connect; }
@test "a place is taken by one supervisor, whose descriptors are above those of a new process" {
  "$PARTS/client/launches" claim
}
@test "a supervisor begins in a session of its own, with three descriptors of its starter at most" {
  "$PARTS/client/launches" start
  "$PARTS/client/launches" own
}
@test "a supervisor that cannot begin leaves no socket, no process and no descriptor" {
  "$PARTS/client/launches" no-start
}

@test "ssh runs for the name of a host, with its own signals and without the terminal of a silent client" {
  "$PARTS/client/by_ssh" names
  "$PARTS/client/by_ssh" run
}
@test "an ssh that still connects, or serves others, ends as it should" { "$PARTS/client/by_ssh" asked; }
@test "an ssh that cannot be run leaves no process and no descriptor" { "$PARTS/client/by_ssh" fails; }
@test "ssh does not make the error output of its client non-blocking" { "$PARTS/client/by_ssh" errors; }
@test "the end of a connection to a host is told by the end of ssh" { "$PARTS/client/by_ssh" told; }

@test "the bytes of a connection are sent and read whole, up to a limit" {
  "$PARTS/client/wires" queued
  "$PARTS/client/wires" waits
  "$PARTS/client/wires" limit
}
