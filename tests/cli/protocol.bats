#!/usr/bin/env bats
# The socket, used by clients that are not k3thread's own: Python's standard library and socat.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

setup() {
  begin_test
  k3 start -n first -- sleep 1000
}

# --- methods ---

@test "socat can raise as the contract shows it" {
  printf '{"jsonrpc":"2.0","id":1,"method":"raise","params":{"thread":"first","exception":"SystemExit"}}\n' |
    socat -t 10 - "UNIX-CONNECT:$K3THREAD_SOCKET" >answer
  like "$(cat answer)" '{"jsonrpc":*"2.0",*"id":*1,*"result":*"first"*}'
  run -143 k3 join first
}

@test "start answers with the thread, and accepts each parameter" {
  script <<'EOF'
thread = call("start", command=["sleep", "1000"], name="web", after=0.25, daemon=True, timeout=500,
              grace=0, directory="/", environment=["a=b"], umask=0o22, output=os.getcwd() + "/out")
assert thread["id"] == 2 and thread["name"] == "web" and thread["state"] == "delayed", thread
assert thread["daemon"] is True and thread["after"] == 0.25 and thread["pid"] is None, thread
assert thread["command"] == ["sleep", "1000"] and thread["directory"] == "/", thread
assert thread["log"] == os.getcwd() + "/out", thread
assert thread["created"] and thread["started"] is None and thread["ended"] is None, thread
thread = call("start", command=["sleep", "1000"], directory="/")
assert thread["state"] == "running" and thread["pid"] and thread["tid"], thread
EOF
}

@test "watch answers with the directory of the logs" {
  script <<'EOF'
answer = call("watch")
assert answer["watching"] is True, answer
assert call("list")[0]["log"] == answer["logs"] + "/1.log", answer
EOF
}

@test "a start whose command cannot be run answers with the error and the thread" {
  script <<'EOF'
failure = fails(-32007, "FileNotFoundError", "start", command=["no-such-command"], directory="/")
assert failure.data["thread"]["state"] == "ended", failure
assert failure.data["thread"]["exit_code"] == 127, failure
failure = fails(-32008, "PermissionError", "start", command=["/"], directory="/")
assert failure.data["thread"]["exit_code"] == 126, failure
EOF
}

@test "start refuses a parameter of the wrong kind or with an impossible value" {
  script <<'EOF'
TYPE, VALUE = (-32001, "TypeError"), (-32002, "ValueError")
for error, params in [
        (TYPE, {"command": []}),
        (TYPE, {"command": "ls"}),
        (TYPE, {"command": [1]}),
        (TYPE, {"command": [{"base64": "!"}]}),
        (VALUE, {"command": [{"base64": "AGE="}]}),  # a NUL byte
        (TYPE, {"command": ["true"], "name": 7}),
        (TYPE, {"command": ["true"], "environment": "a=b"}),
        (TYPE, {"command": ["true"], "environment": [None]}),
        (VALUE, {"command": ["true"], "environment": ["novalue"]}),
        (VALUE, {"command": ["true"], "name": ""}),
        (VALUE, {"command": ["true"], "name": "1"}),
        (VALUE, {"command": ["true"], "name": "first"}),
        (VALUE, {"command": ["true"], "after": -1}),
        (VALUE, {"command": ["true"], "grace": -0.5}),
        (VALUE, {"command": ["true"], "timeout": -1}),
        (VALUE, {"command": ["true"], "umask": 0o1000}),
        (VALUE, {"command": ["true"], "umask": -1}),
        (TYPE, {"command": ["true"], "nice": "1"}),
        (TYPE, {"command": ["true"], "limits": {"nofile": 10}}),
        (TYPE, {"command": ["true"], "members": "id"}),
        (VALUE, {"command": ["true"], "directory": "relative"}),
        (VALUE, {"command": ["true"], "output": "relative"}),
        (TYPE, {"command": ["true"], "input": 1}),
        (VALUE, {"command": ["true"], "input": "relative"})]:
    fails(*error, "start", **params)
for name, value, kind in [("after", "1", "a number"), ("timeout", True, "a number"),
                          ("daemon", 1, "true or false"), ("umask", 0.5, "a whole number"),
                          ("restart", 1, "a string"), ("log_limit", "1", "a whole number")]:
    failure = fails(*TYPE, "start", command=["true"], **{name: value})
    assert failure.message == 'start: "%s" must be %s' % (name, kind), failure
for params, message in [({}, "start: missing parameter 'command'"),
                        ({"command": None}, "start: missing parameter 'command'"),
                        ({"command": ["true"], "tiemout": 1},
                         "start: unknown parameter 'tiemout'; did you mean 'timeout'?"),
                        ({"command": ["true"], "xyzzy": 1}, "start: unknown parameter 'xyzzy'")]:
    failure = fails(INVALID_PARAMS, "TypeError", "start", **params)
    assert failure.message == message, failure
assert [t["name"] for t in call("list")] == ["first"]
EOF
}

