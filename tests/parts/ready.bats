#!/usr/bin/env bats
# The probes that find out whether a command is ready.

load ../cli/helpers

@test "each form of an expression matches what it should" { "$PARTS/ready/regex" forms; }
@test "a repetition in an expression matches as often as it should" { "$PARTS/ready/regex" repetitions; }
@test "an expression that is malformed or too large is refused" { "$PARTS/ready/regex" refused; }
@test "expressions match the same texts as the C library's" { "$PARTS/ready/regex" library; }
@test "a long expression is whole" { "$PARTS/ready/regex" long; }
@test "an expression that is refused leaves no memory" { "$PARTS/ready/regex" leak; }

@test "a probe reads addresses, with and without a port" { "$PARTS/ready/probes" addresses; }
@test "the hosts of addresses are compared, also of IPv4 in IPv6" { "$PARTS/ready/probes" hosts; }
@test "each probe that is wrong is refused with its reason" { "$PARTS/ready/probes" specs; }
@test "join --until refuses the probes that a command gets when it starts" { "$PARTS/ready/probes" later; }
@test "the pauses between tries double up to a second" { "$PARTS/ready/probes" pauses; }
@test "a connection that is accepted is an answer, at each address of localhost" { "$PARTS/ready/probes" tcp; }
@test "a socket of the file system is an answer when a server listens there" { "$PARTS/ready/probes" unix; }
@test "an http probe sends its path and its host" { "$PARTS/ready/probes" request; }
@test "each status of an HTTP server is an answer, or none" { "$PARTS/ready/probes" statuses; }
@test "an HTTP server that ends its answer early is asked again" { "$PARTS/ready/probes" early-end; }
@test "a line on the descriptor is an answer, and its end is none" { "$PARTS/ready/probes" descriptor; }

@test "a server that answers before the command runs is named, at whatever address it listens" {
  "$PARTS/ready/connections" strangers
}
@test "of several servers the one whose address fits best is named" {
  "$PARTS/ready/connections" best
  "$PARTS/ready/connections" command-line
  "$PARTS/ready/connections" title
  "$PARTS/ready/connections" gone
  "$PARTS/ready/connections" unix
}
@test "a web server has a second to answer before the command runs" { "$PARTS/ready/connections" http-stranger; }
@test "a connection may take five seconds, and none leads to the probe itself" {
  "$PARTS/ready/connections" slow
  "$PARTS/ready/connecting" at-once
  "$PARTS/ready/connections" self
  "$PARTS/ready/connections" no-descriptor
}
@test "a web server has five seconds to answer, and is asked again when it breaks off" {
  "$PARTS/ready/connections" slow-http
  "$PARTS/ready/connections" reset
  "$PARTS/ready/connections" unsent
}

@test "the status of a check's command decides, within five seconds" {
  "$PARTS/ready/check_command" status
  "$PARTS/ready/check_command" time
}
@test "what a check leaves is ended before its result counts" { "$PARTS/ready/check_command" left; }

@test "each line of a notification counts, up to 4,096 bytes" { "$PARTS/ready/notify" lines; }
@test "the notifications that wait are read at once, and no descriptor is kept" {
  "$PARTS/ready/notify" waiting
  "$PARTS/ready/notify" unbound
}
@test "a notification counts if a process of the thread has sent it" {
  "$PARTS/ready/notify" threads
  "$PARTS/ready/notify" users
  "$PARTS/ready/notify" namespaces
}

@test "a whole line behind the output so far is an answer" { "$PARTS/ready/output_lines" lines; }
@test "only the log of a file is read, and a lack of memory ends no look" {
  "$PARTS/ready/output_lines" file
  "$PARTS/ready/output_lines" no-memory
}
@test "a file is looked at when it has changed" { "$PARTS/ready/output_lines" watched; }
@test "the last line of a command that has ended needs no newline" { "$PARTS/ready/output_lines" last-line; }
@test "a line of more than 4,096 bytes is matched in parts" { "$PARTS/ready/output_lines" long-line; }
