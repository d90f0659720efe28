#!/usr/bin/env bats
# join --until: waits until a probe holds for a thread that runs.

# shellcheck disable=SC2016,SC2154

load helpers

# held PROBE THREAD…: the probe does not hold before the file go exists, and holds soon after.
held() {
  run -124 --separate-stderr k3 join -t 0.1 --until "$@"
  like "$stderr" "k3thread: join: TimeoutError: thread '$2' (id *): this does not hold: $1"
  in_background holding k3 join --until "$@"
  touch go
  finish holding
  k3 join -t 0 --until "$@"
}

# Starts the thread a, which does nothing until the file go exists, and then runs the command.
waits_for_go() {
  k3 start -n a -- sh -c 'until [ -e go ]; do sleep 0.02; done; exec "$@"' sh "$@"
}

@test "join --until line holds when the command has printed a line that matches" {
  waits_for_go sh -c 'echo up and running; exec sleep 1000'
  held 'line:^up .*ing$' a
}

@test "join --until tcp, unix and http hold when the command answers" {
  cat >serve.py <<'END'
import http.server, socket, time
web = http.server.HTTPServer(("127.0.0.1", int(open("port").read())), http.server.SimpleHTTPRequestHandler)
server = socket.socket(socket.AF_UNIX)
server.bind("server.sock")
server.listen()
web.serve_forever()
END
  "$PYTHON" -I -S -c 'import socket
print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])' >port
  waits_for_go "$PYTHON" -I -S serve.py
  held "tcp:localhost:$(<port)" a
  k3 join --until unix:server.sock a
  k3 join --until "http://127.0.0.1:$(<port)/port" a
  run -124 k3 join -t 0 --until "http://127.0.0.1:$(<port)/none" a
}

@test "join --until cmd runs the shell command in the environment and directory of the thread" {
  mkdir sub
  (umask 037 && k3 start -n a -C sub -e COLOUR=blue -- sleep 1000)
  k3 join -t "$LIMIT" --until 'cmd:[ "$COLOUR $K3THREAD_NAME $(basename "$PWD") $(umask)" = "blue a sub 0037" ]' a
  held 'cmd:test -e ../go' a
}

@test "join --until line looks from the beginning of the present run" {
  k3 start -n a -- sh -c 'echo >>runs; echo "run $(wc -l <runs)"; sleep 1000'
  k3 join -t "$LIMIT" --until 'line:run 1' a
  k3 restart a
  k3 join -t "$LIMIT" --until 'line:run 2' a
  run -124 k3 join -t 0 --until 'line:run 1' a
}

@test "join --until goes on in the next run" {
  k3 start -n policy -r always -- sh -c 'echo >>runs; echo "run $(wc -l <runs)."'
  k3 join -t "$LIMIT" --until 'line:run 4[.]' policy
  k3 start -n asked -- sh -c '[ ! -e go ] || echo went; sleep 1000'
  in_background joining k3 join --until line:went asked
  run -124 k3 join -t 0.1 --until line:went asked
  touch go
  k3 restart asked
  finish joining
}

@test "join --until waits for a thread whose command has not begun" {
  k3 start -n a -a 0.3 -- sh -c 'echo up; sleep 1000'
  run -124 k3 join -t 0 --until cmd:true a
  k3 join -t "$LIMIT" --until line:up a
}

