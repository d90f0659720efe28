#!/usr/bin/env bats
# join: waits until threads end, and exits as the command did.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# Succeeds if the process PID has a socket open.
has_socket() {
  [[ $(readlink "/proc/$1/fd/"*) = *socket:* ]]
}

@test "join exits as the command did" {
  local code
  for code in 0 1 3 64 124 255; do
    run "-$code" k3 join "$(k3 start -- sh -c "exit $code")"
  done
}

@test "join exits with 128+N if signal N ended the command" {
  run -137 k3 join "$(k3 start -- sh -c 'kill -KILL $$')"
  run -143 k3 join "$(k3 start -- sh -c 'kill -TERM $$')"
  run -139 k3 join "$(k3 start -- sh -c 'ulimit -c 0; kill -SEGV $$')"
}

@test "join prints nothing" {
  run -7 k3 join "$(k3 start -- sh -c 'echo printed; exit 7')"
  is "$output" ''
}

@test "join waits until the thread ends" {
  mkfifo gate
  k3 start -n j -- sh -c 'read x <gate; exit 4'
  in_background joining k3 join j
  run -124 k3 join -t 0.2 j
  echo >gate
  finish joining 4
}

@test "join of several threads exits with the first status that is not 0, in the order given" {
  k3 start -n good -- true
  k3 start -n late -- sh -c 'until [ -e go ]; do sleep 0.02; done; exit 5'
  k3 start -n soon -- sh -c 'exit 6'
  in_background joining k3 join good late soon
  wait_for_state soon ended
  touch go
  finish joining 5
  run -5 k3 join good late soon
  run -6 k3 join soon late
  run -0 k3 join good
  run -6 k3 join good soon good
}

@test "join waits for all threads even when the first one has failed" {
  mkfifo gate
  k3 start -n failed -- sh -c 'exit 5'
  k3 start -n slow -- sh -c 'read x <gate'
  k3 join failed || :
  in_background joining k3 join failed slow
  run -124 k3 join -t 0.2 slow
  assert_alive "${background[joining]}"
  echo >gate
  finish joining 5
}

@test "a thread can be joined any number of times, by any number of clients" {
  mkfifo gate
  k3 start -n j -- sh -c 'read x <gate; exit 9'
  for i in {1..20}; do in_background "join$i" k3 join j; done
  echo >gate
  for i in {1..20}; do finish "join$i" 9; done
  run -9 k3 join j
  run -9 k3 join j j
}

@test "join takes ids and patterns" {
  k3 start -n a-1 -- true
  k3 start -n a-2 -- sh -c 'exit 3'
  k3 start -n b -- sh -c 'exit 4'
  run -0 k3 join 1
  run -3 k3 join 'a-*'
  run -4 k3 join '[b]' 'a-*'
}

@test "a name means the live thread of that name, or else the newest ended thread" {
  k3 join "$(k3 start -n n -- sh -c 'exit 1')" || :
  k3 join "$(k3 start -n n -- sh -c 'exit 2')" || :
  run -2 k3 join n
  k3 start -n n -- sh -c 'until [ -e go ]; do sleep 0.02; done; exit 3'
  run -124 k3 join -t 0.1 n
  touch go
  run -3 k3 join n
}

@test "--all joins every live thread" {
  mkfifo gate later
  k3 start -- sh -c 'exit 5'
  k3 join 1 || :
  k3 start -- sh -c 'read x <gate; exit 6'
  k3 start -a 0.1 -- true
  k3 daemon -- sh -c 'read x <later'
  in_background joining k3 join --all
  run -124 k3 join --timeout 0.2 --all
  echo >gate
  run -6 k3 join 2 3
  run -124 k3 join --timeout 0.1 --all
  assert_alive "${background[joining]}"
  echo >later
  finish joining 6
  run -0 k3 join --all
}

