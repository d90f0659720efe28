#!/usr/bin/env bats
# The method "read": a log through the socket, for clients that cannot open the file.

# shellcheck disable=SC2016,SC2154

load helpers

# reading: defines what the scripts below share.
reading() {
  cat - <<'PY'
def data(reply):
    return base64.b64decode(reply["data"]["base64"]) if isinstance(reply["data"], dict) else reply["data"].encode()

def read_all(client, reader, **wish):
    """Returns all that the reader gives, and its replies."""
    replies = [client.call("read", reader=reader, open=True, **wish)]
    while not replies[-1].get("end"):
        replies.append(client.call("read", reader=reader))
    return b"".join(data(r) for r in replies), replies
PY
  cat
}

@test "read gives every byte once, and ends" {
  k3 start --wait --name text -- sh -c 'seq 100000; printf "\377\0end"' >wanted
  reading <<'PY' | script
wanted = open("wanted", "rb").read()
client = Client()
for wish in {}, {"follow": True}, {"size": 1000}, {"size": 262144}:
    got, replies = read_all(client, 1, thread="text", **wish)
    assert got == wanted, (len(got), len(wanted))
    assert "gap" not in str([{k: v for k, v in r.items() if k != "data"} for r in replies])
    at = 0
    for r in replies:
        assert r["reader"] == 1
        assert r["offset"] == at, r["offset"]
        at += len(data(r))
assert client.call("read", reader=1) == {"reader": 1, "data": "", "end": True}
PY
}

@test "read begins at an offset, with the last lines, or with the output of the last seconds" {
  k3 start --wait --name text -- seq 1000 >wanted
  reading <<'PY' | script
wanted = open("wanted", "rb").read()
client = Client()
assert read_all(client, 1, thread="text", offset=100)[0] == wanted[100:]
assert read_all(client, 1, thread="text", lines=2)[0] == b"999\n1000\n"
assert read_all(client, 1, thread="text", lines=0)[0] == b""
assert read_all(client, 1, thread="text", since=3600)[0] == wanted
wait_until("quiet", lambda: read_all(client, 1, thread="text", since=0.01)[0] == b"")
PY
}

@test "read that follows waits for output, and ends with the thread" {
  mkfifo go again
  k3 start --name slow -- sh -c 'echo a; read x <go; echo b; read x <again; echo c'
  reading <<'PY' | script
client = Client()
assert data(client.call("read", reader=5, open=True, thread="slow", follow=True)) == b"a\n"
first, second = client.send("read", reader=5), client.send("read", reader=5)
assert client.call("read", reader=6, open=True, thread="slow")["end"] is True
open("go", "w").write("\n")
answer = client.receive()
assert answer["id"] in (first, second) and data(answer["result"]) == b"b\n", answer
open("again", "w").write("\n")
rest, end = b"", False
while not end:
    answer = client.receive()["result"]
    rest, end = rest + data(answer), answer.get("end", False)
    if not end:
        client.send("read", reader=5)
assert rest == b"c\n", rest
PY
}

@test "read that follows a thread that has not begun waits for its command" {
  k3 start --name gate -- sleep 1000
  k3 start --name later --needs gate:ended -- echo hello
  reading <<'PY' | script
client = Client()
assert read_all(client, 1, thread="later")[0] == b""
Client().call("raise", thread="gate")
assert read_all(client, 1, thread="later", follow=True)[0] == b"hello\n"
PY
}

@test "a read that is sent together with a start reads the log of that thread" {
  k3 start -- true
  reading <<'PY' | script
client = Client()
params = {"command": ["echo", "hello"], "environment": ["PATH=" + os.environ["PATH"]], "directory": "/"}
client.send("start", **params)
client.send("read", reader=1, open=True, follow=True)
answers = [client.receive(), client.receive()]
reads = [a["result"] for a in answers if a["id"] == 2]
assert reads and data(reads[0]) == b"hello\n", answers
PY
}

