#!/usr/bin/env bats
# The way of the reports from the workers to the server: which of them wake it.

load helpers

@test "an end wakes the server; that a command runs does so for a thread that is waited for" {
  "$HELPERS/mailbox" notify
}

@test "a report that came before the thread is waited for wakes the server then" {
  "$HELPERS/mailbox" missed
  "$HELPERS/mailbox" missed-by-all
}