@test "join --timeout gives up with status 124, and no thread is harmed" {
  k3 start -n slow -- sleep 1000
  run -124 --separate-stderr k3 join -t 0.1 slow
  like "$stderr" 'k3thread: join: TimeoutError: *'
  run -124 k3 join --timeout=100ms slow
  run -124 k3 join -t 0 slow
  is "$(k3_field slow state)" running
  k3 start -n quick -- true
  run -0 k3 join -t "$LIMIT" quick
  run -0 k3 join -t 0 quick
}

@test "join of a thread that does not exist is an InvalidThreadIdError" {
  k3 start -- true
  run -3 --separate-stderr k3 join nobody
  is "$stderr" "k3thread: join: InvalidThreadIdError: no thread 'nobody'"
  run -3 k3 join 99
  run -3 k3 join 'nobody*'
}

@test "join reports that one of several threads does not exist before it waits for the others" {
  k3 start -n nap -- sleep 1000
  k3 start -n failed -- sh -c 'exit 5'
  run -5 k3 join failed
  run -3 --separate-stderr k3 join failed nap nobody
  is "$stderr" "k3thread: join: InvalidThreadIdError: no thread 'nobody'"
  run -3 k3 join 'na*' 99
  run -3 k3 join nobody 'na*'
  run -3 k3 join --ready nap nobody
  is "$(k3_field nap state)" running
}

@test "join --any prints the name of the first thread to end, and exits with its status" {
  mkfifo gate
  k3 start -n a -- sleep 1000
  k3 start -n b -- sh -c 'read x <gate; exit 7'
  in_background named k3 join --any a b
  in_background matching k3 join --any '?'
  in_background all k3 join --any --all
  run -124 --separate-stderr k3 join --any -t 0.1 a b
  is "$output" ''
  is "$stderr" 'k3thread: join: TimeoutError: none of the threads has ended'
  echo >gate
  for i in named matching all; do
    finish "$i" 7
    is "$(<"$i.out")" b
  done
  is "$(k3_field a state)" running
}

@test "join --any of threads that have ended returns the one that ended first" {
  k3 start -n late -- sleep 1000
  k3 start -n early -- sh -c 'exit 5'
  run -5 k3 join early
  k3 start -n other -- sleep 1000
  k3 raise --wait late SIGKILL
  run -5 k3 join --any late other early
  is "$output" early
  run -137 k3 join --any late other
  is "$output" late
  k3 clear early late
  run -124 k3 join --any -t 0 '*'
}

@test "join --any waits for the newest thread of each name" {
  run -1 k3 join "$(k3 start -n n -- sh -c 'exit 1')"
  run -2 k3 join "$(k3 start -n n -- sh -c 'exit 2')"
  run -2 k3 join --any 'n*'
  run -2 k3 join --any n
  run -1 k3 join --any 1
  k3 start -n n -- sleep 1000
  run -124 k3 join --any -t 0.1 'n*'
}

@test "join --any waits for nothing if a word means no thread" {
  k3 start -n nap -- sleep 1000
  run -3 --separate-stderr k3 join --any nap nobody
  is "$stderr" "k3thread: join: InvalidThreadIdError: no thread 'nobody'"
  run -3 --separate-stderr k3 join --any 'x*' nap
  is "$stderr" "k3thread: join: InvalidThreadIdError: no thread fits 'x*'"
  k3 raise --wait nap
  run -3 --separate-stderr k3 join --any --all
  is "$stderr" 'k3thread: join: InvalidThreadIdError: no thread is live'
}

@test "join --any waits through a restart, and sees a thread that ended before its command ran" {
  k3 start -n again -- sleep 1000
  k3 start -n later -a 1000 -- true
  in_background joining k3 join --any again later
  run -124 k3 join --any -t 0.1 again later
  k3 restart again
  assert_alive "${background[joining]}"
  k3 raise later
  finish joining 143
  is "$(<joining.out)" later
}

@test "join --any works in a script" {
  cat >script <<'END'
start --name a -- sh -c 'exit 3'
daemon --name b -- sleep 1000
join --any a b
END
  run -3 --separate-stderr k3 run --quiet script
  is "$output" a
}

