#!/usr/bin/env bats
# clear: the supervisor forgets the threads that have ended.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

@test "clear forgets the threads that have ended, and no others" {
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

@test "clear succeeds when no thread has ended" {
  k3 start -- sleep 1000
  k3 clear
  k3 clear
  is "$(k3 list -q)" 1
}

@test "a thread that a client keeps is forgotten when that client has joined it or has gone" {
  k3 start -- sleep 1000
  script <<'EOF'
def listed():
    return [thread["id"] for thread in call("list", members=["id"])][1:]

client = Client()
kept = [client.call("start", command=["/bin/true"], keep=True)["id"] for _ in range(2)]
for id in kept:
    call("join", thread=id)
assert call("clear") == {"cleared": 0}
assert listed() == kept

client.call("join", thread=kept[0])
assert call("clear") == {"cleared": 1}
assert listed() == kept[1:]

try:
    client.call("start", command=["no-such-command"], keep=True)
except Failure:
    assert call("clear") == {"cleared": 1}

client.close()
end = time.time() + TIMEOUT
while call("clear") == {"cleared": 0}:
    assert time.time() < end
assert listed() == []
EOF
}

@test "start --wait exits as its command did although another client clears" {
  k3 start -- sleep 1000
  clear_for_ever() {
    while [ ! -e enough ]; do k3 clear; done
  }
  in_background clearing clear_for_ever
  for _ in {1..40}; do
    run -7 k3 start --wait -- sh -c 'echo said; exit 7'
    is "$output" said
  done
  : >enough
  finish clearing
}

@test "the supervisor never uses an id twice" {
  k3 join "$(k3 start -- true)"
  k3 clear
  is "$(k3 start -- true)" 2
}

@test "the supervisor keeps each thread that nobody joined, and of the joined threads the newest 1,000" {
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
    """Joins these threads; returns their ids in the order in which they were joined, which is that of their ends."""
    for id in ids:
        client.send("join", thread=id)
    return [result_of(client.receive())["id"] for _ in ids]

held = [Client() for _ in range(2)]
held = [(keeper, keeper.call("start", command=["/bin/true"], keep=True)["id"]) for keeper in held]
join([id for _, id in held])
kept = run(20)
joined = []
watcher = Client()
watcher.call("watch", events=["forgotten"], members=["id"])
while len(joined) < 1100:
    joined += join(run(50))
forgotten = [watcher.receive()["params"]["thread"]["id"] for _ in joined[:-1000]]
assert forgotten == joined[:-1000], forgotten
first = call("list", threads=["first"])[0]["id"]
listed = {thread["id"] for thread in client.call("list")}
assert listed == {first, *kept, *(id for _, id in held), *joined[-1000:]}, len(listed)
for keeper, id in held:
    keeper.call("join", thread=id)
join(kept)
client.call("clear")
assert client.call("list") == []
EOF
}

@test "clear of threads forgets only these, and their logs" {
  for name in job-1 job-2 job-3 other; do k3 start -n $name -- echo "$name"; done
  k3 start -n job-4 -- sleep 1000
  k3 join job-1 job-2 job-3 other
  log=$(k3_field job-1 log)
  [ -e "$log" ]
  k3 clear job-1
  [ ! -e "$log" ]
  is "$(k3 list -q | xargs)" '2 3 4 5'
  k3 clear 2
  is "$(k3 list -q | xargs)" '3 4 5'
  k3 clear 'job-*'
  is "$(k3 list -q | xargs)" '4 5'
  k3 clear 'job-*'
  k3 clear other
  is "$(k3 list -q | xargs)" 5
}

@test "clear of a thread that does not exist or has not ended forgets nothing" {
  k3 start -n a -- true
  k3 join a
  k3 start -n live -- sleep 1000
  run -3 k3 clear a live
  is "$output" "k3thread: clear: InvalidThreadIdError: no ended thread 'live'"
  run -3 k3 clear a nothing
  is "$output" "k3thread: clear: InvalidThreadIdError: no ended thread 'nothing'"
  run -3 k3 clear 99 a
  run -64 k3 clear --no-such-option a
  is "$(k3 list -q | xargs)" '1 2'
  script <<'PY'
fails(-32003, "InvalidThreadIdError", "clear", threads=["live"])
fails(-32001, "TypeError", "clear", threads="live")
fails(-32602, "TypeError", "clear", thread="live")
assert call("clear", threads=["l*", "x*"]) == {"cleared": 0}
PY
}

@test "a script and a shell clear threads, too" {
  printf '%s\n' 'start -n a -- true' 'start -n b -- true' 'join a b' 'clear a' 'list -q' >commands
  run -0 --separate-stderr k3 run -q commands
  is "$output" 2
  k3 start -n first -- true
  k3 join first
  printf 'clear first\n' | k3 shell
  is "$(k3 list -q)" ''
}
