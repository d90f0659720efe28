#!/usr/bin/env bats
# watch: prints what happens to threads, as it happens.

# shellcheck disable=SC2016,SC2154

load helpers

# Runs watch in the background. It has begun when it has seen a thread that is started for that.
watch() {
  k3 start --name first -- true
  in_background watch k3 watch "$@"
  wait_until "$DEADLINE" sees_a_start
}

sees_a_start() {
  k3 start -- true
  [ -s watch.out ]
}

saw() {
  grep -qE "^([0-9]{2}:){2}[0-9]{2} $1\$" watch.out
}

wait_for() {
  wait_until "$DEADLINE" saw "$@"
}

# words NAME: prints the events of the thread, in order.
words() {
  sed -n "s/^[^ ]* $1 ([0-9]*) \([a-z]*\).*/\1/p" watch.out | tr '\n' ' '
}

@test "watch prints a line for each event, in order, until the supervisor ends" {
  watch
  k3 start --name a --ready line:up -- sh -c 'echo up; sleep 1000'
  k3 join --ready a
  k3 raise -m 'that is enough' a KeyboardInterrupt
  run -130 k3 join a
  wait_for 'a \([0-9]+\) raised KeyboardInterrupt: that is enough'
  wait_for 'a \([0-9]+\) ended: KeyboardInterrupt, SIGINT'
  is "$(words a)" 'created started ready raised ended '
  k3 shutdown
  finish watch
}

@test "watch shows a restart as an event, and an end with its cause" {
  watch
  k3 start --name a --restart on-failure:1 -- sh -c 'exit 3'
  run -3 k3 join --timeout "$LIMIT" a
  wait_for 'a \([0-9]+\) ended: exit 3'
  wait_for 'a \([0-9]+\) restarted: exit 3; run 2 begins'
  is "$(words a)" 'created started ready restarted ended '
  k3 shutdown
  finish watch
}

@test "watch --json prints an object for each event, with the thread as list shows it" {
  watch --json
  # An event has the thread as it is when the event is sent, so the command ends after its events.
  k3 start --name a -- sh -c 'until [ -e seen ]; do sleep 0.02; done; exit 3'
  wait_until "$DEADLINE" grep -qE '"event": ?"ready".*"name": ?"a"' watch.out
  touch seen
  run -3 k3 join a
  k3 list --json a >listed
  k3 start --name late --after 0.05 -- sleep 1000
  k3 join --ready late
  k3 start --name needs --needs late -a 1000 -- true
  k3 shutdown --now
  finish watch
  "$PYTHON" -I -S - watch.out listed <<'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
listed = json.load(open(sys.argv[2]))[0]
mine = [event for event in events if event["thread"]["name"] == "a"]
assert [event["event"] for event in mine] == ["created", "started", "ready", "ended"], mine
assert mine[-1]["thread"] == listed, (mine[-1], listed)
assert [event["thread"]["state"] for event in mine] == ["running", "running", "running", "ended"], mine
states = {}
for event in events:
    states.setdefault(event["thread"]["name"], []).append(event["thread"]["state"])
assert states["late"][:3] == ["delayed", "running", "running"], states
assert states["needs"][:1] == ["delayed"], states
assert all(one["time"] <= next["time"] for one, next in zip(mine, mine[1:]))
END
}

@test "watch escapes names and messages" {
  watch
  k3 start --name $'a\xff' --after 1000 -- true
  k3 raise --message $'\e[31mx\ny' $'a\xff'
  wait_for 'a.xff \([0-9]+\) raised SystemExit: .x1b\[31mx.ny'
  k3 shutdown
  finish watch
}

@test "a watcher that reads too slowly does not delay the supervisor, and learns how many events it missed" {
  k3 start --name first -- sleep 1000
  script <<'END'
slow = Client()
slow.call("watch")
fast = Client()
word = "y" * 60000
started, lasted = 0, []
for _ in range(100):  # 100 times some 120 kB of events: more than anybody keeps for one
    began = time.monotonic()
    id = fast.call("start", command=["/bin/true", word], directory="/")["id"]
    fast.call("join", thread=id, members=["id"])
    lasted.append(time.monotonic() - began)
    started += 1
# Some take longer on a busy machine, but not most; each would, if the supervisor waited for the reader.
assert sorted(lasted)[50] < 0.5, lasted
seen, missed = 0, 0
while seen + missed < 4 * started:
    event = slow.receive()["params"]
    if event["event"] == "missed":
        missed += event["missed"]
    else:
        seen += 1
assert missed > 0 and seen > 0, (seen, missed)
assert seen + missed == 4 * started, (seen, missed)
END
}