@test "join --until exits with 125 and shows the last lines if the thread ends first" {
  k3 start -i -n a -- sh -c 'echo last words; read x'
  for probe in cmd:false tcp:127.0.0.1:1 unix:none line:up http://127.0.0.1:1/; do
    in_background "${probe//\//_}" k3 join --until "$probe" a
  done
  k3 start -n b -- sleep 1000
  k3 join -t "$LIMIT" --until line:last a
  k3 raise --wait b
  run -125 --separate-stderr k3 join --until cmd:true b
  is "$stderr" "k3thread: join: NotReadyError: thread 'b' (id 2) ended before this held: cmd:true"
  k3 raise a
  for probe in cmd:false tcp:127.0.0.1:1 unix:none line:up http://127.0.0.1:1/; do
    finish "${probe//\//_}" 125
    is "$(<"${probe//\//_}.err")" "k3thread: join: NotReadyError: thread 'a' (id 1) ended before this held: $probe
last words"
  done
}

@test "join --until line sees all output of an ended command, however late it was printed" {
  mkfifo gate
  k3 start -n a -- sh -c 'read x <gate; seq 100000; printf "the end"'
  in_background joining k3 join --until 'line:^the end$' a
  run -124 k3 join -t 0 --until 'line:^the end$' a
  echo >gate
  finish joining
  k3 join a
  k3 join --until 'line:^the end$' a
  k3 join --until 'line:^99999$' a
  run -125 k3 join --until 'line:^100001$' a
  rm "$(k3_field a log)"
  run -125 k3 join --until 'line:^99999$' a
}

@test "join --until exits with 125 for a thread that never ran, and for a thread that is cleared" {
  k3 start -n a -a 1000 -- true
  in_background joining k3 join --until line:x a
  run -124 k3 join -t 0.1 --until line:x a
  k3 raise --wait a
  finish joining 125
  run -125 k3 join --until line:x a
  k3 clear
  run -3 k3 join --until line:x a
}

@test "join -t ends a join --until with 124, and 0 looks once" {
  k3 start -n a -- sh -c 'echo up; sleep 1000'
  k3 join -t "$LIMIT" --until line:up a
  k3 join -t 0 --until line:up a
  k3 join -t 0 --until cmd:true a
  run -124 k3 join -t 0 --until cmd:false a
  run -124 k3 join -t 0 --until tcp:127.0.0.1:1 a
  run -124 k3 join -t 0 --until line:down a
  run -124 k3 join -t 0.1 --until 'cmd:sleep 1000' a
}

@test "join --until waits for several threads" {
  k3 start -n a-1 -- sh -c 'echo up; sleep 1000'
  k3 start -n a-2 -- sh -c 'until [ -e go ]; do sleep 0.02; done; echo up; sleep 1000'
  in_background joining k3 join --until line:up 'a-*'
  run -124 k3 join -t 0.1 --until line:up --all
  k3 join -t "$LIMIT" --until line:up a-1
  touch go
  finish joining
  k3 join -t "$LIMIT" --until line:up --all
}

@test "join --until refuses a word that is no probe for it, and names the probes" {
  k3 start -n a -- sleep 1000
  run -64 --separate-stderr k3 join --until up a
  is "$stderr" "k3thread: join: ValueError: --until 'up': it is none of tcp:HOST:PORT, unix:PATH, http://HOST:PORT/PATH, line:REGEX, cmd:COMMAND"
  for probe in 3 notify; do
    run -64 --separate-stderr k3 join --until "$probe" a
    is "$stderr" "k3thread: join: ValueError: --until '$probe': a command gets it only when it starts: use start --ready"
  done
  run -64 k3 join --until '' a
  run -64 k3 join --until 'line:(' a
  run -64 k3 join --until tcp: a
  run -64 k3 join --until line: a
  run -64 k3 join --ready --until line:x a
  run -64 k3 join --any --until line:x a
  run -64 k3 join --until line:x
  run -3 k3 join --until line:x nobody
  is "$(k3_field a state)" running
}

@test "join --until line is an error for a thread whose output goes to no regular file" {
  k3 start -n a -o /dev/null -- sleep 1000
  run -64 --separate-stderr k3 join --until line:up a
  is "$stderr" "k3thread: join: ValueError: --until line:up reads the output, and '/dev/null' is no regular file"
  k3 join -t "$LIMIT" --until cmd:true a
}

# Succeeds if each process whose pid is in a file NAME.pid has ended.
have_ended() {
  local name
  for name; do refute_alive "$(<"$name.pid")" || return; done
}

# A check that hangs, with a child and with an orphan in a session of its own.
hanging='cmd:(setsid sh -c "echo \$\$ >far.pid; exec sleep 1000" &)
  sleep 1000 & echo $! >child.pid; echo $$ >shell.pid; wait'

@test "the death of the client ends the check, with all that it started" {
  k3 start -n a -- sleep 1000
  in_background joining "$K3THREAD" join --until "$hanging" a
  wait_for_file far.pid child.pid shell.pid
  kill -KILL "${background[joining]}"
  finish joining 137
  wait_until "$DEADLINE" have_ended far child shell
  is "$(k3_field a state)" running
}

@test "the end of the thread ends the check, with all that it started" {
  k3 start -n a -- sleep 1000
  in_background joining k3 join --until "$hanging" a
  wait_for_file far.pid child.pid shell.pid
  k3 raise --wait a
  finish joining 125
  have_ended far child shell
}

@test "a shutdown ends the check, with all that it started, and answers the client" {
  k3 start -n a -- sleep 1000
  in_background joining k3 join --until "$hanging" a
  wait_for_file far.pid child.pid shell.pid
  k3 shutdown --now
  finish joining 125
  like "$(<joining.err)" '*NotReadyError: thread *'
  have_ended far child shell
}

@test "the death of the supervisor ends the check, with all that it started" {
  k3 start -n a -- sleep 1000
  in_background joining k3 join --until "$hanging" a
  wait_for_file far.pid child.pid shell.pid
  kill -KILL "$(supervisor_pid)"
  finish joining 125
  wait_until "$DEADLINE" have_ended far child shell
}

@test "a check does not end the processes of another check" {
  k3 start -n a -- sleep 1000
  in_background joining k3 join --until "$hanging" a
  wait_for_file far.pid child.pid shell.pid
  for i in 1 2 3; do k3 join -t "$LIMIT" --until 'cmd:(sleep 1000 &); true' a; done
  assert_alive "$(<far.pid)"
  assert_alive "$(<child.pid)"
}

@test "no prober is left when many joins have their replies" {
  k3 start -n a -- sleep 1000
  tasks=("/proc/$(supervisor_pid)/task/"*)
  for i in {1..10}; do
    in_background "line$i" k3 join --until line:x a
    in_background "cmd$i" k3 join --until 'cmd:test -e go' a
  done
  touch go
  for i in {1..10}; do finish "cmd$i"; done
  k3 raise --wait a
  for i in {1..10}; do finish "line$i" 125; done
  wait_until "$DEADLINE" has_tasks $((${#tasks[@]} - 1))
}

# Succeeds if the supervisor has so many pthreads.
has_tasks() {
  local tasks=("/proc/$(supervisor_pid)/task/"*)
  [ ${#tasks[@]} = "$1" ]
}

@test "join --until works in a script" {
  cat >script <<'END'
daemon --name a -- sh -c 'sleep 0.1; echo up; sleep 1000'
join --until line:up a
start --name b -- echo after
END
  run -0 --separate-stderr k3 run --quiet script
  is "$output" $'a | up\nb | after'
  echo 'join --until line:down a' >>script
  sed -i 's/sleep 1000/exit 3/' script
  run -125 k3 run script
}

@test "join --until over the socket takes a string, and excludes ready and any" {
  k3 start -n a -- sh -c 'echo up; sleep 1000'
  script <<'END'
assert call("join", thread="a", until="line:up")["name"] == "a"
assert call("join", thread="a", until="cmd:true", members=["id"]) == {"id": 1}
assert call("join", thread="a", until={"base64": "Y21kOnRydWU="})["name"] == "a"
fails(-32005, "TimeoutError", "join", thread="a", until="cmd:false", timeout=0.1)
fails(-32002, "ValueError", "join", thread="a", until="cmd:true", ready=True)
fails(-32002, "ValueError", "join", any=["a"], until="cmd:true")
fails(-32002, "ValueError", "join", thread="a*", until="cmd:true")
fails(-32002, "ValueError", "join", thread="a", until="x" * 100000)
fails(-32001, "TypeError", "join", thread="a", until=3)
fails(-32001, "TypeError", "join", thread="a", until=["cmd:true"])
client = Client()
client.send("join", thread="a", until="line:never")
call("raise", thread="a")
failure = client.receive()["error"]
assert failure["code"] == -32010 and failure["data"]["tail"] == "up\n", failure
assert failure["data"]["thread"]["state"] == "ended", failure
END
}
