#!/usr/bin/env bats
# The commands, with a supervisor that the test plays: what they send, what they say, and their statuses.

load ../cli/helpers

@test "another key behind ^\\ is dropped as a whole, in whatever pieces the keys come" {
  "$PARTS/commands/detach" pieces
}
@test "a key that has begun is whole after a pause" { "$PARTS/commands/detach" pause; }
@test "a sequence longer than any key does not stop the keys" { "$PARTS/commands/detach" endless; }

@test "a command without a slash is looked for in PATH, and must be a file that may be executed" {
  "$PARTS/commands/executable" path
}
@test "a command with a slash is not looked for in PATH" { "$PARTS/commands/executable" slash; }
@test "the command that a script started last is not looked for again" { "$PARTS/commands/executable" last; }

@test "a relay passes what was read before and what comes, both ways" { "$PARTS/commands/relay" both-ways; }
@test "a relay's input is read up to its end, and bytes can be put in front of it" {
  "$PARTS/commands/relay" input
  "$PARTS/commands/relay" long-input
}
@test "a relay loses no byte of much that passes at once" { "$PARTS/commands/relay" much; }
@test "a relay notes that the supervisor has closed its socket unread" {
  "$PARTS/commands/relay" cut
  "$PARTS/commands/relay" cut-before-request
}
@test "a relay passes on the reply that a supervisor sent before it closed its socket" {
  "$PARTS/commands/relay" cut-after-reply
}
@test "a relay ends when its reader has gone" { "$PARTS/commands/relay" no-reader; }
@test "a relay gives up the last reply if it is not read in time" { "$PARTS/commands/relay" cut-unread; }
@test "a relay passes each request on at once, in the pieces that the socket takes" {
  "$PARTS/commands/relay" no-wait
  "$PARTS/commands/relay" pieces
  "$PARTS/commands/relay" held
}
@test "a relay sleeps while nothing comes, and waits for a reply after the end of its input" {
  "$PARTS/commands/relay" sleep
}

@test "list asks for what its options say, and prints the reply" { "$PARTS/commands/commands" list; }
@test "raise asks for each form of a raise, and --wait tells what did not end" { "$PARTS/commands/commands" raise; }
@test "restart asks for all threads at once, and the first failure gives its status" {
  "$PARTS/commands/commands" restart
}
@test "slots prints the limit, and accepts no number that makes no sense" { "$PARTS/commands/commands" slots; }
@test "clear asks for all ended threads, or for those that are named" { "$PARTS/commands/commands" clear; }
@test "watch has a line for each kind of event" { "$PARTS/commands/commands" watch; }
@test "watch shows each event as it comes, and ends when nobody reads it" { "$PARTS/commands/commands" watch-waits; }

@test "join has the first status in the given order, and says why a thread did not end well" {
  "$PARTS/commands/joins" join
}
@test "send sends whole lines, and says how many bytes were not taken" {
  "$PARTS/commands/joins" send
  "$PARTS/commands/joins" input
}

@test "logs prints what a log holds now" { "$PARTS/commands/shown_logs" logs; }
@test "logs with a pattern prints the logs of all threads, one after the other" {
  "$PARTS/commands/shown_logs" logs-of-all
}
@test "an output without a reader, a full one, and the log itself end a command" {
  "$PARTS/commands/shown_logs" outputs
}

@test "logs prints a log of another machine in pieces, up to its end" { "$PARTS/commands/far_logs" far-logs; }

@test "logs --follow prints new output at once, also of a log that was replaced" {
  "$PARTS/commands/followed_logs" follow
}
@test "logs --follow with a pattern takes in new threads and new runs" { "$PARTS/commands/followed_logs" follow-all; }
@test "logs --follow goes on with a log that was removed and made again" { "$PARTS/commands/followed_logs" removed; }

@test "start --wait passes output, input and signals on, and ends as the command did" {
  "$PARTS/commands/start_wait" start-wait
  "$PARTS/commands/start_wait" poll
}

@test "the options of start are asked for as they are given, or refused with a reason" {
  "$PARTS/commands/start_words" options
  "$PARTS/commands/start_words" variables
  "$PARTS/commands/start_words" outputs
  "$PARTS/commands/start_words" inputs
  "$PARTS/commands/start_words" memory
}
@test "start --tty gives the size and the type of this terminal" { "$PARTS/commands/start_words" terminal; }

