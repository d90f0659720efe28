#!/usr/bin/env bats
# How the processes below another one, and the leftovers of a command, are found and ended: see children.c.

load helpers

@test "a list of children needs memory, and keeps none when it fails" { "$HELPERS/children" memory; }
@test "a list of children is opened for this process alone, and closed" { "$HELPERS/children" open; }
@test "the deaths of a worker's children come as no signal" { "$HELPERS/children" signal; }
@test "all dead children of a worker are reaped" { "$HELPERS/children" reap; }
@test "a walk through the processes below one finds the children of all its threads" { "$HELPERS/children" threads; }
@test "a walk finds the children of the processes that it kills" { "$HELPERS/children" killed; }
@test "a walk without memory goes on with what it has found" { "$HELPERS/children" less; }
@test "a process is killed with its group and what is below it" { "$HELPERS/children" kill; }
@test "a kill never reaches a group that is not the process's" { "$HELPERS/children" groups; }

# The leftovers of a command: see leftovers.c.

@test "leftovers have the thread's mark, or are of its command's session" { "$HELPERS/leftovers" members; }
@test "the dead, and processes of other threads, are no leftovers" { "$HELPERS/leftovers" dead; }
@test "a look that may have missed leftovers is repeated" { "$HELPERS/leftovers" again; }
@test "an adopted process that was reaped since the census calls for another one" { "$HELPERS/leftovers" reaped; }
@test "a look for leftovers that fails keeps no lock, memory or descriptor" { "$HELPERS/leftovers" failed; }
@test "nothing is left if nothing is adopted and no child of the worker lives" { "$HELPERS/leftovers" gone; }