@test "chained starts run one after the other, and none runs after a start that failed" {
  script <<'EOF'
client = Client()
def start_chained(*command, chained=True, **params):
    return client.send("start", command=command, directory="/", chained=chained, **params)

ids = [start_chained("true", name="one"), start_chained("no-such-command"), start_chained("true"),
       client.send("version"), start_chained("true", name="anew", chained=False),
       start_chained("true", name="last")]
answers = [client.receive() for _ in ids]
assert [answer["id"] for answer in answers[:4]] == ids[:4], answers
assert answers[1]["error"]["data"]["type"] == "FileNotFoundError", answers
assert answers[2]["error"]["data"]["type"] == "RuntimeError", answers
assert "chain" in answers[2]["error"]["message"], answers
names = [thread["name"] for thread in call("list")]
assert names == ["first", "one", "Thread-3", "anew", "last"], names
fails(-32001, "TypeError", "start", command=["true"], directory="/", chained=1)
EOF
}

@test "a chained start with \"hold\" false still breaks the chain when it fails" {
  script <<'EOF'
client = Client()
def start_chained(*command):
    return client.send("start", command=command, directory="/", chained=True, hold=False)

ids = {start_chained("sleep", "1000") for _ in range(200)}
assert {client.receive()["id"] for _ in ids} == ids
start_chained("no-such-command")
assert client.receive()["error"]["data"]["type"] == "FileNotFoundError"
start_chained("true")
assert client.receive()["error"]["data"]["type"] == "RuntimeError"
client.call("start", command=["true"], directory="/")
client.call("start", command=["true"], directory="/", chained=True)
EOF
  k3 shutdown --now
}

@test "a chain ends when its client goes without waiting for it" {
  script <<'EOF'
import signal
supervisor = call("version")["pid"]
os.kill(supervisor, signal.SIGSTOP)
client = Client()
for i in range(9):
    client.send("start", command=["true"], directory="/", name="t%d" % i, chained=True)
client.send("raise", thread="first")
client.close()
os.kill(supervisor, signal.SIGCONT)
call("join", thread="first")
names = [thread["name"] for thread in call("list")]
assert names == ["first", "t0"], names
EOF
}

@test "list, join, raise, logs and clear answer as documented" {
  script <<'EOF'
first = call("list")[0]
(listed,) = call("list", threads=["first", "f*", 1], live=True)
assert first.pop("seconds") <= listed.pop("seconds") and listed == first
assert call("list", threads=["none*"]) == []
fails(-32003, "InvalidThreadIdError", "list", threads=["none"])

made = start("sh", "-c", "printf 'one\\ntwo\\n\\377'; exit 3", name="made")
ended = call("join", thread="made")
assert ended["id"] == made["id"] and ended["exit_code"] == 3 and ended["state"] == "ended", ended
assert ended["pid"] is None and ended["tid"] is None, ended
assert call("join", thread=made["id"]) == ended

log = call("logs", thread="made")
assert log["id"] == made["id"] and log["name"] == "made" and log["log"] == made["log"], log
assert base64.b64decode(log["text"]["base64"]) == b"one\ntwo\n\xff", log
assert log["size"] == 9 and log["offset"] == 0, log
assert base64.b64decode(call("logs", thread="made", lines=1)["text"]["base64"]) == b"\xff"
assert call("logs", thread="made", lines=0)["text"] == ""

assert call("clear", threads=["made", "made"]) == {"cleared": 1}
fails(-32003, "InvalidThreadIdError", "logs", thread="made")
fails(-32003, "InvalidThreadIdError", "join", thread=made["id"])

raised = call("raise", thread="first", exception="KeyboardInterrupt", message="enough")
assert [t["id"] for t in raised] == [1], raised
ended = call("join", thread=1)
assert (ended["exception"], ended["message"], ended["signal"]) == \
    ("KeyboardInterrupt", "enough", 2), ended
fails(-32003, "InvalidThreadIdError", "raise", thread="first")
fails(-32003, "InvalidThreadIdError", "raise", thread="f*")
assert call("raise", all=True) == []
EOF
}

