#!/usr/bin/env bats
# When a thread counts as ready: --ready, join --ready, and --needs.

# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers

# A TCP server at a port that the test chooses; with -u, at the Unix socket.
serve() {
  cat >serve.py <<'END'
import os, socket, sys, time
while not os.path.exists("go"):
    time.sleep(0.02)
if sys.argv[1:] == ["-u"]:
    server = socket.socket(socket.AF_UNIX)
    server.bind("server.sock")
else:
    host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    server = socket.create_server((host, int(sys.argv[1])), family=socket.AF_INET6 if ":" in host else socket.AF_INET,
                                  dualstack_ipv6=host == "::")
server.listen()
time.sleep(1000)
END
}

# A server that is no thread, and that runs before a thread wants its address.
stranger() {
  serve
  touch go
  in_background stranger timeout 60 "$PYTHON" -I -S serve.py "$@"
}

finish_stranger() {
  kill "${background[stranger]}"
  finish stranger '*'
}

connects() {
  "$PYTHON" -I -S -c 'import socket, sys
family = socket.AF_INET if ":" in sys.argv[1] else socket.AF_UNIX
address = sys.argv[1].split(":")
socket.socket(family).connect((address[0], int(address[1])) if family == socket.AF_INET else sys.argv[1])' "$1" \
    2>/dev/null
}

free_port() {
  "$PYTHON" -I -S -c 'import socket
print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'
}

# becomes_ready THREAD: the thread is not ready before the file go exists, and is ready soon after.
becomes_ready() {
  in_background ready k3 join --ready "$1"
  is_state "$1" running
  run -124 k3 join --ready --timeout 0.1 "$1"
  like "$output" "*thread '$1' (id *) is not ready: it waits for *"
  touch go
  finish ready
  is_state "$1" ready
  is "$(k3_field "$1" ready)" true
  k3 join --ready "$1"
}

@test "a probe's URL, path or socket's name that is too long is refused" {
  long=$(printf 'x%.0s' {1..2000})
  refused() {
    run -64 --separate-stderr k3 start --ready "$1" -- true
    like "$stderr" "k3thread: start: ValueError: --ready *: $2"
  }
  refused "http://localhost:1/$long$long" 'the URL is too long'
  refused "unix:/$long/$long/$long" 'the path is too long'
  refused "unix:/${long:0:109}" "no socket's name can be that long"
}

@test "a TCP server is ready when it accepts connections" {
  serve
  port=$(free_port)
  k3 start --name a --ready "tcp:127.0.0.1:$port" -- "$PYTHON" -I -S serve.py "$port"
  becomes_ready a
}

@test "--ready tcp: accepts localhost as a host" {
  serve
  touch go
  port=$(free_port)
  k3 start --name a --ready "tcp:localhost:$port" -- "$PYTHON" -I -S serve.py "$port"
  k3 join --ready --timeout "$LIMIT" a
}

@test "a server at a Unix socket is ready when it accepts connections" {
  serve
  k3 start --name a --ready "unix:$dir/server.sock" -- "$PYTHON" -I -S serve.py -u
  becomes_ready a
}

@test "a descriptor for readiness works whatever numbers the supervisor's own descriptors have" {
  for fd in {8..32}; do
    k3 start --name "fd$fd" --ready "$fd" -- bash -c 'echo >&"$0"; exec sleep 1000' "$fd"
  done
  k3 join --ready -t "$LIMIT" 'fd*'
}

@test "an empty line can make a thread ready" {
  k3 start --name a --ready 'line:^$' -- sh -c 'echo; exec sleep 1000'
  k3 join --ready -t "$LIMIT" a
}

@test "a line that a terminal ended makes the thread ready, and the expression need not know of the carriage return" {
  k3 start --name a --tty --ready 'line:^up$' -- sh -c 'echo up; exec sleep 1000'
  k3 join --ready -t "$LIMIT" a
  k3 join --until $'line:^up\r$' -t "$LIMIT" a
}

@test "a line of output makes the thread ready, also on standard error and when it comes in pieces" {
  k3 start --name a --ready 'line:^up [0-9]+$' -- \
    sh -c 'echo "not up 1"; printf "up " >&2; until [ -e go ]; do sleep 0.02; done; echo 42 >&2; sleep 1000'
  becomes_ready a
}

