#!/usr/bin/env bats
# Faults that are cheap to make: the command gets a clear error, running threads go on, and the
# supervisor serves again when the cause is gone.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers

@test "a start whose log cannot be made fails with an error, and the supervisor goes on" {
  k3 start -n a -- sleep 1000
  # The directory is moved away: no file mode would stop root.
  logs=$(dirname "$(k3_field a log)")
  mv "$logs" "$logs.away"
  : >"$logs"
  run -1 --separate-stderr k3 start -n b -- true
  like "$stderr" "k3thread: start: *$logs*"
  run -125 k3 join b
  is "$(k3_field a state)" running
  rm "$logs"
  mv "$logs.away" "$logs"
  k3 join "$(k3 start -- true)"
}

@test "a directory of logs that was removed is made again" {
  k3 start -n a -- sleep 1000
  run=$(dirname "$(k3_field a log)")
  for removed in "$run" k.logs; do
    rm -r "$removed"
    for i in {1..8}; do
      in_background "start$i" k3 start -- sh -c 'echo out; exit 3'
    done
    for i in {1..8}; do finish "start$i"; done
    id=$(k3 list -q | tail -n 1)
    run -3 k3 join "$id"
    is "$(k3 logs "$id")" out
    is "$(dirname "$(k3_field "$id" log)")" "$run"
    is "$(find k.logs -perm /077)" ''
  done
  is "$(k3_field a state)" running
}

@test "a directory of logs is not made again where another user's directory could be used instead" {
  k3 start -n a -- sleep 1000
  rm -r k.logs
  mkdir elsewhere
  ln -s elsewhere k.logs
  run -1 k3 start -- true
  is "$(ls -A elsewhere)" ''
}

@test "the oldest logs are removed first, whatever the clock says" {
  for number in {1..6}; do
    k3 start -- echo "life $number"
    k3 join 1
    k3 shutdown
    [ "$number" != 1 ] || first=$(ls k.logs)
    # The clock seems to have been set back since.
    for run in k.logs/*; do
      [[ $run = *-30* ]] || mv "$run" "${run/-20/-30}"
    done
  done
  [ ! -e "k.logs/$first" ]
  is "$(cat k.logs/*/1.log | xargs)" 'life 3 life 4 life 5 life 6'
}

@test "a start whose directory of logs cannot be written to fails with an error" {
  needs_root
  for_all_users
  mkdir theirs
  chown 65534 theirs
  mkdir -m 700 theirs/k.logs
  run -1 as_nobody "$K3THREAD" -S "$dir/theirs/k.sock" start -- true
  like "$output" 'k3thread: start: *'
  rmdir theirs/k.logs
  as_nobody "$K3THREAD" -S "$dir/theirs/k.sock" start -- true
  as_nobody "$K3THREAD" -S "$dir/theirs/k.sock" shutdown
}

@test "a full disk loses output, and the thread goes on" {
  k3 start -n full -o /dev/full -- sh -c 'echo lost 2>/dev/null; exit 3'
  run -3 k3 join full
}

@test "a command that shows output or waits for it says that the file system of the logs is full" {
  needs_root
  mkdir full
  unset K3THREAD_SOCKET
  export XDG_STATE_HOME=$dir/full
  cat >all <<'EOF'
mount -t tmpfs -o size=64k none full || exit 77
# said COMMAND…: the command prints the message once, and the message names the path.
said() {
  "$K3THREAD" "$@" 2>err >out </dev/null
  echo "$1 $?: $(grep -c "the file system of the logs is full: $PWD/full/.*: output may be lost" err)"
}
said start -w -- true
"$K3THREAD" start -n a -- sh -c 'cat go; echo late; exec sleep 1000' >/dev/null
said logs a
head -c 1M /dev/zero >full/fill 2>/dev/null
said start -w -n b -- sh -c 'echo lost 2>/dev/null; exit 3'
said logs b
said logs '[ab]'
said start -n c --ready=line:here -- sh -c 'echo here 2>/dev/null; exec sleep 1000'
said join --ready -t 0.1 c
printf '%s\n' 'start -- sh -c "echo lost 2>/dev/null"' 'start -- true' >script
TMPDIR=$PWD/full said run script
rm full/fill
said logs b
# The file system is full before the line comes, but not when join begins.
fill='head -c 1M /dev/zero >full/fill; echo here; exec sleep 1000'
"$K3THREAD" start -n d --after 0.1 --ready=line:here -- sh -c "$fill 2>/dev/null" >/dev/null
said join --ready -t 0.5 d
"$K3THREAD" shutdown --now 2>/dev/null
EOF
  run unshare --mount bash all
  [ "$status" != 77 ] || skip "nothing can be mounted here"
  is "$output" "start 0: 0
logs 0: 0
start 3: 1
logs 0: 1
logs 0: 1
start 0: 0
join 124: 1
run 1: 1
logs 0: 0
join 124: 1"
}