@test "raise requires a thread or all, and an exception that exists" {
  script <<'EOF'
fails(-32002, "ValueError", "raise", thread="first", exception="NoSuch")
fails(-32001, "TypeError", "raise")
fails(-32001, "TypeError", "raise", thread="first", all=True)
fails(-32001, "TypeError", "raise", thread=["first"])
fails(-32001, "TypeError", "raise", thread="first", exception=1)
failure = fails(INVALID_PARAMS, "TypeError", "raise", thread="first", excepton="SystemExit")
assert failure.message == "raise: unknown parameter 'excepton'; did you mean 'exception'?", failure
fails(-32002, "ValueError", "join", thread="f*")
assert call("list")[0]["state"] == "running"
EOF
}

@test "join with a timeout fails with TimeoutError" {
  script <<'EOF'
began = time.time()
fails(-32005, "TimeoutError", "join", thread="first", timeout=0.2)
assert time.time() - began >= 0.2
fails(-32005, "TimeoutError", "join", thread="first", timeout=0)
assert call("list")[0]["state"] == "running"
EOF
}

@test "exceptions answers with the same tree that the command shows" {
  script >tree <<'EOF'
types = {t["name"]: t for t in call("exceptions")}
assert types["BaseException"] == {"name": "BaseException", "base": None, "signal": None}
assert types["SystemExit"]["base"] == "BaseException"
assert types["RuntimeError"]["base"] == "Exception"
assert types["SIGHUP"] == {"name": "SIGHUP", "base": "Signal", "signal": 1}
for t in types.values():
    assert t["base"] is None or t["base"] in types, t
print("\n".join(sorted(types)))
EOF
  is "$(k3 exceptions | tr -d ' ' | LC_ALL=C sort)" "$(cat tree)"
}

@test "version names the protocol and the process" {
  script >pid <<'EOF'
version = call("version")
assert version["version"] == "0.1.0" and version["protocol"] == 1, version
print(version["pid"])
EOF
  is "$(cat /proc/"$(cat pid)"/comm)" k3thread
  is "$(cat pid)" "$(supervisor_pid)"
}

@test "shutdown answers when every thread has ended" {
  script <<'EOF'
client = Client()
pid = client.call("version")["pid"]
assert client.call("shutdown", now=True) == {"ended": 1}
assert client.receive() is None
EOF
  wait_until "$DEADLINE" test ! -e "$K3THREAD_SOCKET"
}

@test "a string that is not UTF-8 travels in base64 in both directions" {
  script <<'EOF'
def b64(data):
    return {"base64": base64.b64encode(data).decode()}

name = b"\xff\xfe"
thread = call("start", name=b64(name), directory="/", environment=["PATH=/bin:/usr/bin"],
              command=["printf", "%s", b64(b"a\x80b"), b64(b"plain")])
assert thread["name"] == b64(name), thread
assert thread["command"] == ["printf", "%s", b64(b"a\x80b"), "plain"], thread
assert call("join", thread=b64(name))["exit_code"] == 0
assert call("logs", thread=b64(name))["text"] == b64(b"a\x80bplain")
failure = fails(-32003, "InvalidThreadIdError", "raise", thread=b64(b"\xfe"))
call("raise", thread="first", message=b64(b"\xff"))
assert call("join", thread="first")["message"] == b64(b"\xff")
EOF
}

# --- JSON-RPC ---

@test "a line that is no request gets the error code that JSON-RPC has for it" {
  script <<'EOF'
def check(data, code, id=None):
    answer = ask(data + b"\n")
    assert answer["id"] == id and answer["error"]["code"] == code, (data, answer)
    assert answer["error"]["message"], answer

for data in [b"{", b"hello", b"{}}", b'{"jsonrpc":"2.0",}', b"\xff\xff", b'{"a":1,"a":2}',
             b'{"jsonrpc":"2.0","id":1,"method":"list"\x00}', b"\x00", b"NaN"]:
    check(data, PARSE_ERROR)
for data in [b"1", b"null", b'"list"', b"[]", b"[1]", b"{}",
             b'{"jsonrpc":"2.0"}', b'{"method":"list"}', b'{"jsonrpc":"1.0","method":"list"}',
             b'{"jsonrpc":"2.0","method":1}', b'{"jsonrpc":"2.0","id":{},"method":"list"}']:
    check(data, INVALID_REQUEST)
check(b'{"jsonrpc":"2.0","id":5,"method":"list","params":[1]}', INVALID_REQUEST, 5)
for method, params in [("join", {"thread": "first\0"}), ("start", {"command": ["true", "\0"]}),
                       ("raise", {"thread": "first", "exception": "SystemExit\0x"}),
                       ("list", {"members": ["id\0"]}), ("list\0", {}),
                       ("join", {"thread": {"base64": "Zmlyc3QA"}})]:
    check(request(6, method, params).rstrip(), -32002, 6)
check(rb'{"jsonrpc":"2.0","id":7,"method":"join","params":{"thread":"\\u0000"}}', -32003, 7)
check(b'{"jsonrpc":"2.0","id":"x","method":"nothing"}', METHOD_NOT_FOUND, "x")
assert ask(request(8, "m" * 65, {}))["error"]["message"] == "no method '%s'" % ("m" * 64)
check(b'{"jsonrpc":"2.0","id":1.5,"method":"list","params":{"no":1}}', INVALID_PARAMS, 1.5)
assert call("version")["protocol"] == 1
EOF
}