@test "a line on a descriptor makes the thread ready, and only the command has that descriptor" {
  k3 start --name a --ready 5 -- \
    sh -c 'until [ -e go ]; do sleep 0.02; done; echo >&5; ls /proc/self/fd >fds; sleep 1000'
  becomes_ready a
  wait_for_file fds
  is "$(tr '\n' ' ' <fds)" '0 1 2 3 5 '
}

@test "a shell command makes the thread ready, and runs in the thread's environment and directory" {
  mkdir there
  k3 start --name a --directory there --env X=y --ready 'cmd:[ "$X" = y ] && [ -e ../go ]' -- sleep 1000
  becomes_ready a
}

@test "a thread without --ready is ready as soon as it runs" {
  k3 start --name a -- sleep 1000
  k3 join --ready a
  k3 start --name b --after 1000 -- true
  run -124 k3 join --ready --timeout 0.1 b
}

@test "a start fails and names the TCP server that already answers before the command runs" {
  port=$(free_port)
  stranger "$port"
  wait_until "$DEADLINE" connects "127.0.0.1:$port"
  for host in 127.0.0.1 localhost; do
    run -1 --separate-stderr k3 daemon --name "$host" --ready "tcp:$host:$port" -- touch ran
    like "$stderr" "k3thread: daemon: OSError: tcp:$host:$port is answered before the command runs: pid * ($PYTHON -I -S serve.py $port) listens there"
    run -125 k3 join "$host"
    run -125 k3 join --ready "$host"
  done
  run -125 k3 start --wait --ready "tcp:127.0.0.1:$port" -- touch ran
  run -125 k3 start --wait --after 0.01 --ready "tcp:127.0.0.1:$port" -- touch ran
  like "$output" "*pid * listens there"
  [ ! -e ran ]
  finish_stranger
}

@test "a start names the server that already answers also if it listens on all addresses" {
  port=$(free_port)
  for any in 0.0.0.0 ::; do
    stranger "$port" "$any"
    wait_until "$DEADLINE" connects "127.0.0.1:$port"
    run -1 k3 daemon --ready "tcp:127.0.0.1:$port" -- touch ran
    like "$output" "*is answered before the command runs: pid * ($PYTHON -I -S serve.py $port $any) listens there"
    finish_stranger
  done
}

@test "a start fails where a Unix socket already answers, and not where a server left only the file" {
  stranger -u
  wait_until "$DEADLINE" connects server.sock
  run -1 k3 start --name a --ready unix:server.sock -- touch ran
  like "$output" "*unix:server.sock is answered before the command runs: pid * ($PYTHON -I -S serve.py -u) listens there"
  finish_stranger
  [ -S server.sock ]
  k3 start --name b --ready unix:server.sock -- sh -c 'rm server.sock; exec "$0" -I -S serve.py -u' "$PYTHON"
  k3 join --ready b
}

@test "a relative path is seen from the command's directory, however deep that directory is" {
  serve
  touch go
  deep=$dir/$(printf '%0200d' 0)
  mkdir -p "$deep"
  cp serve.py go "$deep"
  k3 start --name a --directory "$deep" --ready unix:server.sock -- "$PYTHON" -I -S serve.py -u
  k3 join --ready --timeout "$LIMIT" a
  run -1 k3 start --ready "unix:$deep/server.sock" -- touch ran
}

# alone COMMAND…: runs COMMAND in a network of its own, where a connection's own port is 40000 or 40001.
alone() {
  unshare -n "$PYTHON" -I -S -c 'import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1 | 64))
open("/proc/sys/net/ipv4/ip_local_port_range", "w").write("40000 40001")
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}

@test "a probe that connects to itself makes no thread ready, and takes no port" {
  needs_root
  k3 start -- true # the supervisor of what follows is another one
  for host in 127.0.0.1 '[::1]' localhost; do
    cat >alone.sh <<END
export K3THREAD_SOCKET=$dir/alone.sock
trap '"\$K3THREAD" shutdown --now' EXIT
"\$K3THREAD" start --name a --ready 'tcp:$host:40000' -- sleep 1000
"\$K3THREAD" join --ready --timeout 2 a
[ \$? = 124 ] || exit 1
"\$K3THREAD" raise -w a
"$PYTHON" -I -S -c 'import socket; socket.socket().bind(("127.0.0.1", 40000))' || exit 2
END
    run -0 alone bash alone.sh
  done
}

