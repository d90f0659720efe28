#!/usr/bin/env bats
# What a command left behind when it ended by itself: how it is found, described and told.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# leave FILE HOW…: prints a command for a shell that leaves a creature behind, with its pid in FILE.
leave() {
  local file=$1
  shift
  echo "$HELPERS/creature $dir/$file $* & while [ ! -s $dir/$file ]; do sleep 0.01; done"
}

# left THREAD: prints the pids of what its command left behind.
left() {
  k3_field "$1" left | "$PYTHON" -I -S -c '
import json, sys
print(*[process["pid"] for process in json.load(sys.stdin)])'
}

# listens THREAD: prints the addresses, sorted, one a line.
listens() {
  k3_field "$1" left | "$PYTHON" -I -S -c '
import json, sys
for process in json.load(sys.stdin):
    print(*sorted(map(str, process["listens"])), sep="\n")'
}

@test "every kind of process that a command left behind is found" {
  declare -A kinds=([group]='' [setpgid]=setpgid [setsid]=setsid [orphan]=fork
    [daemon]='fork setsid fork chdir close' [stubborn]='stubborn setsid' [stopped]=stop
    [sibling]=sibling [unmarked]='unmark fork')
  for kind in "${!kinds[@]}"; do
    k3 start -n "$kind" -g 0.3 -- sh -c "$(leave "$kind" "${kinds[$kind]}")"
  done
  k3 join --all
  for kind in "${!kinds[@]}"; do is "$kind $(left "$kind")" "$kind $(cat "$kind")"; done
  # shellcheck disable=SC2046
  refute_alive $(cat "${!kinds[@]}")
}

@test "a process below a leftover is found too, and so is a process whose parent threw its mark away" {
  k3 start -n tree -- sh -c "(sh -c '$(leave a setsid); sleep 1000' &); while [ ! -s a ]; do sleep 0.01; done"
  k3 start -n shed -- sh -c "$(leave b shed) ; while [ \$(wc -l <b) != 2 ]; do sleep 0.01; done"
  k3 join --all
  is "$(left tree | wc -w)" 3
  like " $(left tree) " "* $(cat a) *"
  is "$(left shed | tr ' ' '\n' | sort)" "$(sort b)"
}

@test "the description has the command, its age and the addresses on which it listens" {
  k3 start -n web -- "$PYTHON" -I -S -c '
import os, socket, sys, time
if os.fork() == 0:
    os.setsid()
    held = [socket.socket(), socket.socket(socket.AF_INET6), socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX), socket.socket(), socket.socket(socket.AF_UNIX)]
    held[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    for at, address in enumerate([("127.0.0.1", 0), ("::1", 0), "a b", b"\0k3thread-\xff", ("127.0.0.1", 0), "c"]):
        held[at].bind(address)
    for listening in held[:4]:
        listening.listen()
    again = socket.socket()
    again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    again.bind(held[0].getsockname())
    again.listen()
    print("127.0.0.1:%d\n[::1]:%d" % (held[0].getsockname()[1], held[1].getsockname()[1]), flush=True)
    open("ready", "w").close()
    time.sleep(1000)
while not os.path.exists("ready"): time.sleep(0.01)'
  k3 join web
  listens web >addresses
  { k3 logs web && printf '%s\n' "a b" "{'base64': 'QGszdGhyZWFkLf8='}"; } | sort | diff - <(sort addresses)
  script <<'END'
[left] = call("list")[0]["left"]
assert sorted(left) == ["command", "listens", "pid", "seconds"], left
assert left["command"][1:4] == ["-I", "-S", "-c"], left
assert 0 < left["seconds"] < 30, left
END
}