@test "read says where each run begins, also before the run has printed anything" {
  mkfifo go
  k3 start --name again -- sh -c 'echo run; read x <go'
  reading <<'PY' | script
client = Client()
assert data(client.call("read", reader=1, open=True, thread="again", follow=True)) == b"run\n"
client.send("read", reader=1)
Client().call("restart", thread="again")
reply = client.receive()["result"]
runs = reply["runs"]
assert [(r["run"], r["offset"]) for r in runs] == [(2, 4)], runs
assert runs[0]["how"] and runs[0]["time"] > 1e18, runs
PY
  k3 raise --wait again SIGKILL
}

@test "read reports bytes that the log has lost" {
  k3 start --wait --name long --log-limit 64K -- sh -c 'seq 200000' >/dev/null
  reading <<'PY' | script
log = call("logs", thread="long")
text, replies = read_all(Client(), 1, thread="long", offset=0)
assert replies[0]["gap"] is True
assert replies[0]["offset"] == log["offset"] > 0, replies[0]["offset"]
assert text.startswith(b"1") and text.endswith(b"200000\n") and len(text) < 1000000
lines = text.split()
assert lines == [b"%d" % n for n in range(int(lines[0]), 200001)]
PY
}

@test "read gives every byte of a log that is moved away or emptied between two runs" {
  mkfifo go
  touch runs
  k3 start --name moved --output "$dir/out" -- sh -c 'echo "run $(wc -l <runs)"; read x <go'
  k3 raise --wait moved SIGKILL
  echo >>runs
  k3 restart moved
  wait_for_file out
  reading <<'PY' | script
client = Client()
first = client.call("read", reader=1, open=True, thread="moved", follow=True, offset=0)
got = data(first)
waits = client.send("read", reader=1)
os.rename("out", "old")
open("runs", "a").write("\n")
Client().call("restart", thread="moved")
while b"run 2" not in got:  # the first file, to its end, and then the next
    reply = client.receive()["result"]
    got += data(reply)
    client.send("read", reader=1)
assert got.count(b"run") == 3 - (b"run 0" not in got), got
open("out", "w").close()
open("runs", "a").write("\n")
Client().call("restart", thread="moved")
while b"run 3" not in got:
    reply = client.receive()["result"]
    got += data(reply)
    client.send("read", reader=1)
PY
  k3 raise --wait moved SIGKILL
}

@test "read that follows waits for the next run if the log of a live thread was removed" {
  k3 start --name a -- sh -c 'echo hello; sleep 1000'
  k3 join -t "$LIMIT" --until line:hello a
  rm "$(k3_field a log)"
  reading <<'PY' | script
client = Client()
id = client.send("read", reader=1, open=True, thread="a", follow=True)
Client().call("restart", thread="a")
reply = client.receive()
assert reply["id"] == id, reply
while not data(reply["result"]):
    client.send("read", reader=1)
    reply = client.receive()
assert data(reply["result"]) == b"hello\n", reply
PY
}

@test "a reader that is closed answers the reads that wait, and holds no file" {
  k3 start --name quiet -- sleep 1000
  reading <<'PY' | script
pid = call("version")["pid"]
client = Client()
client.call("version")
before = descriptors(pid)
for n in range(20):
    client.send("read", reader=n, open=True, thread="quiet", follow=True)
client.call_id = client.send("version")
assert client.receive()["id"] == client.call_id
assert descriptors(pid) > before
for n in range(20):
    client.send("read", reader=n, close=True)
for n in range(40):
    assert client.receive()["result"]["end"] is True
assert descriptors(pid) <= before + 1, (descriptors(pid), before)  # one inotify instance may stay
for n in range(20):
    client.send("read", reader=n, open=True, thread="quiet", follow=True)
client.close()
wait_until("closed", lambda: descriptors(pid) <= before)
PY
}