@test "an http probe without a port asks port 80" {
  needs_root
  k3 start -- true # the supervisor of what follows is another one
  cat >alone.sh <<END
export K3THREAD_SOCKET=$dir/alone.sock
trap '"\$K3THREAD" shutdown --now' EXIT
"\$K3THREAD" start --name a --ready http://127.0.0.1/ -- "$PYTHON" -m http.server --bind 127.0.0.1 80
"\$K3THREAD" join --ready --timeout $DEADLINE a
END
  run -0 alone bash alone.sh
}

@test "a check that hangs is ended after 5 seconds with all that it started, and is repeated" {
  cat >check <<'END'
[ ! -e go ] || exit 0
setsid sh -c 'echo $$ >>pids; sleep 1000' &
echo $$ >>pids
sleep 1000
END
  k3 start --name a --ready 'cmd:. ./check' -- sleep 1000
  wait_for_lines pids 2
  touch go
  k3 join --ready --timeout "$LIMIT" a
  # shellcheck disable=SC2046
  refute_alive $(cat pids)
}

# wait_for_lines FILE N: waits until FILE has N lines.
wait_for_lines() {
  wait_until "$DEADLINE" eval "[ \"\$(wc -l <'$1')\" -ge $2 ]"
}

@test "a check that fails and a check that succeeds leave no process" {
  k3 start --name a \
    --ready 'cmd:sleep 1000 & echo $! >>pids; setsid sh -c "echo \$\$ >>pids; exec sleep 1000" & until [ "$(wc -l <pids)" -gt 1 ]; do sleep 0.01; done; [ -e go ]' \
    -- sleep 1000
  wait_for_lines pids 8
  # shellcheck disable=SC2046
  refute_alive $(head -n 4 pids)
  touch go
  k3 join --ready --timeout "$LIMIT" a
  # shellcheck disable=SC2046
  refute_alive $(cat pids)
}

@test "the end of a thread during a check leaves no process of that check" {
  k3 start --name a --ready 'cmd:setsid sh -c "echo \$\$ >pid; exec sleep 1000" & sleep 1000' -- sleep 1000
  wait_for_file pid
  k3 raise --wait a
  refute_alive "$(cat pid)"
}

@test "a thread that restarted is ready when its probe has succeeded again" {
  k3 start --name a --restart always --ready line:up -- \
    sh -c 'echo >>runs; [ $(wc -l <runs) -lt 3 ] || until [ -e go ]; do sleep 0.02; done; echo up; [ $(wc -l <runs) -ge 3 ] && sleep 1000'
  wait_for_lines runs 3
  wait_for_state a running
  is "$(k3_field a ready)" false
  becomes_ready a
}

is_run() {
  [ "$(k3_field "$1" runs)" -ge "$2" ]
}

@test "a thread without a probe is not ready in the pause before a restart" {
  k3 start --name a --restart always:4 -- true
  wait_until "$DEADLINE" is_run a 3
  wait_for_state a delayed
  is "$(k3_field a ready)" false
  k3 join a
  is "$(k3_field a ready)" true
}

# web NAME PORT STATUS…: makes a server that answers with each status in turn, and then always
# with the last one; "hang" gives no answer, "reset" ends the connection, "early" sends a status of 1xx first,
# and "slow" sends a byte at a time.
web() {
  cat >web.py <<'END'
import os, socket, struct, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
kept = []
for n in range(10000):
    status = sys.argv[min(2 + n, len(sys.argv) - 1)]
    connection = server.accept()[0]
    if status == "hang":
        kept.append(connection)
        continue
    if status == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        continue
    open("request", "wb").write(connection.recv(65536))
    if status == "early":
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n")
        status = "200"
    if status == "slow":
        for byte in b"HTTP/1.1 20":
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
        status = "0"
        connection.sendall(b"4 No Content\r\n\r\n")
    else:
        connection.sendall(b"HTTP/1.1 %s Whatever\r\n\r\n" % status.encode())
    connection.close()
END
  k3 start --name "$1" --ready "http://localhost:$2/there?x=%20" -- "$PYTHON" -I -S web.py "${@:2}"
}

@test "an HTTP server is ready when it answers with a status from 200 to 399" {
  web a "$(free_port)" 404 500 reset 199 400 early
  k3 join --ready --timeout "$LIMIT" a
  like "$(head -n 1 request)" $'GET /there?x=%20 HTTP/1.1\r'
  grep -q $'^Host: localhost:[0-9]*\r$' request
  web b "$(free_port)" slow
  k3 join --ready --timeout "$LIMIT" b
  web c "$(free_port)" 503 399
  k3 join --ready --timeout "$LIMIT" c
}

