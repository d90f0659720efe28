#!/usr/bin/env bats
# The place of a supervisor: see tests/cli/places.c, tests/cli/full.c, and tests/cli/bell.c for its socket and its bell.

load helpers

@test "a label names a place in the user's directory, whose state is in the home" { "$HELPERS/places" labels; }
@test "each machine that shares a home has a state of its own" { "$HELPERS/places" machines; }
@test "a socket elsewhere has its lock, its journal and its logs beside it" { "$HELPERS/places" sockets; }
@test "a path that no socket can have is refused" { "$HELPERS/places" impossible; }
@test "a place that does not fit into memory is refused" { "$HELPERS/full" memory; }
@test "the directory of the journal and the logs can be set" { "$HELPERS/places" state; }
@test "the journal beside the socket is found if there is no other" { "$HELPERS/places" journal; }
@test "the user's own directory is made, and is refused if others could use it" {
  "$HELPERS/places" own
  "$HELPERS/places" home
}
@test "the directory of a socket elsewhere is refused if others could replace a file in it" {
  "$HELPERS/places" foreign
}
@test "a directory that is missing is made again, unless another user could replace it" {
  "$HELPERS/places" restored
}
@test "the supervisor of one run has directories of its own, which vanish with it" { "$HELPERS/places" temporary; }
@test "a place of one run that could not be made leaves no directory" {
  "$HELPERS/full" temporary
  "$HELPERS/full" reason
}
@test "a disk is full when this user cannot write to it" { "$HELPERS/full" disk; }

@test "a supervisor's socket is for its user alone, and a stale one is removed" { "$HELPERS/bell" socket; }
@test "a bell is heard at its place, also when the files there are gone, and nowhere else" {
  "$HELPERS/bell" place
  "$HELPERS/bell" mounts
  "$HELPERS/bell" user
}
@test "another user cannot answer a bell" { "$HELPERS/bell" usurper; }

@test "a start that waits for the lock names its holder, and gives up after twenty seconds" {
  "$HELPERS/lock_wait" holders
  "$HELPERS/lock_wait" end
  "$HELPERS/lock_wait" reason
}
@test "a lock that was replaced while it was taken is taken anew" { "$HELPERS/lock_wait" replaced; }
@test "a start does not wait for a holder of the lock that is stopped" { "$HELPERS/lock_wait" stopped; }

@test "the guardian ends as its supervisor, and ends the processes that it leaves" { "$HELPERS/guardian" ends; }
@test "the guardian says how many processes it may not kill" { "$HELPERS/guardian" unendable; }
@test "a supervisor does not begin if its guardian has ended" { "$HELPERS/guardian" no-guardian; }
@test "process 1 that becomes a supervisor is the guardian itself" { "$HELPERS/guardian" init; }
@test "the guardian removes the socket of a killed supervisor, if it has the lock" { "$HELPERS/guardian" locks; }
@test "the guardian passes signals on, and the supervisor notices its end" { "$HELPERS/guardian" signals; }
@test "a process with children that becomes a supervisor stays their parent" { "$HELPERS/guardian" children; }
@test "the guardian keeps no descriptor that it does not use" { "$HELPERS/guardian" descriptors; }
@test "the guardian removes the directories of a run that has ended" { "$HELPERS/guardian" directories; }

@test "a system call that is refused is named, and so is a kernel that is too old" {
  "$HELPERS/lacks" calls
  "$HELPERS/lacks" kernel
}
@test "a standard descriptor that is closed is replaced, or the program ends" {
  "$HELPERS/lacks" descriptors
  "$HELPERS/lacks" no-descriptor
}
@test "clocks go on, and a deadline that has passed is now" { "$HELPERS/lacks" clocks; }