@test "join --any over the socket takes a list, and nothing beside it" {
  k3 start -- true
  script <<'END'
first = start("sh", "-c", "exit 4", name="a")
start("sleep", "1000", name="b")
assert call("join", any=["b", first["id"]])["name"] == "a"
# It waits on when another thread ends.
waiting = Client()
for name in "x", "y":
    start("sleep", "1000", name=name)
waiting.send("join", any=["b", "y"])
for name in "x", "y":
    call("raise", thread=name)
    call("join", thread=name)
assert waiting.receive()["result"]["name"] == "y"
assert call("join", any=["[a]"], members=["exit_code"]) == {"exit_code": 4}
fails(-32002, "ValueError", "join", any=["b"], thread="b")
fails(-32002, "ValueError", "join", any=["b"], ready=True)
fails(-32002, "ValueError", "join", any=["*"] * 101)
failure = fails(-32001, "TypeError", "join", any="b")
assert failure.message == '"any" must be a list of threads', failure
fails(-32001, "TypeError", "join", any=[[]])
fails(-32003, "InvalidThreadIdError", "join", any=["b", "c"])
fails(-32005, "TimeoutError", "join", any=["b"], timeout=0)
END
}

@test "a client that dies in join --any changes nothing" {
  k3 start -n slow -- sleep 1000
  in_background joining "$K3THREAD" join --any slow
  wait_until "$DEADLINE" has_socket "${background[joining]}"
  kill -KILL "${background[joining]}"
  finish joining 137
  k3 raise --wait slow
  run -143 k3 join --any slow
}

@test "join refuses a command line without threads and without --all" {
  run -64 k3 join
  run -64 k3 join --all a
  run -64 k3 join --any
  run -64 k3 join --any --ready a
  run -64 k3 join -t x a
}

@test "a client that dies while it joins changes nothing" {
  k3 start -n slow -- sleep 1000
  in_background joining "$K3THREAD" join slow
  wait_until "$DEADLINE" has_socket "${background[joining]}"
  kill -KILL "${background[joining]}"
  finish joining 137
  is "$(k3_field slow state)" running
  k3 raise --wait slow
  run -143 k3 join slow
}

@test "a thousand joins wait at the same time, and each gets its reply" {
  (ulimit -n "$(ulimit -Hn)" && k3 start -n slow -- sleep 1000)
  script <<'EOF'
clients = [Client() for _ in range(500)]
for client in clients:
    client.send("join", thread="slow")
many = Client()
ids = {many.send("join", thread=1) for _ in range(500)}

began = time.time()
assert call("list", threads=["slow"])[0]["state"] == "running"
assert time.time() - began < 5, "the joins delay others"

call("raise", thread="slow")
for client in clients:
    assert result_of(client.receive())["signal"] == 15
while ids:
    answer = many.receive()
    assert result_of(answer)["signal"] == 15
    ids.remove(answer["id"])
EOF
}

@test "no status is lost or doubled among many short threads" {
  k3 start -- true
  script <<'EOF'
client = Client()
environment = ["PATH=" + os.environ["PATH"]]
started = {}
for number in range(200):
    sent = client.send("start", command=["sh", "-c", "exit %d" % (number % 100)],
                       environment=environment, directory="/")
    started[sent] = number
ids = {}
while started:
    answer = client.receive()
    ids[result_of(answer)["id"]] = started.pop(answer["id"])
assert len(ids) == 200
joining = {client.send("join", thread=id): id for id in ids}
while joining:
    answer = client.receive()
    id = joining.pop(answer["id"])
    thread = result_of(answer)
    assert (thread["id"], thread["exit_code"], thread["signal"]) == (id, ids[id] % 100, None), thread
EOF
}

