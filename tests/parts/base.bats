#!/usr/bin/env bats
# The base: texts, numbers, words, files, descriptors and the loop, which know nothing of threads.

load ../cli/helpers

@test "a number of the command line is decimal digits alone" { "$PARTS/base/numbers" read; }
@test "the parser of times reads every form of a time, and refuses anything else" {
  "$PARTS/base/numbers" durations-read
}
@test "times are written in at most two units" { "$PARTS/base/numbers" durations-written; }
@test "numbers and seconds are written up to the last significant digit" { "$PARTS/base/numbers" written; }
@test "sizes are written with at most three digits and a unit" { "$PARTS/base/numbers" sizes; }

@test "a text grows as needed, and reports when it cannot grow" { "$PARTS/base/text" growth; }
@test "an array keeps its elements while it grows, and new elements are zero" { "$PARTS/base/text" arrays; }
@test "words are shown so that they cannot confuse a terminal, and quoted so that a shell reads them back" {
  "$PARTS/base/text" words
}
@test "the check for UTF-8 accepts UTF-8 and nothing else" { "$PARTS/base/text" characters; }
@test "the width of a text is counted in columns" { "$PARTS/base/text" columns; }
@test "a character that is cut at the end of a text is bytes" { "$PARTS/base/text" cut; }
@test "lines are found in bytes that come in pieces, and no byte is searched twice" {
  "$PARTS/base/text" lines
  "$PARTS/base/text" rest-of-lines
}

@test "a suggestion is the nearest known word, if one is near enough" { "$PARTS/base/words" suggestions; }
@test "a name of a thread is refused if it could be read as something else" {
  "$PARTS/base/words" names
  "$PARTS/base/words" needs
  "$PARTS/base/words" calls
}
@test "exceptions and signals are found by each of their names, and by no other word" {
  "$PARTS/base/words" exceptions
  "$PARTS/base/words" list-of-exceptions
  "$PARTS/base/words" signals
}
@test "programs may define types of exceptions, up to a limit" { "$PARTS/base/words" learned; }
@test "a result says the exception, and the exit status or the signal" { "$PARTS/base/words" results; }
@test "the last word for a variable counts" {
  "$PARTS/base/words" variables
  "$PARTS/base/words" assignments
}
@test "a shared string lives as long as its last reference" { "$PARTS/base/words" shared; }

@test "the lines of a file are read up to the longest, without a byte-order mark" {
  "$PARTS/base/files" lines
  "$PARTS/base/files" long-lines
  "$PARTS/base/files" plain
}
@test "each form of a variable in a file is read, and anything else is refused" {
  "$PARTS/base/files" variables
  "$PARTS/base/files" loaded
  "$PARTS/base/files" many-variables
}
@test "a whole text, or the end of a file, is read up to its limit" {
  "$PARTS/base/files" whole
  "$PARTS/base/files" ends
}
@test "directories are made for the user alone, whatever the umask is" {
  "$PARTS/base/files" directories
  "$PARTS/base/files" own
}
@test "a path loses its links and dots, also where it does not exist" {
  "$PARTS/base/files" resolved
  "$PARTS/base/descriptors" no-memory
}
@test "the state of a process is read" { "$PARTS/base/files" states; }

@test "a path of a descriptor is known, and its file is then appended to" {
  "$PARTS/base/descriptors" paths
  "$PARTS/base/descriptors" append
}
@test "descriptors are opened again, sent, and closed" { "$PARTS/base/descriptors" descriptors; }
@test "descriptors are closed and marked also where close_range(2) is refused" { "$PARTS/base/descriptors" refused; }
@test "a descriptor takes as many bytes as it can without waiting" { "$PARTS/base/descriptors" write; }
@test "the limit of open files is raised as far as allowed" { "$PARTS/base/descriptors" limit; }
@test "a queue gives its bytes in order, in pieces as a pipe takes them" {
  "$PARTS/base/descriptors" queue
  "$PARTS/base/descriptors" flushed
}

@test "a helper does its owner's jobs one after the other, and the last one before it ends" {
  "$PARTS/base/helper" jobs
  "$PARTS/base/helper" last
  "$PARTS/base/helper" refused
}

@test "two threads let go of large files, also those of a directory that is removed" {
  "$PARTS/base/freeing" closed
  "$PARTS/base/freeing" single
  "$PARTS/base/freeing" alone
  "$PARTS/base/freeing" directory
}

@test "an idle process gives back what is not in use of its program, its heap and its stacks" {
  "$PARTS/base/memory" program
  "$PARTS/base/memory" stack
}

@test "the event loop waits as long as it should, and is idle after a second without an event" {
  "$PARTS/base/loop" waits
  "$PARTS/base/loop" idle
}
@test "the event loop serves what is ready, and nothing that was removed or rests" {
  "$PARTS/base/loop" served
  "$PARTS/base/loop" resting
  "$PARTS/base/loop" accepted
  "$PARTS/base/loop" watched
  "$PARTS/base/loop" background
  "$PARTS/base/loop" signals
}
@test "the event loop tells which files have changed, and tells all if events were lost" {
  "$PARTS/base/changes" told
  "$PARTS/base/changes" file-watches
}
@test "a worker that waits for a file is told when the watch of the file ends" { "$PARTS/base/changes" ended-watch; }

@test "a file and its directory are watched by the file's path" { "$PARTS/base/watches" paths; }
@test "a file that is made while its watch is made is seen" { "$PARTS/base/watches" meanwhile; }
@test "events are read in blocks, with their names" { "$PARTS/base/watches" blocks; }

@test "a system call that is refused is named, and so is a kernel that is too old" {
  "$PARTS/base/lacks" calls
  "$PARTS/base/lacks" kernel
}
@test "a standard descriptor that is closed is replaced, or the program ends" {
  "$PARTS/base/lacks" descriptors
  "$PARTS/base/lacks" no-descriptor
}
@test "clocks go on, and a deadline that has passed is now" { "$PARTS/base/lacks" clocks; }
