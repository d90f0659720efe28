#!/usr/bin/env bats
# shutdown: the supervisor ends as a process ends: with its last thread that is no daemon.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# Notes the supervisor's processes, for refute_supervisor.
note_supervisor() {
  supervisor=$(supervisor_pid)
  guardian=$(guardian_pid)
}

# Succeeds if nothing of the supervisor is left at this moment.
refute_supervisor() {
  refute_alive "$supervisor" "$guardian"
  [ ! -e "$K3THREAD_SOCKET" ]
  run -69 k3 list
}

# Succeeds when the supervisor accepts no more threads.
is_closing() {
  ! k3 start -n probe-$RANDOM$RANDOM -a 1000 -- true && [ $? = 1 ]
}

@test "shutdown ends the supervisor, and returns when it is gone" {
  k3 start -- true
  note_supervisor
  k3 shutdown
  refute_supervisor
}

@test "shutdown waits for threads that are not daemons" {
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

@test "shutdown waits for a delayed thread" {
  k3 start -a 0.5 -- sh -c 'echo done >out'
  k3 shutdown
  is "$(cat out)" 'done'
}

@test "no thread starts during a shutdown, and other commands still work" {
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

@test "daemons live as long as the other threads, and then get SystemExit" {
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
  SECONDS=0
  k3 shutdown
  refute_alive "$(cat pid)"
  [ $SECONDS -lt 8 ] # the grace of a thread that was given none is 10 seconds
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

@test "--now hastens a shutdown that waits" {
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

@test "SIGTERM to the supervisor has the effect of shutdown --now" {
  k3 start -- sh -c 'trap "echo raised >out; exit" TERM; echo >ready; while :; do sleep 0.02; done'
  wait_for_file ready
  note_supervisor
  kill -TERM "$supervisor"
  wait_until "$DEADLINE" refute_alive "$guardian"
  is "$(cat out)" raised
  refute_supervisor
}

@test "SIGTERM to the guardian has the effect of shutdown --now" {
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

@test "the next start after a shutdown brings up a new supervisor" {
  for _ in 1 2 3 4 5 6 7 8; do
    is "$(k3 start -- sleep 1000)" 1
    k3 shutdown --now
  done
}

@test "a start at the instant of a shutdown reaches the old supervisor or the next one" {
  for _ in {1..20}; do
    k3 start -- true
    in_background shutting k3 shutdown --now
    # The old one runs it or refuses it, or a new one runs it: the start is never lost, and never hangs.
    run k3 start -n late -- true
    like "$status $output" '@(0 [12]|1 *shutting down*)'
    finish shutting '*'
    k3 shutdown --now || :
  done
}

@test "the supervisor answers each request that it got before its end, and then closes the connections" {
  k3 start -- true
  script "$(supervisor_pid)" <<'EOF'
import signal
supervisor = int(sys.argv[1])
first, silent = Client(), Client()
assert first.call("version")["pid"] == supervisor and silent.call("version")
os.kill(supervisor, signal.SIGSTOP)
first.send("shutdown")
late = [Client() for _ in range(20)] # not accepted yet
for client in late:
    client.send("start", command=["/bin/true"])
    client.send("shutdown")
    client.send_bytes(b'{"jsonrpc":"2.0","id":3,"me')
silent.send("list")
os.kill(supervisor, signal.SIGCONT)
assert result_of(first.receive()) == {"ended": 0}
for client in late:
    refused, ended, end = client.receive(), client.receive(), client.receive()
    assert refused["error"]["data"] == {"type": "RuntimeError"}, refused
    assert result_of(ended) == {"ended": 0} and end is None, (ended, end)
assert len(result_of(silent.receive())) == 1
assert silent.receive() is None
try:
    silent.send("list")
    raise AssertionError("a request that nobody reads was taken")
except BrokenPipeError:
    pass
EOF
}

# A supervisor that goes when half of a request has come.
half_heard() {
  cat >fake.py <<'EOF'
from client import *
server = socket.socket(socket.AF_UNIX)
server.bind(PATH)
server.listen()
open("listening", "w").write("1")
client, _ = server.accept()
assert len(client.recv(1000)) == 1000
os.unlink(PATH)
client.shutdown(socket.SHUT_RD)
EOF
  in_background fake env PYTHONPATH="$ROOT/tests/cli" "$PYTHON" -S -B fake.py
  wait_for_file listening
  rm listening
}

@test "a start that came too late for one supervisor starts the next one" {
  # More than a socket holds: a byte of it is written as \u0001.
  big=$(head -c 100000 /dev/zero | tr '\0' '\1')
  half_heard
  is "$("$K3THREAD" start -n late -e "BIG=$big" -- sh -c 'echo ${#BIG}')" 1
  finish fake
  k3 join late
  is "$(k3 logs late)" 100000
  k3 shutdown
  half_heard
  run -69 --separate-stderr "$K3THREAD" raise -m "$big" late
  like "$stderr" 'k3thread: raise: no supervisor *'
  finish fake
}

@test "the supervisor sends its last replies completely although a child ends meanwhile" {
  for i in {1..40}; do k3 start -- echo "$(printf 'x%.0s' {1..2000})"; done
  pid=$(supervisor_pid)
  script "$pid" <<'EOF'
import signal
client = Client()
for _ in range(20):
    client.send("list")
Client().send("shutdown", now=True)
wait_until("the door is shut", lambda: not os.path.exists(PATH))
def sleeps():
    with open("/proc/%s/stat" % sys.argv[1]) as stat:
        return stat.read().rsplit(") ")[1][0] == "S"
for _ in range(20):
    wait_until("it waits for the reader", sleeps)
    os.kill(int(sys.argv[1]), signal.SIGCHLD)
for i in range(20):
    assert len(client.receive()["result"]) == 40, i
EOF
}

@test "a client that keeps a thread can still ask for its result when all threads have ended" {
  k3 start -- true
  script <<'EOF'
keeper, other = Client(), Client()
thread = keeper.call("start", command=["sh", "-c", "exit 42"], keep=True,
                     environment=["PATH=" + os.environ["PATH"]])
call("join", thread=thread["id"], members=["id"])
other.send("shutdown")
wait_until("the door is shut", lambda: not os.path.exists(PATH))
assert keeper.call("join")["exit_code"] == 42
assert other.receive()["result"] is not None
EOF
}