@test "watch prints how many events it missed" {
  k3 start --name first -- sleep 1000
  in_background watch "$K3THREAD" watch
  wait_until "$DEADLINE" watches_event
  kill -STOP "${background[watch]}"
  script <<'END'
client = Client()
for _ in range(40):  # some 5 MB of events
    id = client.call("start", command=["/bin/true", "y" * 60000], directory="/")["id"]
    client.call("join", thread=id, members=["id"])
END
  kill -CONT "${background[watch]}"
  wait_until "$DEADLINE" grep -qxE '[0-9:]{8} missed [1-9][0-9]* events' watch.out
  kill "${background[watch]}"
  finish watch '*'
}

# Succeeds if the watch has printed an event that this causes.
watches_event() {
  k3 raise first SIGCONT
  [ -s watch.out ]
}

@test "watch reports once that its output cannot be written, although more events have come" {
  fake_server "$K3THREAD_SOCKET" '
client, _ = listener.accept()
client.recv(65536)
event = json.dumps({"jsonrpc": "2.0", "method": "event", "params": {"event": "missed", "missed": 1, "time": 1}}) + "\n"
client.sendall((json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"watching": True}}) + "\n" + 3 * event).encode())
client.recv(1)'
  to_full() { k3 watch >/dev/full; }
  run -1 to_full
  is "$output" 'k3thread: watch: cannot write to standard output: No space left on device'
  finish server
  rm k.sock
}

@test "watch ends when its reader has gone" {
  k3 start --name first -- sleep 1000
  k3 watch | true
  is "${PIPESTATUS[0]}" 1
}

@test "watch fails without a supervisor" {
  run -69 k3 watch
}

@test "the event \"changed\" comes to a client that names it, where no other event tells of the state" {
  k3 daemon --name first -- sleep 1000
  script <<'END'
client, other = Client(), Client()
client.call("watch", events=["created", "changed", "started"], members=["state"])
other.call("watch", members=["state"])
run = {"directory": "/", "daemon": True}
Client().call("start", name="a", command=["sleep", "1000"], after=0.01, **run)
a = Client().call("start", name="b", command=["sh", "-c", "trap '' TERM; exec sleep 1000"], grace=0.1,
                  needs=["a"], **run)["id"]
seen = []
while len(seen) < 5:
    event = client.receive()["params"]
    seen.append((event["event"], event["thread"]["state"]))
assert seen == [("created", "delayed"), ("created", "waiting"), ("started", "running"), ("changed", "running"),
                ("started", "running")], seen
Client().call("raise", thread=a, exception="SystemExit")
event = client.receive()["params"]
assert (event["event"], event["thread"]) == ("changed", {"state": "stopping"}), event
while (event := other.receive()["params"])["event"] != "ended":
    assert event["event"] != "changed", event
END
  k3 shutdown
}

@test "the event \"changed\" tells that a thread waits for another need" {
  k3 start -n one -- sleep 1000
  k3 start -n two -- sleep 1000
  script <<'END'
client = Client()
client.call("watch", events=["changed"], members=["name", "waits_for"])
other = Client()
other.call("start", name="b", command=["true"], needs=["one:ended", "two:ended"], directory="/")
other.call("raise", thread="one", exception="SIGKILL")
while (event := client.receive()["params"])["thread"]["name"] != "b":
    pass
assert event["thread"] == {"name": "b", "waits_for": "two:ended"}, event
END
}

@test "the event \"forgotten\" comes to a client that names it, when a thread is cleared" {
  k3 start -n a -- true
  k3 start -n b -- true
  k3 start -n live -- sleep 1000
  k3 join a
  k3 join b
  script <<'END'
client, other = Client(), Client()
client.call("watch", events=["forgotten"], members=["id", "name", "state"])
other.call("watch", members=["name"])
assert Client().call("clear", threads=["b"]) == {"cleared": 1}
assert client.receive()["params"]["thread"] == {"id": 2, "name": "b", "state": "ended"}
assert Client().call("clear") == {"cleared": 1}
event = client.receive()["params"]
assert (event["event"], event["thread"]["name"]) == ("forgotten", "a"), event
Client().call("start", name="new", command=["true"], directory="/")
assert other.receive()["params"]["event"] == "created"
END
}

