#!/usr/bin/env bats
# Machines: the way to one, its agent, and the link with its channels.

load ../cli/helpers

@test "each side of the connection to a machine shows that it lives" { "$PARTS/remote/link" lives; }
@test "a connection to a machine is cut after ten seconds of silence" { "$PARTS/remote/link" silent; }
@test "a client that cannot be watched is refused, and so is a pipe" { "$PARTS/remote/link" files; }
@test "a connection to a machine is cut when there is no memory for its bytes" { "$PARTS/remote/link" memory; }
@test "each frame that breaks the rules cuts the connection" { "$PARTS/remote/link" rules; }
@test "the end of either pipe cuts the connection, and so does an error" {
  "$PARTS/remote/link" pipes
  "$PARTS/remote/link" error
}
@test "bytes that end in the middle of a line are followed by its end, and others by nothing" {
  "$PARTS/remote/link" lines
}
@test "while the other side reads nothing, about a megabyte waits for it, and nothing is lost" {
  "$PARTS/remote/link" full
}
@test "a client that takes no more bytes is closed on the other side" { "$PARTS/remote/link" broken; }

@test "the bytes of a channel go both ways, until both sides have ended" { "$PARTS/remote/channels" both-ways; }
@test "a channel that has ended in one direction goes on in the other" { "$PARTS/remote/channels" half; }
@test "a wake-up without bytes changes nothing in a channel or a connection" { "$PARTS/remote/channels" no-reason; }
@test "each channel of a connection has its own number and its own bytes" { "$PARTS/remote/channels" channels; }
@test "a run and its agent number the channels that they open differently" { "$PARTS/remote/channels" numbers; }
@test "a channel that cannot be opened is closed at once" { "$PARTS/remote/channels" refused; }
@test "no more bytes of a channel are sent than the other side has room for" { "$PARTS/remote/channels" credit; }
@test "the other side cannot give more credit than was used" { "$PARTS/remote/channels" unused-credit; }
@test "credit is given for the bytes that a client has read" { "$PARTS/remote/channels" giving-credit; }
@test "a frame is taken when all of it has come" { "$PARTS/remote/channels" largest; }
@test "a channel that has ended in both directions is gone when its client has read all" {
  "$PARTS/remote/channels" last
}
@test "a channel that is closed keeps no bytes" { "$PARTS/remote/channels" memory; }
@test "a single byte waits for a client that takes no more" { "$PARTS/remote/channels" byte; }
@test "a side that sends more than there is room for is cut off" { "$PARTS/remote/channels" window; }

@test "a list of machines has names and slots, and each mistake in it is named" { "$PARTS/remote/hosts" lists; }
@test "a list of machines may come from standard input" { "$PARTS/remote/hosts" input; }
@test "a list of machines that does not fit into memory is refused" { "$PARTS/remote/hosts" memory; }
@test "an agent is the same program, or the same version for another processor" { "$PARTS/remote/hosts" suits; }
@test "the sum of the program that is sent is that of cksum" { "$PARTS/remote/hosts" sums; }
@test "a program is known by its bytes, its processor and its version" { "$PARTS/remote/hosts" words; }
@test "the program that is sent is what is loaded" {
  "$PARTS/remote/hosts" image
  "$PARTS/remote/program_image" loaded
}
@test "the script for a machine becomes the program, which is sent if it is not there" {
  "$PARTS/remote/hosts" script
  "$PARTS/remote/hosts" own-path
}

@test "a program that cannot be read is not sent" {
  "$PARTS/remote/program_image" refused
  "$PARTS/remote/program_image" processor
}
@test "each bit of the program that is sent counts for its name" { "$PARTS/remote/program_image" bits; }

@test "each loss of a machine has its reason" { "$PARTS/remote/host_way" reasons; }
@test "the processor of a machine that cannot run the program is named" { "$PARTS/remote/host_way" processor; }
@test "a line that is older than five seconds does not explain the loss of a machine" { "$PARTS/remote/host_way" old; }
@test "a machine that has not answered for ten seconds is named once, and the next machine is reached" {
  "$PARTS/remote/host_way" silence
}
@test "a command that has closed its output has a second to end" { "$PARTS/remote/host_way" closed; }
@test "a lost machine is vacant after a second, or after its lease if it was silent" {
  "$PARTS/remote/host_way" vacant
}
@test "the clients of a machine are served while its agent is up" {
  "$PARTS/remote/host_way" clients
  "$PARTS/remote/host_loss" clients
  "$PARTS/remote/host_loss" listen
}

@test "a command that reads nothing more has a second to end" { "$PARTS/remote/host_loss" input; }
@test "the messages of a machine's command come in any pieces" { "$PARTS/remote/host_loss" messages; }
@test "other processes that hold the pipes of a machine's command do not keep the machine" {
  "$PARTS/remote/host_loss" held
}
@test "a machine whose connection is cut or cannot begin is lost" { "$PARTS/remote/host_loss" cut; }
@test "a command whose agent is up ends by itself, and another one is told to end" { "$PARTS/remote/host_loss" end; }
@test "what a machine does not take at once is sent later" { "$PARTS/remote/host_loss" pieces; }
@test "lines that are not for the run are passed over" { "$PARTS/remote/host_loss" noise; }
@test "an error of a pipe to a machine is the reason for its loss" { "$PARTS/remote/host_loss" errors; }

@test "a client of a machine's socket is given to the agent's supervisor if it asks to be attached, else to the run" {
  "$PARTS/remote/caller" first
  "$PARTS/remote/caller" half
  "$PARTS/remote/caller" long
  "$PARTS/remote/caller" gone
  "$PARTS/remote/caller" no-bytes
  "$PARTS/remote/caller" failures
}

@test "the command that reaches a machine has pipes, is set up as by a shell, and ends with the run" {
  "$PARTS/remote/host_command" streams
  "$PARTS/remote/host_command" set-up
  "$PARTS/remote/host_command" failures
  "$PARTS/remote/host_command" death
}
@test "the title of a process takes the place of its command line" { "$PARTS/remote/host_command" title; }

@test "each machine gets a script of its own, and the program if it can run there" {
  "$PARTS/remote/host_script" scripts
  "$PARTS/remote/host_script" unreadable
  "$PARTS/remote/host_script" program
}

@test "an agent has the /proc of its own process namespace, or says why not" {
  "$PARTS/remote/own_proc" own
  "$PARTS/remote/own_proc" replaced
  "$PARTS/remote/own_proc" refused
}

@test "the carrier tells the supervisor which machine is lost, and why" { "$PARTS/remote/carrier" lost; }
@test "the carrier has a session of its own, and ends with the run's supervisor and at SIGTERM" {
  "$PARTS/remote/carrier" process
  "$PARTS/remote/carrier" later
  "$PARTS/remote/carrier" failures
}
@test "the carrier ends when the run's supervisor takes no more news" { "$PARTS/remote/carrier" broken; }
@test "the carrier passes what its clients send on to the machine" { "$PARTS/remote/carrier" clients; }
@test "at most 64 machines that have not answered are reached at a time" { "$PARTS/remote/carrier" many; }

@test "an agent ends with its link, at a signal and with its supervisor, and leaves no directory" {
  "$PARTS/remote/agent" link
  "$PARTS/remote/agent" silent
  "$PARTS/remote/agent" accept
  "$PARTS/remote/agent" signals
  "$PARTS/remote/agent" supervisor
  "$PARTS/remote/agent" failures
}
