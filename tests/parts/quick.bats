#!/usr/bin/env bats
# The quick way: the command lines that it takes, the answers that it prints, and its C library.

load ../cli/helpers

@test "the quick way runs no set-id program, and no program without a command" { "$PARTS/quick/quick_way" usual; }
@test "the quick way leaves a failure before its request to the program" { "$PARTS/quick/quick_way" before; }
@test "the quick way waits for an answer in pieces" { "$PARTS/quick/quick_way" answers; }
@test "the program takes over from the quick way what is not plain, with what has come" {
  "$PARTS/quick/quick_way" taken
}
@test "the program sends what the quick way did not send in full" { "$PARTS/quick/quick_way" unsent; }

@test "the quick way reads plain starts" { "$PARTS/quick/quick" starts; }
@test "the quick way reads plain joins, raises and lists" { "$PARTS/quick/quick" commands; }
@test "the quick way leaves all other lines to the program" { "$PARTS/quick/quick" other-lines; }
@test "the quick way writes the requests of plain lines" { "$PARTS/quick/quick" requests; }
@test "the quick way reads plain answers" { "$PARTS/quick/quick" answers; }
@test "the quick way leaves other answers to the program" { "$PARTS/quick/quick" other-answers; }
@test "the quick way reports what it has written in part, and leaves what it cannot write to the program" {
  "$PARTS/quick/quick" failures
}
@test "the quick way cuts tables to the width of the terminal" { "$PARTS/quick/quick" cut; }
@test "the quick way aligns tables" { "$PARTS/quick/quick" tables; }
@test "the quick way leaves odd tables to the program" { "$PARTS/quick/quick" odd-tables; }
@test "the quick way writes a long table in pieces" { "$PARTS/quick/quick" long-table; }

@test "blocks of memory of the quick way are aligned and apart" { "$PARTS/quick/quick_libc" blocks; }
@test "the quick way has 8 MiB of memory" { "$PARTS/quick/quick_libc" full; }
@test "the last block of the quick way grows where it is" { "$PARTS/quick/quick_libc" growth; }
@test "the quick way copies bytes" { "$PARTS/quick/quick_libc" copies; }
@test "the quick way compares and finds bytes" { "$PARTS/quick/quick_libc" compared; }
@test "the quick way searches strings" { "$PARTS/quick/quick_libc" strings; }
@test "the quick way leaves formatted text to the program" { "$PARTS/quick/quick_libc" format; }
@test "the quick way finds variables by their whole names" { "$PARTS/quick/quick_libc" variables; }
@test "the quick way knows its process" { "$PARTS/quick/quick_libc" process; }
@test "the quick way finds no path of a directory that is outside of the root" { "$PARTS/quick/quick_libc" outside; }
@test "the quick way uses descriptors" { "$PARTS/quick/quick_libc" descriptors; }
@test "the quick way uses sockets" { "$PARTS/quick/quick_libc" sockets; }
