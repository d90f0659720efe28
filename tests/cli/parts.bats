#!/usr/bin/env bats
# Parts of the program that know no threads, alone: see tests/cli/text.c and tests/cli/regex.c.

load helpers

@test "times are read, and nothing else for one" { "$HELPERS/text" durations-read; }
@test "times are written in two units at the most" { "$HELPERS/text" durations-written; }
@test "numbers and seconds are written to the last digit that counts" { "$HELPERS/text" numbers; }
@test "a text grows, and says when it cannot" { "$HELPERS/text" growth; }
@test "words are shown so that a terminal is not confused, and quoted so that a shell reads them" {
  "$HELPERS/text" words
}
@test "what is UTF-8 and what is not" { "$HELPERS/text" characters; }
@test "how many columns a text takes" { "$HELPERS/text" columns; }
@test "base64 has one text for each run of bytes" { "$HELPERS/text" base64; }
@test "strings are written as JSON has them" { "$HELPERS/text" strings; }
@test "a line with a table in it says what the parser says" { "$HELPERS/text" tables; }

@test "expressions: each form" { "$HELPERS/regex" forms; }
@test "expressions: how often" { "$HELPERS/regex" repetitions; }
@test "expressions: what is none, and what is too large" { "$HELPERS/regex" refused; }
@test "expressions: the same as the C library's" { "$HELPERS/regex" library; }

@test "every case of these programs is run here" {
  for program in text regex mailbox tree; do
    for name in $("$HELPERS/$program"); do
      grep -qE "HELPERS/$program\" $name( |;|\$)" "$BATS_TEST_DIRNAME"/*.bats || echo "$program $name"
    done
  done >left-out
  is "$(cat left-out)" ''
}
