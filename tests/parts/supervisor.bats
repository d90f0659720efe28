#!/usr/bin/env bats
# The processes of a supervisor and of its guardian.

load ../cli/helpers

@test "a supervisor serves to its end, and removes the directory of its logs if no log is left" {
  "$PARTS/supervisor/supervisor" serves
}
@test "the commands of an agent get the socket of the run" { "$PARTS/supervisor/supervisor" agent; }
@test "a supervisor that cannot serve says why, and ends with status 1" { "$PARTS/supervisor/supervisor" cannot-serve; }
@test "a supervisor that cannot begin says why at which step" { "$PARTS/supervisor/supervisor" cannot-begin; }

@test "a title replaces the name and the arguments of a process" { "$PARTS/supervisor/title" set; }
@test "arguments of which the kernel does not say where they are stay" { "$PARTS/supervisor/title" unknown; }

@test "the guardian ends as its supervisor, and ends the processes that it leaves" {
  "$PARTS/supervisor/guardian" ends
}
@test "the guardian says how many processes it may not kill" { "$PARTS/supervisor/guardian" unendable; }
@test "a supervisor does not begin if its guardian has ended" { "$PARTS/supervisor/guardian" no-guardian; }
@test "process 1 that becomes a supervisor is the guardian itself" { "$PARTS/supervisor/guardian" init; }
@test "the guardian removes the socket of a killed supervisor, if it has the lock" {
  "$PARTS/supervisor/guardian" locks
}
@test "the guardian passes signals on, and the supervisor notices its end" { "$PARTS/supervisor/guardian" signals; }
@test "a process with children that becomes a supervisor stays their parent" { "$PARTS/supervisor/guardian" children; }
@test "the guardian keeps no descriptor that it does not use" { "$PARTS/supervisor/guardian" descriptors; }
@test "the guardian removes the directories of a run that has ended" { "$PARTS/supervisor/guardian" directories; }
