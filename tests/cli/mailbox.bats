#!/usr/bin/env bats
# The way of the reports from the workers to the server: which of them wake it.

load helpers

@test "an end wakes the server; that a command runs does where somebody heeds it" {
  "$HELPERS/mailbox" heeded
}

@test "a report that came before somebody heeds it wakes the server then" {
  "$HELPERS/mailbox" missed
  "$HELPERS/mailbox" missed-by-all
}
