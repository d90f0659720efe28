#!/usr/bin/env bats
# The client, and commands, with a supervisor that the test plays: see request.c, client.c, feed.c and played.h here.

load helpers

@test "a request has the members that the caller asked for, and no others" {
  "$HELPERS/request" raises
  "$HELPERS/request" ids
  "$HELPERS/request" starts
  "$HELPERS/request" surroundings
}
@test "requests are numbered, and sent in their order" { "$HELPERS/client" numbers; }
@test "each reply finds its request, and notifications are told in their order" { "$HELPERS/client" replies; }
@test "an error for no request is the failure of all that wait" { "$HELPERS/client" refused; }
@test "each error of a reply has an exit status" { "$HELPERS/client" errors; }
@test "a reply that is none ends the connection" { "$HELPERS/client" garbage; }
@test "a supervisor that had read a request went away; if it had not, there was none" { "$HELPERS/client" lost; }
@test "a client gives up a reply that comes too late" { "$HELPERS/client" late; }
@test "another machine is asked for a sign of life once, behind the first request" { "$HELPERS/client" host; }
@test "a request of the quick way is not sent twice" { "$HELPERS/client" adopted; }
@test "a long request is sent in pieces" { "$HELPERS/client" long; }
@test "a request longer than 8 MiB is refused, and those before it are kept" { "$HELPERS/client" too-long; }
@test "a client sends while it waits for a reply" { "$HELPERS/client" both; }
@test "a client waits if the kernel cannot take a request now, and ends the connection on other errors" {
  "$HELPERS/client" socket
}

@test "a log that comes through a connection has its bytes, runs, times and end" { "$HELPERS/feed" follow; }
@test "a log that comes through a connection begins where the user wishes" { "$HELPERS/feed" wishes; }
@test "a client asks for more of a log while pieces are large, and keeps the first failure" { "$HELPERS/feed" behind; }

@test "list asks for what its options say, and prints the reply" { "$HELPERS/commands" list; }
@test "raise asks for each form of a raise, and --wait tells what did not end" { "$HELPERS/commands" raise; }
@test "restart asks for all threads at once, and the first failure gives its status" { "$HELPERS/commands" restart; }
@test "slots prints the limit, and accepts no number that makes no sense" { "$HELPERS/commands" slots; }
@test "clear asks for all ended threads, or for those that are named" { "$HELPERS/commands" clear; }
@test "watch has a line for each kind of event" { "$HELPERS/commands" watch; }
@test "watch shows each event as it comes, and ends when nobody reads it" { "$HELPERS/commands" watch-waits; }
@test "join has the first status in the given order, and says why a thread did not end well" { "$HELPERS/joins" join; }
@test "send sends whole lines, and says how many bytes were not taken" {
  "$HELPERS/joins" send
  "$HELPERS/joins" input
}
@test "logs prints what a log holds now" { "$HELPERS/shown_logs" logs; }
@test "logs with a pattern prints the logs of all threads, one after the other" { "$HELPERS/shown_logs" logs-of-all; }
@test "an output without a reader, a full one, and the log itself end a command" { "$HELPERS/shown_logs" outputs; }
@test "logs prints a log of another machine in pieces, up to its end" { "$HELPERS/far_logs" far-logs; }
@test "logs --follow prints new output at once, also of a log that was replaced" { "$HELPERS/followed_logs" follow; }
@test "logs --follow with a pattern takes in new threads and new runs" { "$HELPERS/followed_logs" follow-all; }
@test "start --wait passes output, input and signals on, and ends as the command did" {
  "$HELPERS/start_wait" start-wait
  "$HELPERS/start_wait" poll
}
@test "the options of start are asked for as they are given, or refused with a reason" {
  "$HELPERS/start_words" options
  "$HELPERS/start_words" variables
  "$HELPERS/start_words" outputs
  "$HELPERS/start_words" inputs
  "$HELPERS/start_words" memory
}
@test "start --tty gives the size and the type of this terminal" { "$HELPERS/start_words" terminal; }
@test "start prints an id, and asks the next supervisor if one has ended" {
  "$HELPERS/start_ways" plain
  "$HELPERS/start_ways" gone
  "$HELPERS/start_ways" sent
}
@test "start needs the current directory for relative paths alone" { "$HELPERS/start_ways" directory; }
@test "the starts of a chain are not waited for" { "$HELPERS/start_ways" chained; }
@test "start --wait that cannot take signals or its input fails with 125" { "$HELPERS/start_ways" wait; }
@test "start --wait joins the thread that a terminal was attached to" { "$HELPERS/start_ways" attach; }
@test "shutdown waits for both processes of the supervisor, and shows which threads it waits for" {
  "$HELPERS/shutdowns" processes
  "$HELPERS/shutdowns" terminal
}
@test "shutdown that fails says why" { "$HELPERS/shutdowns" failures; }
@test "attach shows output, sends keys, follows signals, and leaves the terminal as it was" {
  "$HELPERS/attached" attach
  "$HELPERS/attached" attach-self
}
@test "attach leaves a terminal as it was, also one that is stopped, gone, or full of keys" {
  "$HELPERS/attached" terminals
  "$HELPERS/attached" terminals-fail
}
@test "start --wait --tty attaches, and the user can leave" { "$HELPERS/attached" start-attach; }
@test "completion offers the supervisors and the machines that the user's files name" { "$HELPERS/completed_places" places; }
@test "completion offers what can stand at the cursor" { "$HELPERS/completed" words; }
@test "completion offers the threads and the exceptions that the command takes" { "$HELPERS/completed" threads; }
@test "logs --follow goes on with a log that was removed and made again" { "$HELPERS/followed_logs" removed; }
@test "a session that asked for completions keeps no connection" { "$HELPERS/completed" released; }

