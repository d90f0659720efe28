#!/usr/bin/env bats
# The loop of top, its display, its signals, its log of another machine, and what it lacks: see tests/cli/top_loop.c,
# display.c, top_signals.c, far_log.c and top_lacks.c.

load helpers

@test "top draws at once after a key, and otherwise when a picture is due and the terminal takes it" { "$HELPERS/top_loop" pictures; }
@test "top draws when the time has come exactly" { "$HELPERS/top_loop" times; }
@test "each mode of top has its picture, which changes when something that it shows does" { "$HELPERS/top_loop" modes; }
@test "top looks at logs when they are written to, at most five times a second" {
  "$HELPERS/top_loop" logs
  "$HELPERS/top_loop" pause
}
@test "top ends by a key, a signal or the end of its terminal, and does nothing more" { "$HELPERS/top_loop" ends; }
@test "a failure ends top, which says why" {
  "$HELPERS/top_loop" failures
  "$HELPERS/top_loop" possible
}

@test "each style of the display of top has its letters" { "$HELPERS/display" styles; }
@test "texts stay in their columns of the display of top, whatever they consist of" { "$HELPERS/display" columns; }
@test "the display of top shows its cursor where it was put" { "$HELPERS/display" cursor; }
@test "the display of top sends what has changed, once, and whole pictures" { "$HELPERS/display" once; }
@test "the display of top knows the keys, and passes letters in UTF-8" { "$HELPERS/display" keys; }
@test "the display of top gives the terminal back as it was" { "$HELPERS/display" back; }
@test "the display of top has the size of the terminal" { "$HELPERS/display" sizes; }
@test "a terminal that takes nothing keeps top for a second" { "$HELPERS/display" stuck; }
@test "a display of top that cannot be opened leaves the terminal alone, and says why" { "$HELPERS/display" failures; }
@test "top says which terminals will do" { "$HELPERS/display" possible; }
@test "the display of top uses the machine's description of the terminal, or its own for common terminals" {
  "$HELPERS/display" own
  "$HELPERS/display" common
}
@test "top takes its signals from a descriptor" { "$HELPERS/top_signals" signals; }
@test "top takes the new size of its terminal, and the terminal itself when it goes on" { "$HELPERS/top_signals" changes; }
@test "top stops as Ctrl-Z asks and goes on, or stays if nobody could continue it" {
  "$HELPERS/top_signals" stops
  "$HELPERS/top_signals" stays
}

@test "top asks for a log on another machine until its end, and goes on there" { "$HELPERS/far_log" end; }
@test "top leaves a log on another machine alone when it cannot be read" { "$HELPERS/far_log" failed; }
@test "top keeps a log on another machine in pieces, as far as there is memory" { "$HELPERS/far_log" pieces; }
@test "top forgets the oldest bytes of a log on another machine" { "$HELPERS/far_log" old; }

@test "a thread for which top has no memory is not taken, and all memory is given back" { "$HELPERS/top_lacks" rows; }
@test "without memory the last line of a log stays as it was" {
  "$HELPERS/top_lacks" lines
  "$HELPERS/top_lacks" last-line
}
@test "top opens a log later for which there was no descriptor" { "$HELPERS/top_lacks" opened; }
@test "top watches a log later for which there was no memory" { "$HELPERS/top_lacks" watched; }
@test "top goes on with the first line that is left of a log" { "$HELPERS/top_looks" hole; }
@test "h explains the keys of top" { "$HELPERS/top_screen" help; }
