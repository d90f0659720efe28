#!/usr/bin/env bats
# k3thread-host, which calls a function of a library in a process of its own.

load ../cli/helpers

@test "k3thread-host calls the function in an attached thread" { "$PARTS/host/called" called; }
@test "k3thread-host names its thread as the library allows" { "$PARTS/host/called" names; }
@test "k3thread-host calls nothing in a process that is not attached" { "$PARTS/host/called" attach; }
@test "k3thread-host says why it cannot call the function, with the status of a shell" {
  "$PARTS/host/called" status
  "$PARTS/host/called" long
}
@test "k3thread-host tells the worker, or the user if there is none" {
  "$PARTS/host/called" descriptor
  "$PARTS/host/called" usage
}