@test "nothing is left of clean commands, also on a busy machine" {
  # make check-faults runs this test with CLEAN=10000.
  local count=$((${CLEAN:-240} / 6)) seconds=$((DEADLINE + ${CLEAN:-0} / 10))
  for i in 1 2; do in_background "busy$i" timeout $((2 * seconds)) sh -c 'while :; do :; done'; done
  for ((i = 0; i < count; i++)); do
    echo 'true | cat | cat'
    echo 'head -1 <(yes)'
    echo 'seq 1000 | tee >(wc -l) | head -1'
    echo 'true & true &'
    echo 'echo a > >(sort | uniq)'
    echo '(sleep 0.001 &)'
  done >commands
  DEADLINE=$seconds run -0 k3 run --leaks=fail --slots 8 --each bash -c <commands
  kill "${background[@]}"
  finish busy1 '*'
  finish busy2 '*'
  like "$output" "*run: $((count * 6)) ok, *"
  unlike "$output" '*left*'
}

@test "the description of a process that has set a title is the title alone" {
  k3 start -n a -- "$PYTHON" -I -S -c '
import os, time
if os.fork() == 0:
    begin, end = map(int, open("/proc/self/stat").read().split()[47:49])
    with open("/proc/self/mem", "r+b", 0) as memory: # what redis and nginx do to their arguments
        memory.seek(begin)
        memory.write(b"some title".ljust(end - begin, b"\0"))
    open("up", "w").write("x")
    time.sleep(1000)
while not os.path.exists("up"): time.sleep(0.01)'
  k3 join a
  is "$(k3_field a left | "$PYTHON" -I -S -c 'import json, sys; print(json.load(sys.stdin)[0]["command"])')" "['some title']"
}

@test "a process that still works when its command has ended is neither killed nor reported, if it ends soon" {
  for i in {1..8}; do
    k3 start -n "t$i" -- sh -c "(i=0; while [ \$i -lt 15000 ]; do i=\$((i + 1)); done; echo >done.$i) & exit 3"
  done
  run -3 k3 join t{1..8}
  for i in {1..8}; do
    is "$(k3_field "t$i" left)" '[]'
    [ -s "done.$i" ]
  done
}

@test "a process whose first thread has ended is found, and has the name of its program" {
  k3 start -n headless -- "$PYTHON" -I -S -c '
import ctypes, os, platform, threading, time
if os.fork() == 0:
    def wait():
        time.sleep(0.2)
        with open("pid", "w") as file: file.write(str(os.getpid()))
        time.sleep(1000)
    threading.Thread(target=wait).start()
    ctypes.CDLL(None).syscall(93 if platform.machine() == "aarch64" else 60, 0)
while not os.path.exists("pid") or os.path.getsize("pid") == 0: time.sleep(0.01)'
  k3 join headless
  is "$(left headless)" "$(cat pid)"
  like "$(k3_field headless left)" '*"command": \["python*"\]*'
  refute_alive "$(cat pid)"
}

@test "a leftover that computes for ever is reported and ended" {
  k3 start -n burner -- sh -c 'while :; do :; done & echo $! >pid'
  k3 join burner
  is "$(left burner)" "$(cat pid)"
  refute_alive "$(cat pid)"
}

@test "a command that a raise or a time limit has ended left nothing behind" {
  k3 start -n raised -- sh -c "$(leave a setsid); sleep 1000"
  k3 start -n late -t 1 -- sh -c "$(leave b setsid); sleep 1000"
  wait_for_file a b
  k3 raise --wait raised
  run -124 k3 join late
  is "$(k3_field raised left)" '[]'
  is "$(k3_field late left)" '[]'
}

@test "a raise while a command's leftovers have their moment ends the thread at once" {
  k3 start -- true
  script "$(leave a disk)" <<'END'
call("start", name="a", command=["sh", "-c", sys.argv[1]])
stat = "/proc/%d/stat" % call("list")[-1]["pid"]
while ") Z " not in open(stat).read():
    time.sleep(0.001)
call("raise", thread="a", exception="SIGKILL")
end = call("join", thread="a")
assert (end["exit_code"], end["exception"], end["left"]) == (0, None, []), end
END
  refute_alive "$(cat a)"
}