@test "a check of an HTTP server that does not answer is repeated after 5 seconds" {
  web a "$(free_port)" hang 200
  run -124 k3 join --ready --timeout 1 a
  k3 join --ready --timeout "$LIMIT" a
}

@test "a start fails where an HTTP server already answers with success, and not where it answers with an error" {
  port=$(free_port)
  web there "$port" 200
  k3 join --ready there
  run -1 k3 start --name a --ready "http://127.0.0.1:$port" -- touch ran
  like "$output" "*is answered before the command runs: pid * ($PYTHON -I -S web.py *) listens there"
  port=$(free_port)
  web missing "$port" 404
  wait_until "$DEADLINE" connects "127.0.0.1:$port"
  k3 start --name b --ready "http://127.0.0.1:$port" -- sleep 1000
}

@test "a start that is answered by a server whose process cannot be found names no process" {
  port=$(free_port)
  in_background server "$PYTHON" -I -S -c '
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
peer = listener.accept()[0]
listener.close()
peer.recv(4096)
peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
peer.recv(1)' "$port"
  wait_for_file server.out
  run -1 --separate-stderr k3 start -n a --ready "http://127.0.0.1:$port" -- touch ran
  like "$stderr" "*http://127.0.0.1:$port is answered before the command runs: another process listens there"
  finish server
}

# Makes notify.py MESSAGE…, which sends each to NOTIFY_SOCKET, as sd_notify(3) does; BARRIER=1 waits for the
# answer.
notifier() {
  cat >notify.py <<'END'
import array, os, select, socket, sys
address = os.environ["NOTIFY_SOCKET"]
if address[0] == "@":
    address = "\0" + address[1:]
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for message in sys.argv[1:]:
    if message != "BARRIER=1":
        sender.sendto(message.encode("utf-8", "surrogateescape"), address)
        continue
    reader, writer = os.pipe()
    sender.sendmsg([message.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writer]))], 0, address)
    os.close(writer)
    waiting = select.poll()
    waiting.register(reader, select.POLLHUP)
    sys.exit(0 if waiting.poll(20000) else "no answer")
END
  notify="$PYTHON -I -S $dir/notify.py"
}

@test "a notification makes the thread ready, even if the process that sent it has ended by then" {
  notifier
  k3 start --name a --ready notify -- \
    sh -c "$notify READY=0 xREADY=1; until [ -e go ]; do sleep 0.02; done; (setsid $notify X=1\"
READY=1\" &); sleep 1000"
  becomes_ready a
}

@test "a command that says twice that it is ready becomes ready once" {
  notifier
  k3 start -- true
  script "$notify READY=1 BARRIER=1 && $notify READY=1 BARRIER=1" <<'END'
client = Client()
client.call("watch", events=["ready", "ended"])
start("sh", "-c", sys.argv[1], name="a", ready="notify")
events = []
while "ended" not in events:
    event = client.receive()["params"]
    events += [event["event"]] if event["thread"]["name"] == "a" else []
assert events == ["ready", "ended"], events
END
}

@test "the status that a command notifies is shown, and a barrier is answered once the status is known" {
  notifier
  k3 start --name a --ready notify -- sh -c "$notify STATUS=one STATUS=two BARRIER=1 && echo >said; until [ -e go ]; do sleep 0.02; done
    $notify 'READY=1
STATUS=three' BARRIER=1 && echo >said2; sleep 1000"
  wait_for_file said
  is "$(k3_field a status)" two
  is_state a running
  touch go
  wait_for_file said2
  is "$(k3_field a status)" three
  is_state a ready
}

