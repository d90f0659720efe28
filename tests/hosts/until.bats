#!/usr/bin/env bats
# join --until for a thread on another machine: the probe looks there.

# shellcheck disable=SC2016,SC2154

load placed

@test "join --until looks on the machine of the thread: cmd:, tcp:, http:, unix: and line:" {
  free_ports port
  k3 start -n web -- "$PYTHON" -I -S -u -m http.server -b 127.0.0.1 "$port"
  k3 join -t "$LIMIT" --until "tcp:127.0.0.1:$port" web
  k3 join -t "$LIMIT" --until "http://127.0.0.1:$port/" web
  k3 join -t "$LIMIT" --until 'line:^Serving' web
  k3 join -t "$LIMIT" --until 'cmd:[ "$K3THREAD_HOSTNAME $K3THREAD_NAME $K3THREAD_ID" = "far web 1" ]' web
  k3 start -n sock -- "$PYTHON" -I -S -c 'import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("listens"); s.listen(); time.sleep(1000)'
  k3 join -t "$LIMIT" --until "unix:$dir/listens" sock
}

@test "join --until waits until the probe holds there, and says what did not hold" {
  k3 start -n web -- sh -c 'until [ -e go ]; do sleep 0.02; done; touch gone; exec sleep 1000'
  run -124 k3 join -t 0 --until 'cmd:test -e gone' web
  like "$output" "*thread 'web' (id 1): this does not hold: cmd:test -e gone"
  run -124 k3 join -t 0.3 --until 'cmd:test -e gone' web
  in_background joined k3 join --until 'cmd:echo >>looked; test -e gone' web
  wait_for_file looked
  touch go
  finish joined
  k3 join -t 0 --until 'cmd:test -e gone' web
}

@test "join --until ends with 125 when the thread ends there first, and goes on with its next run" {
  k3 start -n web -- sh -c 'until [ -e go ]; do sleep 0.02; done'
  in_background joined k3 join --until 'cmd:echo >>looked; false' web
  wait_for_file looked
  in_background again k3 join --until 'cmd:echo >>looked-too; test -e good' web
  wait_for_file looked-too
  k3 restart web
  touch good
  finish again
  touch go
  finish joined 125
  like "$(cat joined.err)" "*thread 'web' (id 1) ended before this held: cmd:*"
  k3 start -n lost -- sleep 1000
  in_background lost k3 join --until 'cmd:echo >>looked-last; false' lost
  wait_for_file looked-last
  kill -KILL "$(pgrep -f '^[^ ]*k3thread agent' | while read -r pid; do
    ! tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "TMPDIR=$dir/far" || echo "$pid"
  done)"
  finish lost 125
}