@test "a reply carries the id of its request unchanged, whatever the id is" {
  script <<'EOF'
for id in [0, -1, 7, 1.5, "", "a\u00e9\n", 2**53]:
    assert ask(request(id, "version", {}))["id"] == id
assert ask(b'{"jsonrpc":"2.0","id":null,"method":"version"}\n')["id"] is None
EOF
}

@test "a notification is carried out and gets no reply" {
  script <<'EOF'
client = Client()
client.send_bytes(b'{"jsonrpc":"2.0","method":"raise","params":{"thread":"first"}}\n')
client.send_bytes(b'{"jsonrpc":"2.0","method":"nothing"}\n')
assert client.call("join", thread="first")["exception"] == "SystemExit"
EOF
}

@test "a connection ends when the last notification that its client sent is carried out" {
  script <<'EOF'
client = Client()
client.send_bytes(b'{"jsonrpc":"2.0","method":"join","params":{"thread":"first"}}\n')
client.end_of_input()
client.socket.settimeout(0.1)
try:
    raise AssertionError(client.receive())
except TimeoutError:
    client.socket.settimeout(TIMEOUT)
call("raise", thread="first")
assert client.receive() is None
EOF
}

@test "a request may leave out params" {
  script <<'EOF'
assert call("list", threads=None, live=None)[0]["name"] == "first"
assert result_of(ask(b'{"jsonrpc":"2.0","id":1,"method":"list"}\n'))[0]["name"] == "first"
EOF
}

@test "a client can send requests before it has the replies, and the replies carry the ids" {
  script <<'EOF'
client = Client()
joining = client.send("join", thread="first")
listing = client.send("list")
raising = client.send("raise", thread="first")
answers = [client.receive()["id"] for _ in range(3)]
assert answers == [listing, raising, joining], answers

sent = [client.send("version") for _ in range(2000)]
assert [client.receive()["id"] for _ in sent] == sent
EOF
}

# --- framing ---

@test "a request can come in pieces, and several requests can come at once" {
  script <<'EOF'
client = Client()
for byte in request(1, "version", {}):
    client.send_bytes(bytes([byte]))
assert client.receive()["id"] == 1
client.send_bytes(request(2, "version", {}) + b"\n \r\n" + request(3, "list", {}) +
                  request(4, "version", {})[:20])
assert client.receive()["id"] == 2
assert client.receive()["id"] == 3
client.send_bytes(request(4, "version", {})[20:])
assert client.receive()["id"] == 4
EOF
}

@test "half a line delays no other client, and is dropped when its client goes" {
  script <<'EOF'
pid = call("version")["pid"]
before = descriptors(pid)
clients = [Client() for _ in range(50)]
for client in clients:
    client.send_bytes(b'{"jsonrpc":"2.0","id":1,"method":"li')
# Connections that were closed just before may still have been counted.
wait_until("they are connected", lambda: descriptors(pid) >= before + len(clients) - 10)
assert call("version")
for client in clients:
    client.close()
wait_until("all have been let go", lambda: descriptors(pid) <= before)
assert call("list")[0]["state"] == "running"
EOF
}

@test "a client that has sent its last request still gets the replies that it waits for" {
  script <<'EOF'
client = Client()
client.send("join", thread="first")
client.send("version")
client.end_of_input()
assert client.receive()["id"] == 2
call("raise", thread="first")
assert result_of(client.receive())["exception"] == "SystemExit"
assert client.receive() is None
EOF
}