@test "a client asks a supervisor whose socket was removed to put it back" { "$HELPERS/launches" connect; }
@test "a place is taken by one supervisor, whose descriptors are above those of a new process" {
  "$HELPERS/launches" claim
}
@test "a supervisor begins in a session of its own, with three descriptors of its starter at most" {
  "$HELPERS/launches" start
  "$HELPERS/launches" own
}
@test "a supervisor that cannot begin leaves no socket, no process and no descriptor" {
  "$HELPERS/launches" no-start
}
@test "supervise takes the place, or gets it from its starter" {
  "$HELPERS/supervises" claim
  "$HELPERS/supervises" given
  "$HELPERS/supervises" settings
}
@test "supervise tells an init system that clients can connect" { "$HELPERS/supervises" notify; }

@test "ssh runs for the name of a host, with its own signals and without the terminal of a silent client" {
  "$HELPERS/by_ssh" names
  "$HELPERS/by_ssh" run
}
@test "an ssh that still connects, or serves others, ends as it should" { "$HELPERS/by_ssh" asked; }
@test "an ssh that cannot be run leaves no process and no descriptor" { "$HELPERS/by_ssh" fails; }
@test "ssh does not make the error output of its client non-blocking" { "$HELPERS/by_ssh" errors; }
@test "the end of a connection to a host is told by the end of ssh" { "$HELPERS/by_ssh" told; }

@test "all signals that would end a command are taken, and their copies are dropped" {
  "$HELPERS/own_signals" taken
  "$HELPERS/own_signals" lacks
  "$HELPERS/own_signals" copies
}
@test "a command ends itself by the signal that ended its work" { "$HELPERS/own_signals" end; }
@test "the first signal asks a thread to end, and a second one kills it" { "$HELPERS/own_signals" passed; }

@test "the bytes of a connection are sent and read whole, up to a limit" {
  "$HELPERS/wires" queued
  "$HELPERS/wires" waits
  "$HELPERS/wires" limit
}
@test "proxy passes requests on, behind the surroundings of the commands" { "$HELPERS/proxies" passed; }
@test "proxy does not read a line that never ends" { "$HELPERS/proxies" endless; }
@test "proxy replies for a supervisor that is not there, or has just ended" {
  "$HELPERS/proxies" absent
  "$HELPERS/proxies" ended
}
@test "a log that comes through a connection may be malformed, or lose the connection" {
  "$HELPERS/feed" unkept
  "$HELPERS/feed" lost
}

@test "logs --follow of a pattern reads the logs of new runs again, also from another machine" {
  "$HELPERS/lost_logs" again
  "$HELPERS/lost_logs" replaced
}
@test "logs --follow of a pattern tells what fails, and looks at logs that it cannot watch" {
  "$HELPERS/lost_logs" feeds
  "$HELPERS/lost_logs" unread
  "$HELPERS/lost_logs" sources
  "$HELPERS/lost_logs" unwatched
}

@test "logs --follow finds logs whose directory was moved or removed, and sleeps without a limit otherwise" {
  "$HELPERS/moved_logs" moved
  "$HELPERS/moved_logs" gone
  "$HELPERS/moved_logs" others
  "$HELPERS/moved_logs" sleep
}
@test "logs --follow of a pattern shows a run that prints nothing, and needs memory for each thread" {
  "$HELPERS/moved_logs" runs
  "$HELPERS/moved_logs" memory
}

@test "the options of the program stand before the command" { "$HELPERS/usages" program; }
@test "help is shown on standard output, and mistakes are told with its name" {
  "$HELPERS/usages" help
  "$HELPERS/usages" script
  "$HELPERS/usages" memory
}
@test "all commands and options are listed" {
  "$HELPERS/usages" commands
  "$HELPERS/usages" options
}
@test "a command finds its place and its supervisor before it works, or says why not" {
  "$HELPERS/usages" steps
  "$HELPERS/usages" hosts
}
