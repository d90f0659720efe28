#!/usr/bin/env bats
# When a thread counts as ready: --ready, join --ready, and --needs.

# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers

# A TCP server at a port of its own choice, in the file port; -u: at the Unix socket.
serve() {
  cat >serve.py <<'END'
import os, socket, sys, time
while not os.path.exists("go"):
    time.sleep(0.02)
if sys.argv[1:] == ["-u"]:
    server = socket.socket(socket.AF_UNIX)
    server.bind("server.sock")
else:
    server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
server.listen()
time.sleep(1000)
END
}

free_port() {
  "$PYTHON" -I -S -c 'import socket
print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'
}

# becomes_ready THREAD: it is not before the file go is there, and is soon after.
becomes_ready() {
  in_background ready k3 join --ready "$1"
  is_state "$1" running
  run -124 k3 join --ready --timeout 0.1 "$1"
  like "$output" "*thread '$1' (id *) is not ready"
  touch go
  finish ready
  is_state "$1" ready
  is "$(k3_field "$1" ready)" true
  k3 join --ready "$1"
}

@test "a TCP server is ready when it accepts" {
  serve
  port=$(free_port)
  k3 start --name a --ready "tcp:127.0.0.1:$port" -- "$PYTHON" -I -S serve.py "$port"
  becomes_ready a
}

@test "localhost is a host" {
  serve
  touch go
  port=$(free_port)
  k3 start --name a --ready "tcp:localhost:$port" -- "$PYTHON" -I -S serve.py "$port"
  k3 join --ready --timeout 20 a
}

@test "a server at a Unix socket is ready when it accepts" {
  serve
  k3 start --name a --ready "unix:$dir/server.sock" -- "$PYTHON" -I -S serve.py -u
  becomes_ready a
}

@test "a line of the output says so, on standard error too, and when it comes in pieces" {
  k3 start --name a --ready 'line:^up [0-9]+$' -- \
    sh -c 'echo "not up 1"; printf "up " >&2; until [ -e go ]; do sleep 0.02; done; echo 42 >&2; sleep 1000'
  becomes_ready a
}

@test "a line on a descriptor says so, which the command gets alone" {
  k3 start --name a --ready 5 -- \
    sh -c 'until [ -e go ]; do sleep 0.02; done; echo >&5; ls /proc/self/fd >fds; sleep 1000'
  becomes_ready a
  wait_for_file fds
  is "$(tr '\n' ' ' <fds)" '0 1 2 3 5 '
}

@test "a command of the shell says so, in the thread's environment and directory" {
  mkdir there
  k3 start --name a --directory there --env X=y --ready 'cmd:[ "$X" = y ] && [ -e ../go ]' -- sleep 1000
  becomes_ready a
}

@test "without --ready a thread is ready when it runs, and not before" {
  k3 start --name a -- sleep 1000
  k3 join --ready a
  k3 start --name b --after 1000 -- true
  run -124 k3 join --ready --timeout 0.1 b
}

@test "who ends before it is ready says so, with its last lines" {
  k3 start --name a --ready line:never -- sh -c 'echo one; echo two >&2; exit 4'
  run -125 --separate-stderr k3 join --ready a
  like "$stderr" "k3thread: join: NotReadyError: thread 'a' (id 1) ended before it was ready"$'\none\ntwo'
  run -4 k3 join a
}

@test "a probe that is none is a ValueError" {
  for probe in '' 1 2 x tcp: tcp:127.0.0.1 tcp:127.0.0.1:0 tcp:127.0.0.1:70000 tcp:nowhere.example:1 \
    unix: "unix:/$(printf '%0200d' 1)" line: cmd: ftp:x; do
    run -64 --separate-stderr k3 start --ready "$probe" -- true
    like "$stderr" 'k3thread: start: ValueError: *'
  done
}

@test "who needs others runs when all of them are ready" {
  k3 start --name one --ready line:up -- sh -c 'until [ -e go1 ]; do sleep 0.02; done; echo up; sleep 1000'
  k3 start --name two --ready line:up -- sh -c 'until [ -e go2 ]; do sleep 0.02; done; echo up; sleep 1000'
  k3 start --name needs --needs one --needs two -- touch ran
  is_state needs waiting
  touch go1
  k3 join --ready one
  is_state needs waiting
  [ ! -e ran ]
  touch go2
  k3 join needs
  [ -e ran ]
}

@test "a thread that waits for another ends by a raise, and its command never runs" {
  k3 start --name one --ready line:never -- sleep 1000
  k3 start --name needs --needs one -- touch ran
  k3 raise needs
  run -143 k3 join needs
  [ ! -e ran ]
}

@test "what is needed must be there" {
  run -3 k3 start --needs nobody -- true
  run -64 k3 start --needs 'no*' -- true
}