@test "leftovers are an event, once for each run, and all runs add up" {
  k3 start -- true
  in_background watch k3 watch --json
  in_background words k3 watch
  wait_until "$DEADLINE" has_watchers
  k3 start -n twice -r always:1 -- sh -c 'setsid sleep 1000 & echo $! >>pids'
  k3 join twice
  is "$(left twice)" "$(xargs <pids)"
  is "$(wc -l <pids)" 2
  k3 shutdown
  finish watch
  finish words
  is "$(grep -c '"event":"left"' watch.out)" 2
  grep -q "\"event\":\"left\".*\"left\":\[{\"pid\":$(head -n 1 pids),\"command\":\[\"sleep\",\"1000\"\],\"seconds\":[0-9.]*,\"listens\":\[\]}\]" \
    watch.out
  like "$(cat words.out)" "*twice (*) left process $(head -n 1 pids) (sleep 1000)*"
  like "$(cat words.out)" "*twice (*) left processes $(head -n 1 pids) (sleep 1000) and $(tail -n 1 pids) (sleep 1000)*"
}

has_watchers() {
  k3 start -- true
  [ -s words.out ] && { [ ! -e watch.out ] || [ -s watch.out ]; }
}

@test "a requested restart keeps the leftovers of earlier runs in the list" {
  k3 start -n again -- sh -c "[ -e b ] || { $(leave a); exit; }; sleep 1000"
  k3 join again
  echo >b
  k3 restart again
  is "$(left again)" "$(cat a)"
  is "$(k3_field again state)" running
}

@test "the list of many processes, or of long commands, is short" {
  k3 start -n many -- sh -c 'for i in $(seq 100); do setsid sleep 1000 & done; sleep 0.2'
  k3 start -n long -- "$PYTHON" -I -S -c '
import os, sys, time
if sys.argv[1] == "x" * 100000:
    for _ in range(40):
        if os.fork() == 0: time.sleep(1000)' "$(printf 'x%.0s' {1..100000})"
  k3 join --all
  is "$(left many | wc -w)" 32
  script <<'END'
for thread in call("list"):
    assert len(json.dumps(thread["left"])) < 24000, thread["name"]
    for process in thread["left"]:
        assert sum(map(len, process["command"])) <= 512
END
}

@test "hostile names confuse neither the description nor a terminal" {
  cp "$(command -v sleep)" $'x) Z 1 (\ny'
  k3 start -- true
  in_background words k3 watch
  wait_until "$DEADLINE" has_watchers
  k3 start -n odd -- bash -c $'exec -a $\'\\e[31m\\xff\\n\' ./$\'x) Z 1 (\\ny\' 1000 & sleep 0.3'
  k3 start -n bare -- "$PYTHON" -I -S -c '
import os, time
if os.fork() == 0:
    import ctypes
    libc = ctypes.CDLL(None)
    libc.prctl(15, b"a) R (b", 0, 0, 0)
    time.sleep(1000)
time.sleep(0.3)'
  k3 join --all
  script <<'END'
odd, bare = call("list")[-2:]
assert odd["left"][0]["command"] == [{"base64": "G1szMW3/Cg=="}, "1000"], odd["left"]
assert len(bare["left"]) == 1, bare["left"]
END
  k3 shutdown
  finish words
  run -1 grep -qP '\e' words.out
}

@test "a socket of another network is not taken for one of this network" {
  unshare --user --map-root-user --net true 2>/dev/null || skip "no new network here"
  k3 start -n away -- unshare --user --map-root-user --net "$PYTHON" -I -S -c '
import os, socket, time
if os.fork() == 0:
    s = socket.socket(socket.AF_UNIX)
    s.bind("sock")
    s.listen()
    open("ready", "w").close()
    time.sleep(1000)
while not os.path.exists("ready"): time.sleep(0.01)'
  k3 join away
  is "$(listens away)" sock
}