@test "a client that has sent its last request gets the replies that had to wait until it reads" {
  script <<'EOF'
start("/bin/true", "x" * 100000)
client = Client()
# Some 10 MB of answers. The requests are sent at once: the socket holds fewer than 100 small pieces that are not read.
client.send_bytes(b"".join(request(i + 1, "list", {}) for i in range(100)))
client.end_of_input()
for i in range(100):
    answer = client.receive()
    assert answer is not None and answer["id"] == i + 1, (i, answer)
assert client.receive() is None
EOF
}

@test "a request as long as a command line can be is served" {
  script <<'EOF'
words = ["x" * 100000] * 15
thread = start("true", *words)
assert call("join", thread=thread["id"])["exit_code"] == 0
EOF
}

@test "the cost of a long line in small pieces is proportional to its length" {
  script "$(supervisor_pid)" <<'EOF'
def busy():
    """Hundredths of a second of processor time."""
    with open("/proc/%s/stat" % sys.argv[1]) as stat:
        return sum(map(int, stat.read().rsplit(") ")[1].split()[11:13]))
client = Client()
before = busy()
client.send_bytes(b'{"jsonrpc":"2.0","id":1,"method":"version","params":{},"x":"')
client.send_bytes(b"x" * 7000000)
for i in range(5000): # a look at 7 MB for each would take seconds
    client.send_bytes(b"x")
    while client.unread():
        pass
client.send_bytes(b'"}\n')
assert client.receive()["result"]["pid"]
assert busy() - before < 80, busy() - before
EOF
}

@test "a line without an end is refused, and other clients are served" {
  script <<'EOF'
client = Client()
sent = 0
try:
    while sent < 64 << 20:
        client.send_bytes(b"x" * (1 << 20))
        sent += 1 << 20
except OSError:
    pass
assert sent < 32 << 20, "the supervisor reads for ever"
assert call("version")

# A line has at most 8 MiB with its end.
whole, cut = Client(), Client()
whole.send_bytes(request(1, "version", {})[:-2].ljust((8 << 20) - 2))
whole.send_bytes(b"}")
cut.send_bytes(b"[" + b" " * ((8 << 20) - 1))
answer = cut.receive()
assert answer["error"]["code"] == INVALID_REQUEST and "longer than 8388608 bytes" in answer["error"]["message"], answer
assert cut.receive() is None
whole.send_bytes(b"\n")
assert whole.receive()["id"] == 1

client = Client()
try:
    client.send_bytes(b'"' + b"x" * (9 << 20) + b"\n")
except OSError:
    pass
answer = client.receive()
assert answer is None or answer["error"]["code"] in (INVALID_REQUEST, PARSE_ERROR), answer
assert client.receive() is None
assert call("list")[0]["state"] == "running"
EOF
}

@test "many long lines that never end take bounded memory" {
  needs_no_sanitizer address 'it holds what was freed back, so that nobody uses it unnoticed'
  pid=$(supervisor_pid)
  before=$(memory_of "$pid")
  script <<'EOF'
clients = [Client() for _ in range(40)]
for client in clients:
    client.socket.settimeout(0.5)
    try:
        client.send_bytes(b"x" * (6 << 20))
    except OSError:
        pass  # not read from, or hung up on: both are fine
assert call("version")
EOF
  [ "$(memory_of "$pid")" -lt $((before + 100 * 1024)) ]
  is "$(k3_field first state)" running
}

@test "long requests that were served do not count toward the limit of those that have not ended" {
  script <<'EOF'
client = Client()
waiting = Client()
waiting.send_bytes(b'{"jsonrpc":"2.0","id":1,"method":"version",')
for i in range(1, 71): # 70 MB; the limit is 64 MB
    client.send_bytes(b'{"jsonrpc":"2.0","id":%d,"method":"version","params":{}%s}\n' % (i, b" " * (1 << 20)))
    assert client.receive()["id"] == i
waiting.send_bytes(b'"params":{}}\n')
assert waiting.receive()["id"] == 1
EOF
}