@test "join --timeout names each thread that is late by name and id, however the caller named it" {
  k3 start -n web -- sleep 1000
  late="TimeoutError: thread 'web' (id 1) has not ended"
  for words in web 1 'w*' --all; do
    run -124 --separate-stderr k3 join -t 0.05 "$words"
    is "$stderr" "k3thread: join: $late"
  done
  run -1 --separate-stderr k3 raise -w0.05 'w*' SIGCONT
  is "$stderr" "k3thread: raise: $late"
  k3 start -n slow --ready line:never -- sleep 1000
  run -124 --separate-stderr k3 join --ready -t 0.05 2
  is "$stderr" "k3thread: join: TimeoutError: thread 'slow' (id 2) is not ready: it waits for line:never"
  k3 raise 2
  run -125 --separate-stderr k3 join --ready 2
  is "$stderr" "k3thread: join: NotReadyError: thread 'slow' (id 2) ended before it was ready"
}

@test "join says why a thread's command never ran" {
  k3 start --name svc --ready line:never -- sh -c 'exit 4' || :
  k3 start --name needs --needs svc -- true
  run -125 --separate-stderr k3 join needs
  like "$stderr" "k3thread: join: thread 'needs' (id 2): thread 'svc' (id 1), which it needs, ended*"
  run -127 k3 start --name none -- ./none
  run -127 --separate-stderr k3 join none
  like "$stderr" "k3thread: join: thread 'none' (id 3): cannot run './none': No such file*"
  k3 start --name late --after 1000 -- true
  k3 raise --message 'no more' late
  run -143 --separate-stderr k3 join late
  is "$stderr" ''
}

# clears_after_list SOCKET: a server that has a live thread and an ended one when it is asked for the
# list, and none when the client joins them, as if another client had cleared them.
clears_after_list() {
  fake_server "$1" '
client, _ = listener.accept()
for line in client.makefile("rb"):
    request = json.loads(line)
    answer = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] == "list":
        answer["result"] = [{"id": 1, "name": "live"},
                            {"id": 2, "name": "ended", "ended": 5.0, "exit_code": 3}]
    else:
        answer["error"] = {"code": -32003, "message": "none", "data": {"type": "InvalidThreadIdError"}}
    client.sendall(json.dumps(answer).encode() + b"\n")'
}

@test "a thread that another client clears during join --all, or during a join of a pattern, counts as ended" {
  for thread in --all '*'; do
    clears_after_list "$dir/fake.sock"
    run -3 --separate-stderr k3 -S "$dir/fake.sock" join "$thread"
    is "$stderr" ''
    finish server
    rm fake.sock
  done
}

@test "start, start --wait, join and --json report the same error of a command that could not be run" {
  ln -s loop loop
  cp /bin/true busy
  exec 7>>busy
  printf '#!/no/such/interpreter\n' >script
  chmod +x script
  longname=./$(printf 'x%.0s' {1..300})
  for case in 126:./loop 126:./busy 126:/etc/passwd/x "126:$longname" 127:./script 126:/ 127:./none; do
    status=${case%%:*}
    run "-$status" k3 start --wait -n a -- "${case#*:}"
    run "-$status" k3 join a
    is "$(k3_field a exit_code)" "$status"
    run "-$status" k3 start -n a -- "${case#*:}"
  done
  exec 7>&-
  for output in no/such/out /; do
    run -125 k3 start --wait -n a -o "$output" -- true
    run -125 k3 join a
    is "$(k3_field a exit_code)" 125
  done
}

@test "a join that waits long does not delay the reply about a short thread" {
  k3 start -n a -- sleep 1000
  script <<'EOF'
client = Client()
begin = time.monotonic()
long = [client.send("join", thread="a", timeout=20) for _ in range(3)]
short = [client.send("join", thread="a", timeout=timeout) for timeout in (0.3, 0.1, 0.2)]
answers = [client.receive() for _ in short]
assert [answer["id"] for answer in answers] == [short[1], short[2], short[0]], answers
assert all(answer["error"]["data"]["type"] == "TimeoutError" for answer in answers), answers
assert time.monotonic() - begin < 10
EOF
}