@test "read refuses an impossible request" {
  k3 start --wait --name text -- echo hello >/dev/null
  k3 start --wait --name gone -- echo hello >/dev/null
  rm "$(k3_field gone log)"
  k3 start --wait --name odd -- echo hello >/dev/null
  rm "$(k3_field odd log)"
  mkdir "$(k3_field odd log)"
  script <<'PY'
client = Client()
fails(-32602, "TypeError", "read", thread="text")
fails(-32001, "TypeError", "read", reader="a", thread="text")
fails(-32602, "TypeError", "read", reader=1, open=True, thread="text", folow=True)
fails(-32003, "InvalidThreadIdError", "read", reader=1, open=True, thread="none")
fails(-32003, "InvalidThreadIdError", "read", reader=1, open=True)
for size in 0, -1, 262145:
    fails(-32002, "ValueError", "read", reader=1, open=True, thread="text", size=size)
fails(-32002, "ValueError", "read", reader=1, open=True, thread="text", since=-1)
assert "gone" in fails(-32007, "FileNotFoundError", "read", reader=1, open=True, thread="gone").message
assert "is no regular file" in fails(-32006, "OSError", "read", reader=1, open=True, thread="odd").message
id = client.send("read", reader=1, open=True, thread="text", size=1)
client.receive()
client.send("read", reader=1, open=True, thread="text")
assert client.receive()["error"]["data"]["type"] == "ValueError"
for n in range(2, 4097):
    client.send("read", reader=n, open=True, thread="text", size=1)
answers = [client.receive() for n in range(2, 4097)]
assert all("result" in a for a in answers)
client.send("read", reader=5000, open=True, thread="text", size=1)
assert client.receive()["error"]["data"]["type"] == "RuntimeError"
PY
}

@test "a log that the system cannot watch is read too" {
  mkfifo go
  sandbox=(timeout --foreground -s KILL "$DEADLINE" unshare --user --map-root-user)
  "${sandbox[@]}" true || skip "needs user namespaces"
  for what in instances watches; do
    "${sandbox[@]}" sh -c 'echo 0 >"/proc/sys/user/max_inotify_$0"; exec "$@"' "$what" \
      "$K3THREAD" start --name slow -- sh -c 'echo a; read x <go; echo b; exec sleep 1000'
    reading <<'PY' | script
client = Client()
assert data(client.call("read", reader=1, open=True, thread="slow", follow=True)) == b"a\n"
waits = client.send("read", reader=1)
open("go", "w").write("\n")
assert data(client.receive()["result"]) == b"b\n"
PY
    k3 shutdown --now
  done
}

@test "later starts of the connection get the surroundings, unless a start brings its own" {
  k3 start -- true
  mkdir -p home/sub
  script <<'PY'
here = os.getcwd()
def output(client, **params):
    id = client.call("start", command=["sh", "-c", 'pwd; umask; echo "$A $B ${K3THREAD_HOST-none}"; ulimit -n'], **params)["id"]
    client.call("join", thread=id)
    return client.call("logs", thread=id)["text"].split("\n")[:4]

def own(**params):
    client = Client()
    path = "PATH=" + os.environ["PATH"]
    client.call("surroundings", environment=[path, "A=1", "B=2", "K3THREAD_HOST=x"], directory=here + "/home",
                umask=0o27, limits={"nofile": [234, 234]}, **params)
    return client

client = own()
usual = [here + "/home", "0027", "1 2 none", "234"]
assert output(client, environment=True) == usual
assert output(client) == usual
assert output(client, environment=True, variables=["B=3", "C=4", "K3THREAD_HOST=y"])[2] == "1 3 none"
assert output(client, environment=True) == usual
assert output(client, directory="sub")[0] == here + "/home/sub"
assert output(client, directory="/", umask=0o77)[:2] == ["/", "0077"]
client.call("join", thread=client.call("start", command=["echo", "x"], output="sub/file")["id"])
assert open("home/sub/file").read() == "x\n"

# Without surroundings nothing has changed.
other = Client()
assert output(other, environment=["A=5", "PATH=" + os.environ["PATH"]])[:3] == ["/", "0022", "5  none"]
fails(-32002, "ValueError", "start", command=["true"], directory="sub")
fails(-32002, "ValueError", "start", command=["true"], environment=[], variables=["A"])
fails(-32001, "TypeError", "start", command=["true"], environment=[], variables="A=1")
fails(-32602, "TypeError", "surroundings", directory="/")
fails(-32602, "TypeError", "surroundings", environment=[])
fails(-32001, "TypeError", "surroundings", environment="A=1", directory="/")
fails(-32002, "ValueError", "surroundings", environment=["A"], directory="/")
fails(-32002, "ValueError", "surroundings", environment=[], directory="home")
fails(-32002, "ValueError", "surroundings", environment=[], directory="/", nice=99)
PY
}
