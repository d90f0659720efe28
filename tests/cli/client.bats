#!/usr/bin/env bats
# The client without a supervisor: see tests/cli/request.c, client.c and feed.c.

load helpers

@test "a request has the members that the caller asked for, and no others" {
  "$HELPERS/request" raises
  "$HELPERS/request" ids
  "$HELPERS/request" starts
  "$HELPERS/request" surroundings
}
@test "requests are numbered, and sent in their order" { "$HELPERS/client" numbers; }
@test "each reply finds its request, and notifications are told in their order" { "$HELPERS/client" replies; }
@test "each error of a reply has an exit status" { "$HELPERS/client" errors; }
@test "a reply that is none ends the connection" { "$HELPERS/client" garbage; }
@test "a supervisor that had read a request went away; if it had not, there was none" { "$HELPERS/client" lost; }
@test "a client gives up a reply that comes too late" { "$HELPERS/client" late; }
@test "another machine is asked for a sign of life once, behind the first request" { "$HELPERS/client" host; }
@test "a request of the quick way is not sent twice" { "$HELPERS/client" adopted; }
@test "a long request is sent in pieces" { "$HELPERS/client" long; }
@test "a request longer than 8 MiB is refused, and those before it are kept" { "$HELPERS/client" too-long; }
@test "a client sends while it waits for a reply" { "$HELPERS/client" both; }
@test "a client waits if the kernel cannot take a request now, and ends the connection on other errors" {
  "$HELPERS/client" socket
}

@test "a log that comes through a connection has its bytes, runs, times and end" { "$HELPERS/feed" follow; }
@test "a log that comes through a connection begins where the user wishes" { "$HELPERS/feed" wishes; }
@test "a client asks for more of a log while pieces are large, and keeps the first failure" { "$HELPERS/feed" behind; }
