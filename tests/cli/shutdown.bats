#!/usr/bin/env bats
# shutdown: the supervisor ends as a process ends.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# Notes the supervisor's processes, for refute_supervisor.
note_supervisor() {
  supervisor=$(supervisor_pid)
  guardian=$(guardian_pid)
}

# Nothing of it is left, right now.
refute_supervisor() {
  refute_alive "$supervisor" "$guardian"
  [ ! -e "$K3THREAD_SOCKET" ]
  run -69 k3 list
}

# Succeeds when the supervisor takes no more threads.
is_closing() {
  ! k3 start -n probe-$RANDOM$RANDOM -a 1000 -- true && [ $? = 1 ]
}

@test "shutdown ends the supervisor, and returns when it is gone" {
  k3 start -- true
  note_supervisor
  k3 shutdown
  refute_supervisor
}

@test "shutdown waits for threads that are no daemons" {
  mkfifo gate
  k3 start -n normal -- sh -c 'read x <gate; echo done >out'
  note_supervisor
  in_background shutting k3 shutdown
  wait_until "$DEADLINE" grep -q 'shutting down' k.log
  is "$(k3_field normal state)" running
  echo >gate
  finish shutting
  is "$(cat out)" 'done'
  refute_supervisor
}

@test "shutdown waits for a thread that is delayed" {
  k3 start -a 0.5 -- sh -c 'echo done >out'
  k3 shutdown
  is "$(cat out)" 'done'
}

@test "no thread starts during a shutdown, and the rest works" {
  mkfifo gate
  k3 start -n normal -- sh -c 'echo printed; read x <gate; exit 4'
  in_background shutting k3 shutdown
  wait_until "$DEADLINE" grep -q 'shutting down' k.log
  run -1 --separate-stderr k3 start -- true
  like "$stderr" 'k3thread: start: RuntimeError: *shutting down*'
  is "$(k3 list -q)" 1
  is "$(k3 logs normal)" printed
  in_background joining k3 join normal
  run -124 k3 join -t 0.1 normal
  echo >gate
  finish joining 4
  finish shutting
}

@test "daemons live as long as the other threads, then get SystemExit" {
  mkfifo gate
  k3 daemon -n d -- sh -c 'trap "echo raised >out; exit" TERM; echo >ready; while :; do sleep 0.02; done'
  wait_for_file ready
  k3 start -n normal -- sh -c 'read x <gate'
  in_background shutting k3 shutdown
  wait_until "$DEADLINE" grep -q 'shutting down' k.log
  run -124 k3 join -t 0.2 d
  [ ! -e out ]
  echo >gate
  finish shutting
  is "$(cat out)" raised
}

@test "a daemon that ignores SystemExit is killed after its grace" {
  k3 daemon -g 0.2 -- sh -c 'trap "" TERM; echo $$ >pid; while :; do sleep 0.05; done'
  wait_for_file pid
  k3 shutdown
  refute_alive "$(cat pid)"
}

@test "--now raises SystemExit in all threads" {
  k3 start -n normal -- sh -c 'trap "echo raised >out; exit" TERM; echo >ready; while :; do sleep 0.02; done'
  k3 daemon -- sleep 1000
  k3 start -a 1000 -- sh -c 'echo >delayed'
  wait_for_file ready
  note_supervisor
  k3 shutdown --now
  is "$(cat out)" raised
  [ ! -e delayed ]
  refute_supervisor
}

@test "--now hurries a shutdown that waits" {
  k3 start -- sleep 1000
  in_background shutting k3 shutdown
  wait_until "$DEADLINE" grep -q 'shutting down' k.log
  k3 shutdown --now
  finish shutting
}

@test "a client that waits in join gets its status in a shutdown" {
  k3 start -n a -- sh -c 'trap "exit 7" TERM; echo >ready; while :; do sleep 0.02; done'
  wait_for_file ready
  for i in 1 2 3; do in_background "join$i" k3 join a; done
  wait_until "$DEADLINE" sh -c 'k3=$1; [ "$(ls -l /proc/"$2"/fd | grep -c socket:)" -ge 4 ]' - - \
    "$(supervisor_pid)"
  k3 shutdown --now
  for i in 1 2 3; do finish "join$i" 7; done
}

@test "SIGTERM to the supervisor is shutdown --now" {
  k3 start -- sh -c 'trap "echo raised >out; exit" TERM; echo >ready; while :; do sleep 0.02; done'
  wait_for_file ready
  note_supervisor
  kill -TERM "$supervisor"
  wait_until "$DEADLINE" refute_alive "$guardian"
  is "$(cat out)" raised
  refute_supervisor
}

@test "SIGTERM to the guardian is too" {
  k3 start -- sh -c 'trap "echo raised >out; exit" TERM; echo >ready; while :; do sleep 0.02; done'
  wait_for_file ready
  note_supervisor
  kill -TERM "$guardian"
  wait_until "$DEADLINE" refute_alive "$guardian"
  is "$(cat out)" raised
  refute_supervisor
}

@test "without a supervisor there is nothing to shut down" {
  run -69 --separate-stderr k3 shutdown
  like "$stderr" 'k3thread: shutdown: *no supervisor*'
}

@test "the next start after a shutdown is a new supervisor" {
  for _ in 1 2 3 4 5 6 7 8; do
    is "$(k3 start -- sleep 1000)" 1
    k3 shutdown --now
  done
}

@test "a start at the instant of a shutdown finds one supervisor or the next" {
  for _ in 1 2 3 4 5 6 7 8; do
    k3 start -- true
    in_background shutting k3 shutdown --now
    # The old one takes it, refuses it or goes without an answer, or a new one takes it: never a
    # silent loss, nor a hang.
    run k3 start -n late -- true
    like "$status $output" '@(0 [12]|1 *@(shutting down|went away)*)'
    finish shutting '*'
    k3 shutdown --now || :
  done
}