@test "the table of list shows the status, as long as the command runs" {
  notifier
  k3 start --name a --ready notify -- sh -c "$notify 'STATUS=loading 7\t%' BARRIER=1; echo >said
    until [ -e go ]; do sleep 0.02; done; $notify READY=1 BARRIER=1; sleep 1000"
  k3 start --name b -- sleep 1000
  wait_for_file said
  like "$(k3 list a)" '*running *  waits for notify: loading 7*%  sh -c *'
  like "$(k3 list b)" '*running *s  -  *sleep 1000'
  touch go
  k3 join --ready a
  like "$(k3 list a)" '*ready *s  loading 7*%  sh -c *'
  like "$(k3 list -l a)" '*ready *  loading 7*%  sh -c *'
  k3 raise --wait a
  like "$(k3 list a)" '*ended *  SystemExit, SIGTERM  sh -c *'
  k3 start --name c --ready notify -- sh -c "$notify 'STATUS=$(printf '%050d' 0)' BARRIER=1; echo >long; until [ -e go2 ]; do sleep 0.02; done
    $notify STATUS= READY=1 BARRIER=1; sleep 1000"
  wait_for_file long
  like "$(k3 list c)" '*  waits for notify: 0000000000000000000000000000000000000000  sh -c *'
  touch go2
  k3 join --ready c
  like "$(k3 list c)" '*ready *s  -  *sh -c *'
}

@test "the next run and an empty status clear the status" {
  notifier
  k3 start --name a --restart on-failure:1 --ready notify -- sh -c "[ ! -e once ] || exec sleep 1000; touch once; $notify READY=1 STATUS=one BARRIER=1; exit 1"
  wait_until "$DEADLINE" is_run a 2
  wait_for_state a running
  is "$(k3_field a status)" null
  is "$(k3_field a ready)" false
  k3 start --name b --ready notify -- sh -c "$notify STATUS=one STATUS= READY=1 BARRIER=1; sleep 1000"
  k3 join --ready b
  is "$(k3_field b status)" null
}

@test "a command that notifies that it stops has the grace to end" {
  notifier
  k3 start --name a --grace 0.2 --ready notify -- sh -c "$notify READY=1; until [ -e go ]; do sleep 0.02; done; $notify STOPPING=1; sleep 1000"
  k3 join --ready a
  touch go
  run -137 k3 join --timeout "$LIMIT" a
}

@test "only a thread with --ready notify has a NOTIFY_SOCKET, and never the caller's" {
  export NOTIFY_SOCKET=/run/elsewhere
  k3 start --name a -- sh -c 'echo "${NOTIFY_SOCKET-none}"'
  k3 join a
  is "$(k3 logs a)" none
  k3 start --name b --ready notify -- sh -c 'echo "$NOTIFY_SOCKET"'
  k3 start --name c --ready notify -- sh -c 'echo "$NOTIFY_SOCKET"'
  k3 join b c
  like "$(k3 logs b)" '@?*'
  unlike "$(k3 logs b)" "$(k3 logs c)"
}

# told_from_outside STATUS [COMMAND…]: a process outside the thread a sends READY=1 and STATUS, and waits, alive, until
# the supervisor has read them; the command starts it.
told_from_outside() {
  local status=$1
  shift
  NOTIFY_SOCKET=$(cat address) "$@" "$PYTHON" -I -S notify.py READY=1 "STATUS=$status" BARRIER=1
}

@test "a notification from a living process counts only if the process belongs to the thread" {
  notifier
  k3 start --name a --ready notify -- sh -c 'echo "$NOTIFY_SOCKET" >address; exec sleep 1000'
  wait_for_file address
  told_from_outside outside
  is "$(k3_field a state) $(k3_field a status)" 'running null'
  # Nor does one from another thread count.
  k3 start --name b -- env NOTIFY_SOCKET="$(cat address)" "$PYTHON" -I -S notify.py READY=1 STATUS=b BARRIER=1
  k3 join b
  is "$(k3_field a state) $(k3_field a status)" 'running null'
}

@test "a notification from another user counts only if it comes from a process of the thread" {
  needs_root
  notifier
  k3 start --name a --ready notify -- sh -c 'echo "$NOTIFY_SOCKET" >address; exec sleep 1000'
  wait_for_file address
  chmod a+rx .
  told_from_outside nobody as_nobody
  is_state a running
  k3 start --name b --ready notify -- setpriv --reuid=65534 --regid=65534 --clear-groups "$PYTHON" -I -S notify.py READY=1 BARRIER=1
  k3 join b
  is "$(k3_field b ready)" true
}

@test "a thread understands the notifications of systemd-notify" {
  command -v systemd-notify || skip "needs systemd-notify"
  k3 start --name a --ready notify -- sh -c 'systemd-notify --ready --status="all is well"; exec sleep 1000'
  k3 join --ready --timeout "$LIMIT" a
  is "$(k3_field a status)" 'all is well'
}

