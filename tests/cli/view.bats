#!/usr/bin/env bats
# How output is shown: see tests/cli/view.c, printing.c, printing_pair.c, sources.c, tables.c, shown.c and
# last_lines.c.

load helpers

@test "behind a name, colours pass and no other control sequence, in whatever pieces the line comes" { "$HELPERS/view" colours; }
@test "a sequence that is unfinished at the end of a line does not go on in the next line" { "$HELPERS/view" ends; }
@test "a byte that may not pass is noticed wherever it stands" { "$HELPERS/view" bytes; }
@test "each whole line of a log is printed behind its name, and the rest when the log has ended" { "$HELPERS/view" names; }
@test "names are aligned, and every name keeps its colour" { "$HELPERS/view" aligned; }
@test "the lines behind names are filtered, each by itself" { "$HELPERS/view" filtered; }
@test "the times that are kept beside a log are those that are printed later" { "$HELPERS/view" times; }
@test "each run after the first is announced where its output begins" { "$HELPERS/view" runs; }
@test "what follows a carriage return takes the place of the line" { "$HELPERS/view" returns; }
@test "an unfinished line is shown after 0.2 seconds, and goes on where it stands" { "$HELPERS/view" unfinished; }
@test "lines of any length are printed whole" { "$HELPERS/view" long; }
@test "the bytes of a single log pass as they are" { "$HELPERS/view" raw; }
@test "a line whose rest was lost is ended" { "$HELPERS/view" lost; }
@test "output without a reader is dropped, and its logs go on" { "$HELPERS/view" dropped; }
@test "a log that was emptied is read anew, and its open line ends" { "$HELPERS/printing" emptied; }
@test "an unfinished line waits for 0.2 seconds" { "$HELPERS/printing" waits; }
@test "the rest of a line that was shown unfinished goes on behind it" { "$HELPERS/printing" unfinished; }
@test "nothing is printed behind the limit of a log" { "$HELPERS/printing" limit; }
@test "a line that fills the buffer of its log is printed in parts" { "$HELPERS/printing" full; }
@test "a run is announced behind the line before it, with its time" { "$HELPERS/printing" runs; }
@test "a line has the time at which it was seen first, here or on another machine" {
  "$HELPERS/printing" times
  "$HELPERS/printing" far-times
}
@test "a name before lines may be long" { "$HELPERS/printing" names; }
@test "a log with short lines is read once, and closed when it is over" { "$HELPERS/printing" once; }
@test "the rest of a long line is dropped with its beginning" { "$HELPERS/printing" dropped; }
@test "no more than 256 KiB wait to be printed" { "$HELPERS/printing" most; }
@test "each byte of the output is written once, and announced" { "$HELPERS/printing" written; }
@test "two threads print much output to a file as one would, in blocks of a bounded size" {
  "$HELPERS/printing_pair" order
  "$HELPERS/printing_pair" slow
  "$HELPERS/printing_pair" short
  "$HELPERS/printing_pair" last
  "$HELPERS/printing_pair" ends
}
@test "one thread prints little output, output to a pipe, and all output if there can be no second thread" {
  "$HELPERS/printing_pair" little
  "$HELPERS/printing_pair" alone
}
@test "what fails in either of two threads that print is reported" {
  "$HELPERS/printing_pair" failed
  "$HELPERS/printing_pair" memory
}
@test "the runs in a log on another machine are announced" { "$HELPERS/sources" far-runs; }
@test "an empty log is not opened" { "$HELPERS/sources" empty; }
@test "without memory no log is printed, and no byte of it is lost" {
  "$HELPERS/sources" added
  "$HELPERS/sources" memory
}
@test "a pipe is given no more bytes at a time than it takes" { "$HELPERS/view" pipe; }
@test "the style of output is that of the terminal, and of the user's wishes" { "$HELPERS/view" style; }
@test "the columns of a table are aligned, and its lines are cut to the width" {
  "$HELPERS/tables" columns
  "$HELPERS/tables" lines
  "$HELPERS/tables" behind
}
@test "a table may be empty, have one column, or lack the end of its row" { "$HELPERS/tables" small; }
@test "the columns of a table behind the sixteenth have one width" { "$HELPERS/tables" wide; }

@test "the end of a thread is told in words" { "$HELPERS/shown" threads; }
@test "the exit status for a thread is that of its command, or of the exception" { "$HELPERS/shown" statuses; }
@test "the rows of a table in JSON are shown" { "$HELPERS/shown" rows; }
@test "the processes that a command left behind are named, up to eight" { "$HELPERS/shown" leftovers; }
@test "a command is shown as a shell would read it, up to a width" { "$HELPERS/shown" commands; }
@test "output is written whole, and waits for a descriptor that takes nothing" { "$HELPERS/shown" output; }
@test "JSON is indented, and keeps the digits of a time" { "$HELPERS/shown" json; }
@test "a message is one line" { "$HELPERS/shown" messages; }
@test "a message about a script begins with its file and line" { "$HELPERS/shown" origins; }
@test "a message waits until it is printed or dropped" { "$HELPERS/shown" held; }
@test "a full disk is told" { "$HELPERS/shown" disk; }
@test "the line at the bottom makes way for other output" { "$HELPERS/shown" bottom; }
@test "a child removes the line of its parent when it begins a line" {
  "$HELPERS/shown" parent
  "$HELPERS/shown" no-line
}
@test "the line at the bottom fits into a row, and is shown where it can be replaced" { "$HELPERS/shown" fitting; }
@test "the width of output is that of the terminal" { "$HELPERS/shown" width; }
@test "a raw terminal passes each key, and is as before afterwards" { "$HELPERS/shown" raw; }
@test "a log is printed from its last lines on, with the runs that begin there" {
  "$HELPERS/last_lines" lines
  "$HELPERS/last_lines" runs
}