# Prints the resident memory in KiB.
memory_of() {
  sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

@test "deep nesting is refused" {
  script <<'EOF'
for data in [b"[" * 100000, b'{"a":' * 50000, b"[" * 3000000,
             b'{"jsonrpc":"2.0","id":1,"method":"list","params":{"threads":' + b"[" * 50 + b"]" * 50 + b"}}"]:
    answer = ask(data + b"\n")
    assert answer["error"]["code"] == PARSE_ERROR, answer
start("true")  # the params are the second level of 16
fails(-32001, "TypeError", "list", members=json.loads("[" * 14 + "]" * 14))
assert ask(request(1, "list", {"members": json.loads("[" * 15 + "]" * 15)}))["error"]["code"] == PARSE_ERROR
assert call("version")
EOF
}

@test "garbage gets an error or a closed connection, and never ends the supervisor" {
  script <<'EOF'
import random
random.seed(1)
valid = request(1, "start", {"command": ["true"], "name": "g", "after": 1.5}) + \
    request(2, "raise", {"thread": "none*", "exception": "SystemExit"}) + \
    request(3, "list", {"threads": [1], "live": True})
for round in range(150):
    data = bytearray(valid)
    for _ in range(random.randint(1, 8)):
        at = random.randrange(len(data))
        data[at:at + random.randint(0, 3)] = bytes(random.randrange(256) for _ in range(random.randint(0, 3)))
    client = Client()
    client.send_bytes(bytes(data))
    client.end_of_input()
    client.socket.settimeout(10)
    if round % 3:
        while client.receive() is not None:
            pass
    client.close()
assert call("list", threads=["first"])[0]["state"] == "running"
EOF
  k3 raise --all
}

# --- many clients ---

@test "a client that never reads does not delay others, and takes little memory" {
  script <<'EOF'
for _ in range(300):
    start("true", *["argument-%d" % i for i in range(50)], environment=[])
EOF
  k3 join --all -t 0.1 || :
  pid=$(supervisor_pid)
  before=$(memory_of "$pid")
  script <<'EOF'
requests = b"".join(request(i, "list", {}) for i in range(1000))
deaf = [Client() for _ in range(5)]
for client in deaf:
    client.socket.settimeout(0.3)
    try:
        for _ in range(100):
            client.send_bytes(requests)
    except TimeoutError:
        continue
    raise AssertionError("the supervisor reads on from a client that does not read")
assert slowest(20, "version") < 2
for client in deaf:
    client.socket.close()
assert slowest(20, "version") < 2  # answers that nobody gets do not delay others either
EOF
  [ "$(memory_of "$pid")" -lt $((before + 100 * 1024)) ]
}

@test "the questions of clients that have gone cost no processor time" {
  script <<'EOF'
for _ in range(300):
    start("true", *["argument-%d" % i for i in range(50)], environment=[])
pid = call("version")["pid"]

def processor_time():
    with open("/proc/%d/stat" % pid) as stat:
        return sum(int(ticks) for ticks in stat.read().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")

def is_socket(fd):
    try:
        return os.readlink("/proc/%d/fd/%s" % (pid, fd)).startswith("socket:")
    except FileNotFoundError:  # closed meanwhile
        return False

def connections():
    return sum(is_socket(fd) for fd in os.listdir("/proc/%d/fd" % pid))

alone = connections()
before = processor_time()
requests = b"".join(request(i, "list", {}) for i in range(1000))
for _ in range(20):
    client = Client()
    client.send_bytes(requests)
    client.socket.close()
Client().call("version")  # the others were accepted before
wait_until("the supervisor has let the clients go", lambda: connections() <= alone)
assert processor_time() - before < 5, processor_time() - before
EOF
}

@test "a client that reads late gets all its replies" {
  script <<'EOF'
import fcntl, struct, termios, threading
client = Client()
data = b"".join(request(i, "exceptions", {}) for i in range(1, 1001))
sender = threading.Thread(target=client.send_bytes, args=(data,))
sender.start()

def waiting():
    """How many bytes of answers wait to be read; a socket holds about 200,000."""
    return struct.unpack("i", fcntl.ioctl(client.socket, termios.FIONREAD, b"0000"))[0]

wait_until("the answers pile up", lambda: waiting() > 100000)
assert [client.receive()["id"] for _ in range(1000)] == list(range(1, 1001))
sender.join()
EOF
}

@test "500 idle connections cost the supervisor little" {
  k3 shutdown --now
  (ulimit -n "$(ulimit -Hn)" && k3 start -n first -- sleep 1000)
  script <<'EOF'
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
clients = [Client() for _ in range(500)]
began = time.time()
for _ in range(20):
    call("version")
assert time.time() - began < 5
for client in clients:
    client.send("version")
for client in clients:
    assert client.receive()["id"] == 1
EOF
}

@test "clients that wait, or do not read, cost the supervisor no processor time" {
  k3 start -n terminal --tty -- sh -c 'yes | head -c 3000000; exec sleep 1000'
  k3 start -n input --input -- sleep 1000
  script "$(supervisor_pid)" <<'EOF'
def busy():
    """Hundredths of a second of processor time."""
    with open("/proc/%s/stat" % sys.argv[1]) as stat:
        return sum(map(int, stat.read().rsplit(") ")[1].split()[11:13]))

def deaf(data):
    """Returns a client that sends as much of DATA as the supervisor reads, and reads nothing."""
    client = Client()
    client.socket.settimeout(0.1)
    try:
        client.send_bytes(data)
    except TimeoutError:
        pass
    return client

clients = [Client() for _ in range(9)]
clients[0].send("join", thread="first")
clients[1].send("join", thread="first", timeout=1000)
for client in clients[:2]:
    client.end_of_input()
clients[2].send("read", reader=1, open=True, thread="first", follow=True)
clients[3].send("send", thread="input", text="x" * 100000)
clients[4].call("watch", events=["output", "ended"])
clients[5].send("join", any=["first", "input"])
clients[6].send("join", thread="first", until="line:never")
clients[7].send_bytes(b'{"half')
clients[8].send("start", command=["sleep", "1000"], directory="/", after=1000, chained=True)
clients[8].send("start", command=["true"], directory="/", chained=True)
attached = deaf(request(1, "terminal", {"thread": "terminal", "rows": 24, "columns": 80}))
lists = deaf(b"".join(request(i, "exceptions", {}) for i in range(10000)))
assert call("version")
wait_until("nothing is left to be done", lambda: -busy() + (time.sleep(0.1) or busy()) == 0)
before = busy()
time.sleep(0.4) # a loop that never rests takes all of it
assert busy() - before < 10, busy() - before
EOF
}

@test "clients that disconnect in the middle of anything harm no other client" {
  script <<'EOF'
for i in range(100):
    client = Client()
    client.send("list")
    client.send("join", thread="first")
    if i % 2:
        client.send("start", command=["true"], directory="/")
        client.send_bytes(b'{"half')
    client.close()
assert call("list", threads=["first"])[0]["state"] == "running"
EOF
  k3 raise --all --wait
}

@test "the supervisor carries out every request that a client sent before it closed" {
  script "$(supervisor_pid)" <<'EOF'
import signal
supervisor = int(sys.argv[1])

def carried_out(prefix, lines, before=b""):
    """Sends LINES, which start threads named PREFIX-N, closes, and waits until they are there."""
    client = Client()
    client.send_bytes(before)
    os.kill(supervisor, signal.SIGSTOP)
    try:
        client.send_bytes(b"".join(lines))
        client.close()
    finally:
        os.kill(supervisor, signal.SIGCONT)
    end = time.time() + TIMEOUT
    while len(found := call("list", threads=[prefix + "-*"], members=["name"])) < len(lines):
        assert time.time() < end, (prefix, len(found))

def starts(prefix):
    return [request(i, "start", {"command": ["/bin/true"], "name": "%s-%d" % (prefix, i)})
            for i in range(100)]

carried_out("note", [line.replace(b'"id": %d, ' % i, b"") for i, line in enumerate(starts("note"))])
carried_out("asked", starts("asked"))
carried_out("unread", starts("unread"), b"".join(request(i, "exceptions", {}) for i in range(20)))
EOF
}

@test "the supervisor does not keep the connection of a client that has gone while it waited" {
  script "$(supervisor_pid)" <<'EOF'
import signal
supervisor = int(sys.argv[1])

call("version")
before = descriptors(supervisor)
for _ in range(20):
    client = Client()
    os.kill(supervisor, signal.SIGSTOP)
    client.send_bytes(b"".join(request(i, "join", {"thread": "first"}) for i in range(200)))
    client.send_bytes(b'{"half')
    client.close()
    os.kill(supervisor, signal.SIGCONT)
wait_until("all have been let go", lambda: descriptors(supervisor) <= before)
EOF
}

@test "each raise of a flood is delivered or refused, and is answered" {
  k3 start -n target -- sh -c 'trap : USR1; echo >ready; while :; do sleep 0.01; done'
  wait_for_file ready
  script <<'EOF'
client = Client()
for _ in range(10):
    for _ in range(500):
        client.send("raise", thread="target", exception="SIGUSR1")
    for _ in range(500):
        answer = client.receive()
        if "error" in answer:
            assert answer["error"]["data"]["type"] == "SendRaiseError", answer
assert call("list", threads=["target"])[0]["state"] == "running"
call("raise", thread="target", exception="SystemExit")
assert call("join", thread="target")["exception"] == "SystemExit"
EOF
}

@test "a long table comes in parts, and other clients are served between the parts" {
  for _ in {1..450}; do echo 'start -- true'; done >many
  k3 shell <many >ids
  script <<'END'
client, number = Client(), 1
client.send_bytes(request(number, "list", {"table": True}) + request(2, "version", {}))
parts, version = [], None
while True:
    answer = client.receive()
    if answer.get("id") == 2:
        version = len(parts)
    elif answer.get("id") == number:
        parts.append(answer["result"]["table"])
        break
    else:
        assert answer["method"] == "table", answer
        parts.append(answer["params"]["table"])
assert version is not None and 0 < version < len(parts), (version, len(parts))
rows = [line.split("\t") for line in "".join(parts).splitlines()]
assert rows[0][0] == "ID" and rows[0][-1] == "COMMAND", rows[0]
assert [row[0] for row in rows[1:]] == [str(i) for i in range(1, 452)]
assert all(len(row) == 9 for row in rows)
END
}

@test "threads can be forgotten while a table of them is being sent" {
  for _ in {1..450}; do echo 'start -- true'; done >many
  k3 shell <many >ids
  mapfile -t ids <ids
  k3 join "${ids[@]}"
  script <<'END'
client = Client()
client.send_bytes(request(1, "list", {"table": True}) + request(2, "clear", {}) +
                  request(3, "list", {"table": True}))
while client.receive().get("id") != 3:
    pass
assert [thread["id"] for thread in call("list")] == [1]
END
}

@test "the supervisor does not touch a call again that failed for an unknown member or event" {
  k3 shutdown --now
  in_background supervise env MALLOC_PERTURB_=90 "$K3THREAD" supervise
  wait_until "$DEADLINE" test -S k.sock
  script <<'EOF'
start("sleep", "1000", name="a")
for method, params in [("list", {}), ("join", {"thread": "a"}), ("raise", {"thread": "a"}),
                       ("start", {"command": ["/bin/true"]}), ("watch", {})]:
    for members in [["nonsense"], []]:
        fails(-32002, "ValueError", method, members=members, **params)
    fails(-32001, "TypeError", method, members=3, **params)
fails(-32002, "ValueError", "watch", events=["nonsense"])
assert [thread["state"] for thread in call("list")] == ["running"]
EOF
  k3 shutdown --now
  finish supervise
}

@test "a reply has only the members that the request names" {
  script <<'END'
thread = start("sleep", "1000", name="a")
assert call("raise", thread="a", exception="SIGCONT", members=["id"]) == [{"id": thread["id"]}]
call("raise", thread="a")
assert call("join", thread="a", members=["name", "exception", "pid"]) == {
    "name": "a", "exception": "SystemExit"}
fails(-32002, "ValueError", "raise", thread="a", members=["nme"])
fails(-32001, "TypeError", "join", thread="a", members=3)
END
}

@test "if too many calls wait on one connection, the last ones are refused" {
  script <<'END'
client = Client()
join = {"thread": "first", "members": ["id"]}
client.send_bytes(b"".join(request(i, "join", join) for i in range(1, 16387)))
for i in [16385, 16386]:
    refused = client.receive()
    assert refused["id"] == i and refused["error"]["data"]["type"] == "SendRaiseError", refused
    assert refused["error"]["message"] == "too many calls wait on this connection", refused
call("raise", thread="first")
assert {client.receive()["id"] for _ in range(16384)} == set(range(1, 16385))
END
}

@test "text with special characters arrives unchanged" {
  script <<'END'
words = ['"', "\\", "\n\t\r\b\f\x01\x1f\x7f", "é€😀", "/", ""]
thread = start("true", *words, name='q"é')
assert thread["command"][1:] == words, thread["command"]
assert thread["name"] == 'q"é'
row = call("list", table=True)["table"].splitlines()[2].split("\t")
assert row[1] == 'q"é' and len(row) == 9, row
END
}

@test "a raise whose end also ends more joined threads than are kept answers every join" {
  script <<'END'
client = Client()
base = start("true", after=1000)
first = start("true", needs=[base["id"]])["id"]
others = [start("true", needs=[first])["id"] for _ in range(1100)]
for id in [first, *others]:
    client.send("join", thread=id, members=["id"])
assert client.call("version")["pid"] == call("version")["pid"]  # all joins have been read
assert [thread["id"] for thread in call("raise", thread=first, members=["id"])] == [first]
joined = {client.receive()["result"]["id"] for _ in range(1101)}
assert joined == {first, *others}
END
}

@test "list refuses more than 100 patterns" {
  script <<'END'
assert call("list", threads=["*x"] * 100) == []
fails(-32002, "ValueError", "list", threads=["*x"] * 101)
assert len(call("list", threads=[1] * 101)) == 1
END
}
