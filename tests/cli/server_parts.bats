#!/usr/bin/env bats
# Parts of the server, tested alone: see tests/cli/output_times.c and slot_queue.c. tests/cli/parts.bats checks that no
# case is left out.

load helpers

@test "a log's growth is noted at once, and then at most ten times a second" { "$HELPERS/output_times" looks; }
@test "the output of the last seconds begins where the log was at that time" { "$HELPERS/output_times" found; }
@test "at most one per cent of the time before is shown of a long log" { "$HELPERS/output_times" thinned; }
@test "a log that was emptied is shown from its beginning" { "$HELPERS/output_times" emptied; }
@test "the logs are watched although their directory was removed, or events were lost" {
  "$HELPERS/output_times" goes-on
}
@test "a log that cannot be watched is shown from its beginning" { "$HELPERS/output_times" unwatched; }

@test "slots go to the threads in their order, and to the first one alone" { "$HELPERS/slot_queue" slots; }
@test "a daemon takes no slot, but a place on a machine" { "$HELPERS/slot_queue" daemons; }
@test "a thread for a machine without room does not hold up the others" { "$HELPERS/slot_queue" machines; }
@test "threads for several machines begin in the order of their starts" { "$HELPERS/slot_queue" order; }
@test "a command on a machine that is not up is not rescheduled" { "$HELPERS/slot_queue" reschedule; }
@test "daemons do not wait behind other threads" { "$HELPERS/slot_queue" daemon-lines; }
