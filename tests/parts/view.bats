#!/usr/bin/env bats
# The output for people: lines of several logs, tables and messages.

load ../cli/helpers

@test "behind a name, colours pass and no other control sequence, in whatever pieces the line comes" {
  "$PARTS/view/view" colours
}
@test "a sequence that is unfinished at the end of a line does not go on in the next line" { "$PARTS/view/view" ends; }
@test "a byte that may not pass is noticed wherever it stands" { "$PARTS/view/view" bytes; }
@test "each whole line of a log is printed behind its name, and the rest when the log has ended" {
  "$PARTS/view/view" names
}
@test "names are aligned, and every name keeps its colour" { "$PARTS/view/view" aligned; }
@test "the lines behind names are filtered, each by itself" { "$PARTS/view/view" filtered; }
@test "the times that are kept beside a log are those that are printed later" { "$PARTS/view/view" times; }
@test "each run after the first is announced where its output begins" { "$PARTS/view/view" runs; }
@test "what follows a carriage return takes the place of the line" { "$PARTS/view/view" returns; }
@test "an unfinished line is shown after 0.2 seconds, and goes on where it stands" { "$PARTS/view/view" unfinished; }
@test "lines of any length are printed whole" { "$PARTS/view/view" long; }
@test "the bytes of a single log pass as they are" { "$PARTS/view/view" raw; }
@test "a line whose rest was lost is ended" { "$PARTS/view/view" lost; }
@test "output without a reader is dropped, and its logs go on" { "$PARTS/view/view" dropped; }
@test "a pipe is given no more bytes at a time than it takes" { "$PARTS/view/view" pipe; }
@test "the style of output is that of the terminal, and of the user's wishes" { "$PARTS/view/view" style; }

@test "a log that was emptied is read anew, and its open line ends" { "$PARTS/view/printing" emptied; }
@test "an unfinished line waits for 0.2 seconds" { "$PARTS/view/printing" waits; }
@test "the rest of a line that was shown unfinished goes on behind it" { "$PARTS/view/printing" unfinished; }
@test "nothing is printed behind the limit of a log" { "$PARTS/view/printing" limit; }
@test "a line that fills the buffer of its log is printed in parts" { "$PARTS/view/printing" full; }
@test "a run is announced behind the line before it, with its time" { "$PARTS/view/printing" runs; }
@test "a line has the time at which it was seen first, here or on another machine" {
  "$PARTS/view/printing" times
  "$PARTS/view/printing" far-times
}
@test "a name before lines may be long" { "$PARTS/view/printing" names; }
@test "a log with short lines is read once, and closed when it is over" { "$PARTS/view/printing" once; }
@test "the rest of a long line is dropped with its beginning" { "$PARTS/view/printing" dropped; }
@test "no more than 256 KiB wait to be printed" { "$PARTS/view/printing" most; }
@test "each byte of the output is written once, and announced" { "$PARTS/view/printing" written; }

@test "two threads print much output to a file as one would, in blocks of a bounded size" {
  "$PARTS/view/printing_pair" order
  "$PARTS/view/printing_pair" slow
  "$PARTS/view/printing_pair" short
  "$PARTS/view/printing_pair" last
  "$PARTS/view/printing_pair" ends
}
@test "one thread prints little output, output to a pipe, and all output if there can be no second thread" {
  "$PARTS/view/printing_pair" little
  "$PARTS/view/printing_pair" alone
}
@test "what fails in either of two threads that print is reported" {
  "$PARTS/view/printing_pair" failed
  "$PARTS/view/printing_pair" memory
}

@test "the runs in a log on another machine are announced" { "$PARTS/view/sources" far-runs; }
@test "an empty log is not opened" { "$PARTS/view/sources" empty; }
@test "without memory no log is printed, and no byte of it is lost" {
  "$PARTS/view/sources" added
  "$PARTS/view/sources" memory
}

@test "the columns of a table are aligned, and its lines are cut to the width" {
  "$PARTS/view/tables" columns
  "$PARTS/view/tables" lines
  "$PARTS/view/tables" behind
}
@test "a table may be empty, have one column, or lack the end of its row" { "$PARTS/view/tables" small; }
@test "the columns of a table behind the sixteenth have one width" { "$PARTS/view/tables" wide; }

@test "the end of a thread is told in words" { "$PARTS/view/shown" threads; }
@test "the exit status for a thread is that of its command, or of the exception" { "$PARTS/view/shown" statuses; }
@test "the rows of a table in JSON are shown" { "$PARTS/view/shown" rows; }
@test "the processes that a command left behind are named, up to eight" { "$PARTS/view/shown" leftovers; }
@test "a command is shown as a shell would read it, up to a width" { "$PARTS/view/shown" commands; }
@test "output is written whole, and waits for a descriptor that takes nothing" { "$PARTS/view/shown" output; }
@test "JSON is indented, and keeps the digits of a time" { "$PARTS/view/shown" json; }
@test "a message is one line" { "$PARTS/view/shown" messages; }
@test "a message about a script begins with its file and line" { "$PARTS/view/shown" origins; }
@test "a message waits until it is printed or dropped" { "$PARTS/view/shown" held; }
@test "a full disk is told" { "$PARTS/view/shown" disk; }
@test "the line at the bottom makes way for other output" { "$PARTS/view/shown" bottom; }
@test "a child removes the line of its parent when it begins a line" {
  "$PARTS/view/shown" parent
  "$PARTS/view/shown" no-line
}
@test "the line at the bottom fits into a row, and is shown where it can be replaced" { "$PARTS/view/shown" fitting; }
@test "the width of output is that of the terminal" { "$PARTS/view/shown" width; }
@test "a raw terminal passes each key, and is as before afterwards" { "$PARTS/view/shown" raw; }

@test "a log is printed from its last lines on, with the runs that begin there" {
  "$PARTS/view/last_lines" lines
  "$PARTS/view/last_lines" runs
}