@test "without descriptors starts fail with a clear error and running threads live on; later starts work again" {
  k3 start -n first -- sleep 1000
  prlimit --nofile=64:64 --pid "$(supervisor_pid)"
  script <<'EOF'
clients = []
waiting = []
# Each thread takes a descriptor, and so does each client.
refused = None
for i in range(100):
    try:
        client = Client()
        client.socket.settimeout(10)
        answer = None
        client.send("start", command=["/bin/sleep", "1000"], directory="/")
        answer = client.receive()
        clients.append(client)
        if answer is None or "error" in answer:
            refused = answer
            break
    except OSError as error:
        refused = error
        break
assert refused is not None, "100 clients and threads on 64 descriptors"
if isinstance(refused, dict):
    assert refused["error"]["data"]["type"] == "OSError", refused
    assert "descriptor" in refused["error"]["message"] or "open files" in refused["error"]["message"], refused
for client in clients:
    client.close()
end, threads = time.time() + TIMEOUT, None
while threads is None:
    try:
        threads = call("list", live=True)
    except AssertionError:  # turned away: it has not seen all those ends yet
        assert time.time() < end
assert threads[0]["name"] == "first" and threads[0]["state"] == "running", threads[0]
call("raise", thread="Thread-*")
for thread in threads[1:]:
    assert call("join", thread=thread["id"])["signal"] == 15
thread = start("/bin/true")
assert call("join", thread=thread["id"])["exit_code"] == 0
EOF
}

@test "without one descriptor more the supervisor lets clients wait, does not spin, and serves them later" {
  k3 start -n a -- sleep 1000
  pid=$(supervisor_pid)
  short_of_descriptors "$pid"
  in_background late k3 list -q
  rests "$pid"
  rich_in_descriptors "$pid"
  finish late
  is "$(cat late.out)" 1
  # It can turn clients away again.
  prlimit --nofile=64: --pid "$pid"
  script <<'END'
clients = []
error = None
while error is None:
    clients.append(Client())
    try:
        clients[-1].send("version")
    except BrokenPipeError:  # turned away
        pass
    error = clients[-1].receive().get("error")
assert error["message"].startswith("the supervisor has no file descriptor left; try again"), error
assert len(clients) < 64, clients
END
  is_state a running
}

@test "a send between two runs says that no descriptor is left, and the supervisor serves on" {
  # The command has ended, and nothing reads its input. The thread waits for what the command has left.
  k3 start -n a -i --grace 1000 -- sh -c 'trap "" TERM; sleep 1000 </dev/null >/dev/null 2>&1 &'
  wait_for_state a stopping
  script <<'END'
import resource
client = Client()
pid = client.call("version")["pid"]
old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, old[1]))
try:
    client.call("send", thread="a", text="lost\n")
    assert False, "it was taken"
except Failure as failure:
    assert failure.type == "OSError" and failure.data["taken"] == 0, failure
    assert failure.message == "cannot write to the input of thread 'a' (id 1): Too many open files", failure
resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
assert client.call("send", thread="a", text="kept\n") == {"id": 1, "taken": 5}
END
  k3 raise a SIGKILL
}

@test "a run that has no descriptor for itself says so" {
  run -125 bash -c 'ulimit -n 4; exec "$K3THREAD" run -' </dev/null
  is "$output" 'k3thread: run: cannot begin: Too many open files'
}

@test "without processes a start fails with a clear error, and a later start works again" {
  needs_root
  for_all_users
  mkdir theirs
  # The test uses a user of its own, because the limit counts all processes of a user.
  mine() {
    setpriv --reuid=61234 --regid=61234 --clear-groups "$@"
  }
  chown 61234 theirs
  export K3THREAD_SOCKET=$dir/theirs/k.sock
  mine prlimit --nproc=12 timeout 20 "$K3THREAD" start -n first -- sleep 1000
  for _ in {1..12}; do
    mine "$K3THREAD" start -- sleep 1000 >>ids 2>err || break
  done
  [ -s err ]
  like "$(cat err)" 'k3thread: start: OSError: *'
  is "$(mine "$K3THREAD" list -q first)" 1
  mine "$K3THREAD" raise --wait 'Thread-*'
  id=$(mine "$K3THREAD" start -- true)
  mine "$K3THREAD" join "$id"
  mine "$K3THREAD" shutdown --now
}

@test "without /dev/null, or with a /tmp that cannot be written, a message names the file and no file is left" {
  unshare --user --map-root-user --mount true || skip 'no user namespaces'
  unset K3THREAD_SOCKET
  cat >all <<'EOF'
try() {
    status=0
    output=$("$@" 2>&1) || status=$?
    echo "$status: $output"
}
exec 8<"$K3THREAD"
program=/proc/self/fd/8
mount -t tmpfs none /dev
try $program start -- true
echo 'start -- true' | try $program run -
try $program -S "$PWD/other.sock" supervise
try $program list <&-
umount /dev
unset K3THREAD_TMPDIR TMPDIR
mount -t tmpfs -o ro none /tmp
try $program start -- true
echo 'start -- true' | try $program run -
ls /tmp
EOF
  run unshare --user --map-root-user --mount sh all
  is "$output" "1: k3thread: start: FileNotFoundError: cannot start a supervisor: cannot open /dev/null: No such file or directory
125: k3thread: run: cannot start a supervisor: cannot open /dev/null: No such file or directory
1: k3thread: supervise: cannot open /dev/null: No such file or directory
1: k3thread: cannot open /dev/null in place of a closed standard descriptor
1: k3thread: start: OSError: cannot make /tmp/k3thread-0: Read-only file system; K3THREAD_TMPDIR names another place
125: k3thread: run: no directory for the supervisor; cannot make one in /tmp: Read-only file system; TMPDIR names another place"
}
