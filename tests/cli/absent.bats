#!/usr/bin/env bats
# start --if-absent: a live thread of that name is as good as a new one.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

@test "--if-absent prints the id of the live thread of that name, and starts nothing" {
  is "$(k3 start --if-absent -n a -- sleep 1000)" 1
  run -0 --separate-stderr k3 start --if-absent -n a -- touch ran
  is "$output$stderr" 1
  is "$(k3 daemon -n a --if-absent -- touch ran)" 1
  is "$(k3 list -q)" 1
  [ ! -e ran ]
  is "$(k3_field a daemon)" false
}

@test "--if-absent starts a thread if the thread of that name has ended" {
  k3 start -n a -- true
  k3 join a
  is "$(k3 start --if-absent -n a -- sleep 1000)" 2
  is "$(k3 start --if-absent -n a -- sleep 1000)" 2
}

@test "a thread that has not begun, or is ending, is live too" {
  k3 start -n late -a 1000 -- true
  k3 start -n waits --needs late:ended -- true
  k3 start -n ends -g 1000 --ready line:up -- sh -c 'trap "" TERM; echo up; while :; do sleep 0.01; done'
  k3 join --ready ends
  k3 raise ends
  wait_for_state ends stopping
  is "$(k3 start --if-absent -n late -- true)" 1
  is "$(k3 start --if-absent -n waits -- true)" 2
  is "$(k3 start --if-absent -n ends -- true)" 3
  k3 raise --wait ends SIGKILL
}

@test "one of many starts at the same time starts a thread, and all of them print its id" {
  for i in {1..20}; do in_background "start$i" k3 start --if-absent -n a -- sh -c 'echo >>ran; sleep 1000'; done
  for i in {1..20}; do
    finish "start$i"
    is "$(cat "start$i.out")" 1
  done
  is "$(k3 list -q)" 1
  wait_for_file ran
  is "$(wc -l <ran)" 1
}

@test "start --wait --if-absent shows the whole output of the thread that is there, and exits as it does" {
  k3 start -n a -- sh -c 'echo one; until [ -e go ]; do sleep 0.01; done; echo two; exit 3'
  in_background first k3 start --wait --if-absent -n a -- echo mine
  in_background second k3 start --wait --if-absent -n a -- echo mine
  wait_for_file first.out second.out
  touch go
  finish first 3
  finish second 3
  is "$(cat first.out)" $'one\ntwo'
  is "$(cat second.out)" $'one\ntwo'
  run -0 k3 start --wait --if-absent -n a -- echo mine
  is "$output" mine
}

@test "a signal to start --wait --if-absent is passed on to the thread that is there" {
  k3 start -n a --ready line:up -- sh -c 'trap "echo asked; exit 5" INT; echo up; while :; do sleep 0.01; done'
  k3 join --ready a
  in_background wait k3 start --wait --if-absent -n a -- true
  wait_for_file wait.out
  kill -INT "$(pgrep -P "${background[wait]}")"
  finish wait '*'
  is "$(k3_field a exception)" KeyboardInterrupt
  is "$(k3 logs a)" $'up\nasked'
}

@test "--if-absent ignores the needs and the leash if the thread is there, but refuses a malformed option" {
  k3 start -n a -- sleep 1000
  is "$(k3 start --if-absent -n a --needs nobody -- not-a-program)" 1
  run -64 k3 start --if-absent -n a --ready nonsense -- true
  run -64 k3 start --if-absent -n a --restart sometimes -- true
  run -127 k3 start --if-absent -n b -- not-a-program
  run -3 k3 start --if-absent -n b --needs nobody -- true
  run -64 --separate-stderr k3 start --if-absent -- true
  like "$stderr" 'k3thread: start: --if-absent goes with --name'*
  run -64 k3 start --if-absent=1 -n b -- true
  run -64 k3 start --if-absent -n a:ended -- true
}

@test "a script may start what an earlier line has started" {
  printf '%s\n' 'start --if-absent -n a -- sh -c "echo >>ran"' 'start -n b --needs a:ended -- true' \
    'join a' 'start --if-absent -n b -- true' >twice
  run -0 k3 run twice
  is "$(wc -l <ran)" 1
  printf '%s\n' 'start --if-absent -n a -- sleep 1000' 'start --if-absent -n a -- false' \
    'start --if-absent -n c -- nonsense' >fails
  run -127 k3 run fails
  like "$output" "*fails:3: k3thread: start: FileNotFoundError: cannot run 'nonsense'*"
}

@test "during a shutdown --if-absent finds live threads and starts no new thread" {
  k3 start -n a -- sleep 1000
  in_background shutdown k3 shutdown
  wait_until "$DEADLINE" eval 'k3 start -- true 2>&1 | grep -q "shutting down"'
  is "$(k3 start --if-absent -n a -- true)" 1
  run -1 k3 start --if-absent -n b -- true
  like "$output" '*RuntimeError: the supervisor is shutting down'
  k3 raise a
  finish shutdown
}

@test "one request over the socket finds or starts a thread" {
  k3 start -- true
  script <<'PY'
clients = [Client() for _ in range(20)]
for client in clients:
    client.send("start", command=["sleep", "1000"], name="a", if_absent=True, members=["id"],
                environment=["PATH=" + os.environ["PATH"]])
answers = [result_of(client.receive()) for client in clients]
assert answers == [{"id": 2}] * 20, answers
# Without a thread, join means the thread that was found.
clients[-1].call("raise", thread="a")
assert clients[0].call("join")["id"] == 2
fails(-32002, "ValueError", "start", command=["true"], if_absent=True)
fails(-32001, "TypeError", "start", command=["true"], name="a", if_absent="yes")
fails(-32001, "TypeError", "start", command=["true"], name="a", if_absent=1)
PY
}
