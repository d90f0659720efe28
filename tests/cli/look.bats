#!/usr/bin/env bats
# The method "look" and the event "output": the usage of processes and the ends of logs, for clients that cannot see them.

# shellcheck disable=SC2016,SC2154

load helpers

@test "look shows the usage of the living processes, and the end of the log" {
  k3 start -n a -- sh -c 'sleep 1000 & seq 1000; wait'
  k3 start -n b -- sh -c 'printf "a\0b"; exec sleep 1000'
  k3 start -n c -- echo over
  wait_for_state c ended
  wait_until "$DEADLINE" grep -qx 1000 "$(k3_field a log)"
  wait_until "$DEADLINE" test -s "$(k3_field b log)"
  script <<'END'
client = Client()
a, b, c = client.call("look", threads=[1, 2, 99, 3], output=True)
assert [t["id"] for t in (a, b, c)] == [1, 2, 3]
assert a["memory"] > b["memory"] > 0 == c["memory"], (a, b, c)
assert a["output"].endswith("\n999\n1000\n") and len(a["output"]) == 1024
assert base64.b64decode(b["output"]["base64"]) == b"a\0b" and c["output"] == "over\n"
assert client.call("look", threads=[2])[0].keys() == {"id", "cpu", "memory"}
assert client.call("look", threads=[]) == []
END
}

@test "look counts the processor time of a command that computes" {
  k3 start -n a -- sh -c '(while :; do :; done) & wait'
  script <<'END'
client = Client()
while client.call("look", threads=[1])[0]["cpu"] < 0.1:
    time.sleep(0.02)
END
}

@test "look refuses what is no list of ids, or is too long" {
  k3 start -- true
  script <<'END'
client = Client()
for threads, kind in [("a", "TypeError"), (1, "TypeError"), (["a"], "TypeError"), ([1.5], "TypeError"),
                      ([None], "TypeError"), (list(range(65)), "ValueError")]:
    try:
        raise SystemExit(client.call("look", threads=threads))
    except Failure as failure:
        assert failure.type == kind and "at most 64 ids" in failure.message, failure
try:
    raise SystemExit(client.call("look"))
except Failure as failure:
    assert failure.code == INVALID_PARAMS, failure
assert client.call("look", threads=list(range(100, 164))) == []
END
}

@test "the event output comes once, until somebody looks, and only if it is asked for" {
  mkfifo go
  k3 start -n a -- sh -c 'while read -r line; do echo $line; done <go'
  exec 4>go
  script <<'END'
import threading
plain, client = Client(), Client()
plain.call("watch")
client.call("watch", events=["output"], members=["id"])
def say(word):
    os.write(4, word.encode() + b"\n")
    while plain.call("read", reader=say.reader, open=True, thread=1)["data"].split()[-1:] != [word]:
        say.reader += 1
        time.sleep(0.02)
    say.reader += 1
say.reader = 1
say("one")
event = client.receive()["params"]
assert event["event"] == "output" and event["thread"] == {"id": 1}, event
say("two")
time.sleep(0.3) # three times as long as the supervisor rests between two looks at the logs
assert client.call("look", threads=[1], output=True)[0]["output"] == "one\ntwo\n" # no event before this reply
say("three")
assert client.receive()["params"]["event"] == "output"
END
  exec 4>&-
}
