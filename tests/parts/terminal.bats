#!/usr/bin/env bats
# Terminals: their sequences, and the kernel's side of one.

load ../cli/helpers

@test "each byte of a terminal's output belongs to text or to a sequence" { "$PARTS/terminal/terminal" steps; }
@test "the beginning of a long sequence is kept" { "$PARTS/terminal/terminal" long-middle; }
@test "a sequence that asks, clears, moves or sets colours is known" { "$PARTS/terminal/terminal" meanings; }
@test "the settings of a terminal can be made again and undone" { "$PARTS/terminal/terminal" settings; }
@test "the replay of a screen asks nothing, and ends with the settings" { "$PARTS/terminal/terminal" replays; }
@test "the replay of a long output begins with a line" { "$PARTS/terminal/terminal" long-replays; }
@test "each reader of a terminal's output follows it, or is told that bytes are lost" {
  "$PARTS/terminal/terminal" readers
}
@test "a terminal of a thread has the settings of a new one, and a size" {
  "$PARTS/terminal/terminal" pairs
  "$PARTS/terminal/terminal" nobodys
}
