#!/usr/bin/env bats
# Frames and requests that come to an agent, and its replies: front.py is the run.

# shellcheck disable=SC2154

load hosts

# front: runs the Python program on standard input, which has the names of front.py.
front() {
  log front
  { echo 'from front import *' && cat; } |
    PYTHONPATH=$ROOT/tests/hosts timeout --foreground -s KILL "$DEADLINE" "$PYTHON" -S -B -
}

@test "frames that break the rules of the connection end the agent and its commands" {
  front <<'END'
def head(channel, kind, size):
    return struct.pack("<IB", channel, kind) + size.to_bytes(3, "little")

def too_much(agent):
    """Sends more than the window allows, while nothing is read there."""
    supervisor = agent.call(1, "version")["result"]["pid"]
    os.kill(supervisor, 19)
    for _ in range(2 * WINDOW // 32768):
        try:
            agent.send(1, DATA, b" " * 32768)
        except BrokenPipeError:
            break
    wait_until("the agent reads everything", lambda: waiting(agent.process.stdin) == 0 or agent.is_cut())
    os.kill(supervisor, 18)

rows = {
    "a frame that is too long": lambda a: a.send_bytes(head(1, DATA, 32769)),
    "a channel that is open": lambda a: a.send(1, OPEN),
    "a channel of the agent's": lambda a: a.send(2 | AGENT, OPEN),
    "data behind the end": lambda a: (a.send(1, END), a.send(1, DATA, b"x")),
    "half a credit": lambda a: a.send(1, CREDIT, b"\0\0\0"),
    "credit that nobody used": lambda a: (a.send(2, OPEN), a.send(2, CREDIT, b"\1\0\0\0")),
    "more data than the window": too_much,
}
for what, act in rows.items():
    agent = Agent()
    agent.send(1, OPEN)
    agent.execute(1, "sleep", "1000")
    pid = agent.started(1)
    act(agent)
    while agent.receive() is not None:  # its end closes the pipe
        pass
    assert agent.process.wait(TIMEOUT) == 0, what
    assert not os.path.exists("/proc/%d" % pid), what
END
}

@test "frames may come in any pieces, and those for a channel that is closed are ignored" {
  front <<'END'
agent = Agent()
agent.send(9, DATA, b"x")
agent.send(9, END)
agent.send(9, CREDIT, b"\1\0\0\0")
agent.send(9, CLOSE)
request = b'{"jsonrpc":"2.0","id":1,"method":"version"}\n'
for byte in struct.pack("<IB", 1, OPEN) + bytes(3) + struct.pack("<IB", 1, DATA) + bytes([len(request), 0, 0]) + request:
    agent.send_bytes(bytes([byte]))
    wait_until("the agent reads a byte", lambda: waiting(agent.process.stdin) == 0)
assert agent.message(1)["result"]["pid"]
assert agent.end() == 0
END
}

@test "a run that reads late gets every byte of many commands, and the agent keeps about a megabyte" {
  front <<'END'
agent = Agent()
COUNT, SIZE = 6, 600000
for channel in range(1, COUNT + 1):
    agent.send(channel, OPEN)
    agent.execute(channel, "head", "-c", str(SIZE), "/dev/zero")
# Nothing is read until the agent waits with a full pipe.
def is_full():
    before = agent.waits()
    time.sleep(0.05)
    return waiting(agent.process.stdout) > 32768 and agent.waits() == before
wait_until("the pipe is full", is_full)
kept = int(next(line for line in open("/proc/%d/status" % agent.process.pid) if "RssAnon" in line).split()[1])
assert kept < 2300 or os.environ.get("SANITIZE"), kept  # kilobytes; the commands have credit for 3 megabytes
got = dict.fromkeys(range(1, COUNT + 1), b"")
ended, credited = set(), dict.fromkeys(got, 0)
while len(ended) < COUNT:
    channel, kind, data = agent.receive()
    if kind != DATA:
        continue
    got[channel] += data
    # Credit is given only when it has run out.
    if len(got[channel]) - credited[channel] >= WINDOW:
        agent.send(channel, CREDIT, struct.pack("<I", WINDOW))
        credited[channel] += WINDOW
    if b'"id":' in got[channel][-1000:] and data.endswith(b"\n"):
        ended.add(channel)
for data in got.values():
    messages = [json.loads(line) for line in data.splitlines()]
    pieces = [message["params"]["data"]["base64"] for message in messages if message.get("method") == "output"]
    assert b"".join(map(base64.b64decode, pieces)) == bytes(SIZE)
assert agent.end() == 0
END
}

@test "a connection that the supervisor has closed is read to its end when the run gives credit, and its number is free" {
  front <<'END'
agent = Agent()
agent.send(1, OPEN)
supervisor = agent.call(1, "version")["result"]["pid"]
size = len(json.dumps(agent.call(1, "exceptions"))) - 4
count = (WINDOW + 65536) // size
before = descriptors(supervisor)
agent.send(2, OPEN)
for _ in range(count):
    agent.ask(2, "exceptions")
agent.send(2, END)
got = b""
while len(got) < WINDOW:
    channel, kind, data = agent.receive()
    assert (channel, kind) in ((2, DATA), (2, CREDIT)), (channel, kind)
    got += data if kind == DATA else b""
assert len(got) == WINDOW
wait_until("the supervisor has closed the connection", lambda: descriptors(supervisor) == before)
waits = agent.waits()
def rests():
    agent.send(0, BEAT)
    return agent.waits() > waits + 2
wait_until("the agent does not spin, but waits after each frame", rests)
agent.send(2, CREDIT, struct.pack("<I", WINDOW))
while True:
    channel, kind, data = agent.receive()
    if kind == END:
        break
    got += data
assert got.count(b"\n") == count
agent.lines.pop(2, None)
agent.send(2, OPEN)
assert agent.call(2, "version")["result"]["pid"] == supervisor
assert agent.end() == 0
END
}

@test "an agent refuses requests of its run that make no sense" {
  front <<'END'
agent = Agent()
agent.send(1, OPEN)

def refused(method, code, why, **params):
    reply = agent.call(1, method, **params)
    error = reply.get("error", {})
    assert (error.get("code"), error.get("message")) == (code, why), (method, params, reply)

values = {"id": 1, "name": "a", "host": "b", "thread": 99, "exception": "SystemExit", "rows": 1, "columns": 1}
for method, names in {"execute": ["id", "name", "host", "start"], "arrive": ["thread", "exception"], "follow": ["thread"],
                      "end": ["exception"], "resize": ["rows", "columns"]}.items():
    for count, name in enumerate(names):
        refused(method, -32602, "%s: missing parameter '%s'" % (method, name), **{n: values[n] for n in names[:count]})

start = {"command": ["true"], "environment": [], "directory": "/"}
for bad in [], "true", 7:
    refused("execute", -32001, '"start" must be an object', id=1, name="a", host="b", start=bad)
for name, host in ((7, "b"), ("a", {}), ("a", ["b"]), ({"base64": "*"}, "b")):
    refused("execute", -32001, '"name" and "host" must be strings', id=1, name=name, host=host, start=start)
reply = agent.call(1, "arrive", thread=99, exception="SystemExit")
assert reply["result"] == {"not_taken": "the process has ended its attachment"}, reply
refused("follow", -32003, "no process of this thread is attached", thread=99)

# An attached process has one follower.
for channel in 2, 3, 4:
    agent.send(channel, OPEN)
agent.execute(2, os.environ["PYTHON"], "-I", "-S", "-B", os.environ["ROOT"] + "/tests/attach/process.py", "well")
while "attached" not in agent.message(2).get("params", {}):
    pass
agent.ask(3, "follow", thread=1)
assert agent.message(3)["method"] == "following"
refused("follow", -32011, "this attachment takes no follower", thread=1)
for more in {"message": 7}, {"message": "x", "inner": []}:
    refused("arrive", -32001, '"inner" and "message" must be strings', thread=1, exception="ValueError", **more)

agent.execute(4, "sh", "-c", "trap '' TERM; echo up; exec sleep 1000")
while agent.message(4).get("method") != "output":
    pass
agent.ask(1, "shutdown")
refused("execute", -32009, "the agent is shutting down", id=1, name="a", host="b", start=start)
assert agent.end() == 0
END
}

@test "a connection is closed at once if the agent's supervisor cannot be reached, and its commands go on" {
  front <<'END'
agent = Agent()
agent.send(1, OPEN)
agent.execute(1, "sh", "-c", """
    rm "${K3THREAD_SOCKET%/*}/run.sock"
    touch gone
    until [ -e go ]; do sleep 0.01; done
    echo fine""")
wait_until("the socket is gone", lambda: os.path.exists("gone"))
agent.send(2, OPEN)
while (frame := agent.receive()) != (2, CLOSE, b""):
    assert frame[0] == 1, frame
open("go", "w").close()
while agent.message(1).get("params", {}).get("data") != {"base64": "ZmluZQo="}:
    pass
assert agent.end() == 0
END
}