@test "start prints an id, and asks the next supervisor if one has ended" {
  "$PARTS/commands/start_ways" plain
  "$PARTS/commands/start_ways" gone
  "$PARTS/commands/start_ways" sent
}
@test "start needs the current directory for relative paths alone" { "$PARTS/commands/start_ways" directory; }
@test "the starts of a chain are not waited for" { "$PARTS/commands/start_ways" chained; }
@test "start --wait that cannot take signals or its input fails with 125" { "$PARTS/commands/start_ways" wait; }
@test "start --wait joins the thread that a terminal was attached to" { "$PARTS/commands/start_ways" attach; }

@test "shutdown waits for both processes of the supervisor, and shows which threads it waits for" {
  "$PARTS/commands/shutdowns" processes
  "$PARTS/commands/shutdowns" terminal
}
@test "shutdown that fails says why" { "$PARTS/commands/shutdowns" failures; }

@test "attach shows output, sends keys, follows signals, and leaves the terminal as it was" {
  "$PARTS/commands/attached" attach
  "$PARTS/commands/attached" attach-self
}
@test "attach leaves a terminal as it was, also one that is stopped, gone, or full of keys" {
  "$PARTS/commands/attached" terminals
  "$PARTS/commands/attached" terminals-fail
}
@test "start --wait --tty attaches, and the user can leave" { "$PARTS/commands/attached" start-attach; }

@test "completion offers the supervisors and the machines that the user's files name" {
  "$PARTS/commands/completed_places" places
}

@test "completion offers what can stand at the cursor" { "$PARTS/commands/completed" words; }
@test "completion offers the threads and the exceptions that the command takes" { "$PARTS/commands/completed" threads; }
@test "a session that asked for completions keeps no connection" { "$PARTS/commands/completed" released; }

@test "supervise takes the place, or gets it from its starter" {
  "$PARTS/commands/supervises" claim
  "$PARTS/commands/supervises" given
  "$PARTS/commands/supervises" settings
}
@test "supervise tells an init system that clients can connect" { "$PARTS/commands/supervises" notify; }

@test "all signals that would end a command are taken, and their copies are dropped" {
  "$PARTS/commands/own_signals" taken
  "$PARTS/commands/own_signals" lacks
  "$PARTS/commands/own_signals" copies
}
@test "a command ends itself by the signal that ended its work" { "$PARTS/commands/own_signals" end; }
@test "the first signal asks a thread to end, and a second one kills it" { "$PARTS/commands/own_signals" passed; }

@test "proxy passes requests on, behind the surroundings of the commands" { "$PARTS/commands/proxies" passed; }
@test "proxy does not read a line that never ends" { "$PARTS/commands/proxies" endless; }
@test "proxy replies for a supervisor that is not there, or has just ended" {
  "$PARTS/commands/proxies" absent
  "$PARTS/commands/proxies" ended
}

@test "logs --follow of a pattern reads the logs of new runs again, also from another machine" {
  "$PARTS/commands/lost_logs" again
  "$PARTS/commands/lost_logs" replaced
}
@test "logs --follow of a pattern tells what fails, and looks at logs that it cannot watch" {
  "$PARTS/commands/lost_logs" feeds
  "$PARTS/commands/lost_logs" unread
  "$PARTS/commands/lost_logs" sources
  "$PARTS/commands/lost_logs" unwatched
}

@test "logs --follow finds logs whose directory was moved or removed, and sleeps without a limit otherwise" {
  "$PARTS/commands/moved_logs" moved
  "$PARTS/commands/moved_logs" gone
  "$PARTS/commands/moved_logs" others
  "$PARTS/commands/moved_logs" sleep
}
@test "logs --follow of a pattern shows a run that prints nothing, and needs memory for each thread" {
  "$PARTS/commands/moved_logs" runs
  "$PARTS/commands/moved_logs" memory
}

@test "the options of the program stand before the command" { "$PARTS/commands/usages" program; }
@test "help is shown on standard output, and mistakes are told with its name" {
  "$PARTS/commands/usages" help
  "$PARTS/commands/usages" script
  "$PARTS/commands/usages" memory
}
@test "all commands and options are listed" {
  "$PARTS/commands/usages" commands
  "$PARTS/commands/usages" options
}
@test "a command finds its place and its supervisor before it works, or says why not" {
  "$PARTS/commands/usages" steps
  "$PARTS/commands/usages" hosts
}