@test "a flood of notifications does not delay a raise" {
  cat >flood.py <<'END'
import os, socket
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
open("flooding", "w").write("yes")
while True:
    sender.sendto(b"STATUS=" + b"x" * 3000, "\0" + os.environ["NOTIFY_SOCKET"][1:])
END
  k3 start --name a --ready notify -- "$PYTHON" -I -S flood.py
  wait_for_file flooding
  k3 raise --wait a
}

@test "list shows what a thread waits for until it is ready" {
  k3 start --name a --ready "cmd:[ -e go ] # $(printf '%060d' 0)" -- sleep 1000
  k3 start --name b --needs a -- sleep 1000
  like "$(k3 list a)" "*running *  waits for cmd:\[ -e go ] # 000000000000000000000000  sleep*"
  like "$(k3 list b)" '*waiting *  waits for a  sleep 1000'
  is "$(k3_field b waits_for)" a
  like "$(k3_field a waits_for)" 'cmd:\[ -e go ] # 0*'
  touch go
  k3 join --ready a b
  is "$(k3_field a waits_for) $(k3_field b waits_for)" 'null null'
  like "$(k3 list a)" '*ready *s  -  *sleep 1000'
}

@test "a thread that is not ready in time ends with a TimeoutError" {
  k3 start --name a --ready line:never --ready-timeout 0.1 -- sleep 1000
  run -124 k3 join a
  is "$(k3_field a exception)" TimeoutError
  is "$(k3_field a message)" 'not ready within 0.1 s: line:never'
  run -125 k3 join --ready a
  like "$output" "*thread 'a' (id *) ended before it was ready: not ready within 0.1 s: line:never"
  run -124 k3 start --wait --ready cmd:false --ready-timeout 100ms -- sleep 1000
  run -124 k3 start --wait --ready cmd:false --ready-timeout 0 -- sleep 1000
  run -64 k3 start --ready-timeout never -- true
}

@test "a thread that becomes ready while it ends is still stopping" {
  notifier
  k3 start -n a --ready notify -g 1000 -- \
    sh -c "trap '$notify READY=1 BARRIER=1; $notify STATUS=later' TERM; echo >began; while :; do sleep 0.02; done"
  wait_for_file began
  k3 raise a
  wait_until "$DEADLINE" says_later a
  is_state a stopping
  k3 raise --wait=20 a SIGKILL
}

says_later() {
  [ "$(k3_field "$1" status)" = later ]
}

@test "each run has the whole time to become ready, and a run that is ready has no limit any more" {
  k3 start --name a --restart on-failure:1 --ready line:up --ready-timeout 0.5 -- \
    sh -c 'if [ -e once ]; then echo up; else touch once; fi; exec sleep 1000'
  k3 join --ready --timeout "$LIMIT" a
  is "$(k3_field a runs)" 2
  run -124 k3 join --timeout 1 a
}

@test "join --ready shows the last lines of a thread that ended before it was ready" {
  k3 start --name a --ready line:never -- sh -c 'echo one; echo two >&2; exit 4'
  run -125 --separate-stderr k3 join --ready a
  like "$stderr" "k3thread: join: NotReadyError: thread 'a' (id 1) ended before it was ready"$'\none\ntwo'
  run -4 k3 join a
}

@test "a malformed probe is a ValueError" {
  for probe in '' 1 2 x tcp: tcp:127.0.0.1 tcp:127.0.0.1:0 tcp:127.0.0.1:70000 tcp:nowhere.example:1 \
    unix: "unix:/$(printf '%0200d' 1)" line: cmd: ftp:x http:// http://nowhere.example/ http://127.0.0.1:x/ \
    'http://127.0.0.1/a b' $'http://127.0.0.1/\n' tcp:127.0.0.1: tcp:[::1 tcp:::1]:80 tcp:-1:80 tcp:127.0.0.1:+80 notifyx notify:; do
    run -64 --separate-stderr k3 start --ready "$probe" -- true
    like "$stderr" 'k3thread: start: ValueError: *'
  done
}

@test "a thread runs when all threads that it needs are ready" {
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

@test "a raise ends a thread that waits for another, and its command never runs" {
  k3 start --name one --ready line:never -- sleep 1000
  k3 start --name needs --needs one -- touch ran
  k3 raise needs
  run -143 k3 join needs
  [ ! -e ran ]
}

@test "a start that needs a thread that does not exist fails" {
  run -3 k3 start --needs nobody -- true
  run -64 k3 start --needs 'no*' -- true
}
