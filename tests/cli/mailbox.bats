#!/usr/bin/env bats
# The reports from the workers to the server: which of them wake the server, and whose their strings are.

load helpers

@test "the report of an end wakes the server, and the report of a run wakes it if a client waits for the thread" {
  "$HELPERS/mailbox" notify
}

@test "a report that came before a client waited for the thread wakes the server once a client waits" {
  "$HELPERS/mailbox" missed
  "$HELPERS/mailbox" missed-by-all
}

@test "the server is woken once for all reports until it looks" { "$HELPERS/mailbox" once; }

@test "the strings of a report go with it, or are given up with it" {
  "$HELPERS/mailbox" strings
  "$HELPERS/thread_report" copy
  "$HELPERS/thread_report" replaced
}

@test "a run that follows forgets how the one before has ended" { "$HELPERS/thread_report" forgotten; }
@test "leftovers are counted even if no memory lists them" { "$HELPERS/thread_report" left; }
