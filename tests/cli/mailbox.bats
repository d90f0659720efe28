#!/usr/bin/env bats
# The reports from the workers to the server: which of them wake the server.

load helpers

@test "the report of an end wakes the server, and the report of a run wakes it if a client waits for the thread" {
  "$HELPERS/mailbox" notify
}

@test "a report that came before a client waited for the thread wakes the server once a client waits" {
  "$HELPERS/mailbox" missed
  "$HELPERS/mailbox" missed-by-all
}
