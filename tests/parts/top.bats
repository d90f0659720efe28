#!/usr/bin/env bats
# top: its rows, its keys, its pictures and its loop, at a terminal that the test plays.

load ../cli/helpers

@test "top draws at once after a key, and otherwise when a picture is due and the terminal takes it" {
  "$PARTS/top/top_loop" pictures
}
@test "top draws when the time has come exactly" { "$PARTS/top/top_loop" times; }
@test "each mode of top has its picture, which changes when something that it shows does" {
  "$PARTS/top/top_loop" modes
}
@test "top looks at logs when they are written to, at most five times a second" {
  "$PARTS/top/top_loop" logs
  "$PARTS/top/top_loop" pause
}
@test "top ends by a key, a signal or the end of its terminal, and does nothing more" { "$PARTS/top/top_loop_end" ends; }
@test "a failure ends top, which says why" {
  "$PARTS/top/top_loop_end" failures
  "$PARTS/top/top_loop_end" possible
}

@test "each style of the display of top has its letters" { "$PARTS/top/display" styles; }
@test "texts stay in their columns of the display of top, whatever they consist of" { "$PARTS/top/display" columns; }
@test "the display of top shows its cursor where it was put" { "$PARTS/top/display" cursor; }
@test "the display of top sends what has changed, once, and whole pictures" { "$PARTS/top/display" once; }
@test "the display of top knows the keys, and passes letters in UTF-8" { "$PARTS/top/display" keys; }
@test "the display of top gives the terminal back as it was" { "$PARTS/top/display" back; }
@test "the display of top has the size of the terminal" { "$PARTS/top/display" sizes; }
@test "a terminal that takes nothing keeps top for a second" { "$PARTS/top/display" stuck; }
@test "a display of top that cannot be opened leaves the terminal alone, and says why" {
  "$PARTS/top/display" failures
}
@test "top says which terminals will do" { "$PARTS/top/display" possible; }
@test "the display of top uses the machine's description of the terminal, or its own for common terminals" {
  "$PARTS/top/display" own
  "$PARTS/top/display" common
}

@test "top takes its signals from a descriptor" { "$PARTS/top/top_signals" signals; }
@test "top takes the new size of its terminal, and the terminal itself when it goes on" {
  "$PARTS/top/top_signals" changes
}
@test "top stops as Ctrl-Z asks and goes on, or stays if nobody could continue it" {
  "$PARTS/top/top_signals" stops
  "$PARTS/top/top_signals" stays
}

@test "top asks for a log on another machine until its end, and goes on there" { "$PARTS/top/far_log" end; }
@test "top leaves a log on another machine alone when it cannot be read" { "$PARTS/top/far_log" failed; }
@test "top keeps a log on another machine in pieces, as far as there is memory" { "$PARTS/top/far_log" pieces; }
@test "top forgets the oldest bytes of a log on another machine" { "$PARTS/top/far_log" old; }

@test "a thread for which top has no memory is not taken, and all memory is given back" { "$PARTS/top/top_lacks" rows; }
@test "without memory the last line of a log stays as it was" {
  "$PARTS/top/top_lacks" lines
  "$PARTS/top/top_lacks" last-line
}
@test "top opens a log later for which there was no descriptor" { "$PARTS/top/top_lacks" opened; }
@test "top watches a log later for which there was no memory" { "$PARTS/top/top_lacks" watched; }

@test "top goes on with the first line that is left of a log" { "$PARTS/top/top_looks" hole; }
@test "a log is read by lines, pages and columns, and searched" { "$PARTS/top/top_looks" log; }
@test "a log on another machine is asked for from its end, and goes on with the next run" {
  "$PARTS/top/top_looks" far-log
}
@test "processes are looked at rarely while they use nothing" { "$PARTS/top/top_looks" live; }
@test "what threads use on another machine is asked for when it is due" { "$PARTS/top/top_looks" far; }
@test "the threads on the screen are asked for first, and then all others" { "$PARTS/top/top_looks" others; }
@test "at most 64 threads are asked for at once, and all of them in turn" { "$PARTS/top/top_looks" turns; }
@test "in an order by usage all threads are looked at" { "$PARTS/top/top_looks" survey; }
@test "a survey of many threads pauses, and goes on where it has stopped" { "$PARTS/top/top_looks" slices; }
@test "the last line of a log is read when the log was written to" { "$PARTS/top/top_looks" watched; }
@test "a log that two threads share is watched for both" { "$PARTS/top/top_looks" shared; }
@test "the picture of top changes at whole seconds" { "$PARTS/top/top_looks" ticks; }

@test "h explains the keys of top" { "$PARTS/top/top_screen" help; }
@test "top finds out whether the processes are on this machine, and asks for what it shows" {
  "$PARTS/top/top_screen" beginning
}
@test "events change the rows of top, and a list is asked for when some were missed" { "$PARTS/top/top_screen" events; }
@test "the reply to each request of top is shown" { "$PARTS/top/top_screen" results; }
@test "the list of top has its columns, colours, counts and details" { "$PARTS/top/top_screen" list; }
@test "the columns of top fit the names and the ids" { "$PARTS/top/top_screen" columns; }
@test "the selected thread stays on the screen, and a thread in its place is selected when it is gone" {
  "$PARTS/top/top_screen" moves
}
@test "keys choose the filter, the order and the help of top" { "$PARTS/top/top_screen" choices; }
@test "a line that is typed loses whole characters, and has an end" { "$PARTS/top/top_screen" typed; }
@test "an exception is chosen by keys and letters, and raised" { "$PARTS/top/top_screen" raise; }
@test "every exception is offered once" { "$PARTS/top/top_screen" offered; }
@test "top gives the display back while it is attached to a terminal" { "$PARTS/top/top_screen" attach; }

@test "rows of top follow the supervisor" { "$PARTS/top/top" rows; }
@test "rows of top are sorted by id" { "$PARTS/top/top" sorted; }
@test "a row of top has the facts of its thread" { "$PARTS/top/top" facts; }
@test "top shows the processor time and the memory of a command while it runs" { "$PARTS/top/top" cells; }
@test "words that top shows are plain" { "$PARTS/top/top" words; }
@test "needs make a tree" { "$PARTS/top/top" tree; }
@test "each order of top sorts as its name says" { "$PARTS/top/top" orders; }
@test "a filter of top chooses by name, command, state and pattern" { "$PARTS/top/top" filters; }
@test "a time that top shows changes when it must, and not earlier" { "$PARTS/top/top" times; }
@test "a line of a log is plain text" { "$PARTS/top/top" lines; }
@test "the last line of a log is found" { "$PARTS/top/top" last-lines; }
@test "a log is paged by lines, while it grows, is emptied and is moved" { "$PARTS/top/top" paging; }
@test "a log with very long lines, or without its beginning, is paged" { "$PARTS/top/top" long-logs; }
