#!/usr/bin/env bats
# The connection between a run and a machine: tests/cli/link.c is the other side, and sets the clock. host_way.c is the
# command that reaches a machine. hosts.c tests the list of machines and the program that is sent to them.

load helpers

@test "each side of the connection to a machine shows that it lives" { "$HELPERS/link" lives; }
@test "a connection to a machine is cut after ten seconds of silence" { "$HELPERS/link" silent; }
@test "the bytes of a channel go both ways, until both sides have ended" { "$HELPERS/channels" both-ways; }
@test "a channel that has ended in one direction goes on in the other" { "$HELPERS/channels" half; }
@test "a wake-up without bytes changes nothing in a channel or a connection" { "$HELPERS/channels" no-reason; }
@test "a client that cannot be watched is refused, and so is a pipe" { "$HELPERS/link" files; }
@test "each channel of a connection has its own number and its own bytes" { "$HELPERS/channels" channels; }
@test "a run and its agent number the channels that they open differently" { "$HELPERS/channels" numbers; }
@test "a channel that cannot be opened is closed at once" { "$HELPERS/channels" refused; }
@test "no more bytes of a channel are sent than the other side has room for" { "$HELPERS/channels" credit; }
@test "the other side cannot give more credit than was used" { "$HELPERS/channels" unused-credit; }
@test "credit is given for the bytes that a client has read" { "$HELPERS/channels" giving-credit; }
@test "a frame is taken when all of it has come" { "$HELPERS/channels" largest; }
@test "a channel that has ended in both directions is gone when its client has read all" { "$HELPERS/channels" last; }
@test "a channel that is closed keeps no bytes" { "$HELPERS/channels" memory; }
@test "a connection to a machine is cut when there is no memory for its bytes" { "$HELPERS/link" memory; }
@test "a single byte waits for a client that takes no more" { "$HELPERS/channels" byte; }
@test "a side that sends more than there is room for is cut off" { "$HELPERS/channels" window; }
@test "each frame that breaks the rules cuts the connection" { "$HELPERS/link" rules; }
@test "the end of either pipe cuts the connection, and so does an error" {
  "$HELPERS/link" pipes
  "$HELPERS/link" error
}
@test "bytes that end in the middle of a line are followed by its end, and others by nothing" { "$HELPERS/link" lines; }
@test "while the other side reads nothing, about a megabyte waits for it, and nothing is lost" { "$HELPERS/link" full; }
@test "a client that takes no more bytes is closed on the other side" { "$HELPERS/link" broken; }

@test "a list of machines has names and slots, and each mistake in it is named" { "$HELPERS/hosts" lists; }
@test "a list of machines may come from standard input" { "$HELPERS/hosts" input; }
@test "a list of machines that does not fit into memory is refused" { "$HELPERS/hosts" memory; }
@test "an agent is the same program, or the same version for another processor" { "$HELPERS/hosts" suits; }
@test "the sum of the program that is sent is that of cksum" { "$HELPERS/hosts" sums; }
@test "a program is known by its bytes, its processor and its version" { "$HELPERS/hosts" words; }
@test "the program that is sent is what is loaded" {
  "$HELPERS/hosts" image
  "$HELPERS/program_image" loaded
}
@test "the script for a machine becomes the program, which is sent if it is not there" {
  "$HELPERS/hosts" script
  "$HELPERS/hosts" own-path
}
@test "a program that cannot be read is not sent" {
  "$HELPERS/program_image" refused
  "$HELPERS/program_image" processor
}
@test "each bit of the program that is sent counts for its name" { "$HELPERS/program_image" bits; }

@test "each loss of a machine has its reason" { "$HELPERS/host_way" reasons; }
@test "the processor of a machine that cannot run the program is named" { "$HELPERS/host_way" processor; }
@test "a line that is older than five seconds does not explain the loss of a machine" { "$HELPERS/host_way" old; }
@test "a machine that has not answered for ten seconds is named once, and the next machine is reached" {
  "$HELPERS/host_way" silence
}
@test "a command that has closed its output has a second to end" { "$HELPERS/host_way" closed; }
@test "a lost machine is vacant after a second, or after its lease if it was silent" { "$HELPERS/host_way" vacant; }
@test "the clients of a machine are served while its agent is up" {
  "$HELPERS/host_way" clients
  "$HELPERS/host_loss" clients
  "$HELPERS/host_loss" listen
}
@test "a command that reads nothing more has a second to end" { "$HELPERS/host_loss" input; }
@test "the messages of a machine's command come in any pieces" { "$HELPERS/host_loss" messages; }
@test "other processes that hold the pipes of a machine's command do not keep the machine" {
  "$HELPERS/host_loss" held
}
@test "a machine whose connection is cut or cannot begin is lost" { "$HELPERS/host_loss" cut; }
@test "a command whose agent is up ends by itself, and another one is told to end" { "$HELPERS/host_loss" end; }
@test "what a machine does not take at once is sent later" { "$HELPERS/host_loss" pieces; }
@test "lines that are not for the run are passed over" { "$HELPERS/host_loss" noise; }
@test "an error of a pipe to a machine is the reason for its loss" { "$HELPERS/host_loss" errors; }

@test "a client of a machine's socket is given to the agent's supervisor if it asks to be attached, else to the run" {
  "$HELPERS/caller" first
  "$HELPERS/caller" half
  "$HELPERS/caller" long
  "$HELPERS/caller" gone
  "$HELPERS/caller" no-bytes
  "$HELPERS/caller" failures
}
@test "the command that reaches a machine has pipes, is set up as by a shell, and ends with the run" {
  "$HELPERS/host_command" streams
  "$HELPERS/host_command" set-up
  "$HELPERS/host_command" failures
  "$HELPERS/host_command" death
}
@test "each machine gets a script of its own, and the program if it can run there" {
  "$HELPERS/host_script" scripts
  "$HELPERS/host_script" unreadable
  "$HELPERS/host_script" program
}
@test "an agent has the /proc of its own process namespace, or says why not" {
  "$HELPERS/own_proc" own
  "$HELPERS/own_proc" replaced
  "$HELPERS/own_proc" refused
}
@test "the title of a process takes the place of its command line" { "$HELPERS/host_command" title; }
@test "the carrier tells the supervisor which machine is lost, and why" { "$HELPERS/carrier" lost; }
@test "the carrier has a session of its own, and ends with the run's supervisor and at SIGTERM" {
  "$HELPERS/carrier" process
  "$HELPERS/carrier" later
  "$HELPERS/carrier" failures
}
@test "the carrier ends when the run's supervisor takes no more news" { "$HELPERS/carrier" broken; }
@test "the carrier passes what its clients send on to the machine" { "$HELPERS/carrier" clients; }
@test "at most 64 machines that have not answered are reached at a time" { "$HELPERS/carrier" many; }
@test "an agent ends with its link, at a signal and with its supervisor, and leaves no directory" {
  "$HELPERS/agent" link
  "$HELPERS/agent" silent
  "$HELPERS/agent" accept
  "$HELPERS/agent" signals
  "$HELPERS/agent" supervisor
  "$HELPERS/agent" failures
}
