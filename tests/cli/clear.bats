#!/usr/bin/env bats
# clear: forgets the threads that ended.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

@test "clear forgets what has ended, and nothing else" {
  k3 start -n ended -- true
  k3 start -n running -- sleep 1000
  k3 start -n delayed -a 1000 -- true
  k3 join ended
  run -0 k3 clear
  is "$output" ''
  is "$(k3 list -q | xargs)" '2 3'
  run -3 k3 join ended
  run -3 k3 list ended
}

@test "clear of nothing is fine" {
  k3 start -- sleep 1000
  k3 clear
  k3 clear
  is "$(k3 list -q)" 1
}

@test "an id is never used twice" {
  k3 join "$(k3 start -- true)"
  k3 clear
  is "$(k3 start -- true)" 2
}

@test "clear takes no arguments" {
  k3 start -- true
  run -64 k3 clear 1
}

@test "what was not joined is kept, and of the joined at least the newest 1,000" {
  k3 start -n first -- true
  script <<'EOF'
client = Client()

def run(count):
    """Starts and ends so many threads at a time; returns their ids."""
    ids = []
    sent = [client.send("start", command=["/bin/true"], directory="/") for _ in range(count)]
    for _ in sent:
        ids.append(result_of(client.receive())["id"])
    return ids

def join(ids):
    for id in ids:
        client.send("join", thread=id)
    for _ in ids:
        result_of(client.receive())

kept = run(20)
joined = []
while len(joined) < 1100:
    more = run(50)
    join(more)
    joined += more
listed = {thread["id"] for thread in client.call("list")}
assert listed.issuperset(kept)
assert listed.issuperset(joined[-1000:])
join(kept)
client.call("clear")
assert client.call("list") == []
EOF
}
