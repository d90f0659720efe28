#!/usr/bin/env bats
# Features of a thread that work on another machine as they do here: a limited log, a status.

# shellcheck disable=SC2016,SC2154

load placed

@test "--log-limit keeps the newest output of a command on another machine" {
  k3 start -n a --log-limit 64K -- seq 200000
  k3 join a
  [ "$(stat -c '%b' "$(k3_field a log)")" -lt 512 ] # blocks of 512 bytes; the output is 1.3 MB
  is "$(k3 logs a | tail -n 1)" 200000
}

@test "a command on another machine says its status" {
  k3 start -n a --ready notify -- "$PYTHON" -I -S -c '
import os, socket, time
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"STATUS=loading\nREADY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))
time.sleep(1000)'
  k3 join --ready a
  wait_until "$DEADLINE" eval '[ "$(k3_field a status)" = loading ]'
}
