#!/usr/bin/env bats
# Parts of `run`, tested alone, of runs whose numbers are known: see tests/cli/page.c, timeline.c, results.c, progress.c.

load ../cli/helpers

@test "the table of --report has all that is known of each thread" { "$HELPERS/page" table; }
@test "a command in --report is cut to 160 columns" { "$HELPERS/page" long-command; }
@test "durations in --report have three digits" { "$HELPERS/page" durations; }
@test "the critical path in --report says what lasted, for how long, and why" { "$HELPERS/page" path; }
@test "of a critical path of more than 25 parts --report has the longest" { "$HELPERS/page" long-path; }
@test "--report has the last lines of each failure" { "$HELPERS/page" failures; }
@test "a failure in --report has at most 50 lines, and its share of 4 MiB" { "$HELPERS/page" tails; }
@test "the head of --report sums up the run" { "$HELPERS/page" head; }

@test "the axis of the timeline has at most nine marks, at round times" { "$HELPERS/timeline" axis; }
@test "a mark near the end of the axis is before its line" { "$HELPERS/timeline" last-mark; }
@test "a row of the timeline shows the phases of its thread" { "$HELPERS/timeline" rows; }
@test "a label of the timeline is behind its bar, or before it, or in it" { "$HELPERS/timeline" labels; }
@test "arrows lead from the threads that were waited for" { "$HELPERS/timeline" arrows; }
@test "an arrow of the critical path takes the place of the need" { "$HELPERS/timeline" path-arrows; }
@test "lines cross the rows between their threads" { "$HELPERS/timeline" chunks; }
@test "lines that leave a thread at the same time are one line where they cross rows" { "$HELPERS/timeline" same-time; }
@test "a raise is marked in the row of its thread" { "$HELPERS/timeline" raises; }

@test "XML has no byte that it forbids" { "$HELPERS/results" xml; }
@test "a name that occurs again gets a number" { "$HELPERS/results" names; }
@test "thousands of names are told apart" { "$HELPERS/results" many-names; }
@test "--junit has the result and the reason of each thread" { "$HELPERS/results" junit; }
@test "a failure in --junit has at most 100 lines, of 64 KiB" { "$HELPERS/results" junit-tails; }
@test "--junit names a failure before what it left" { "$HELPERS/results" junit-left; }
@test "--json has the numbers of the run" { "$HELPERS/results" json; }
@test "--trace has times in whole microseconds" { "$HELPERS/results" trace; }
@test "--trace names the machine of a thread that ran" { "$HELPERS/results" trace-host; }
@test "the summary has a row for each thread" { "$HELPERS/results" summary; }
@test "of more than twenty threads the summary has those that failed or left a process" { "$HELPERS/results" long-summary; }
@test "a run counts its threads by what they do" { "$HELPERS/results" kinds; }
@test "a run knows its threads by their ids" { "$HELPERS/results" ids; }
@test "a run still counts the threads that it has let go" { "$HELPERS/results" let-go; }
@test "a run of daemons alone is recognised" { "$HELPERS/results" daemons; }

@test "the line of progress estimates the rest by the ends so far, when a third is over" { "$HELPERS/progress" rest; }
@test "the line of progress counts the daemons that are being ended" { "$HELPERS/progress" daemons; }
@test "the line of progress is drawn when it is due" {
  "$HELPERS/progress" due
  "$HELPERS/progress" began
}
@test "a run waits for no terminal that takes nothing, and draws nothing in the background" {
  "$HELPERS/progress" full
  "$HELPERS/progress" background
}
@test "the line of progress is shown where it can be replaced" { "$HELPERS/progress" seen; }

@test "every case of these programs is run here" {
  for program in page timeline results progress; do
    for name in $("$HELPERS/$program"); do
      grep -qE "HELPERS/$program\" $name( |;|\$)" "$BATS_TEST_DIRNAME"/*.bats || echo "$program $name"
    done
  done >left-out
  is "$(cat left-out)" ''
}
