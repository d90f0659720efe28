#!/usr/bin/env bats
# Output that is read while it is written, trimmed, emptied or moved: the reader gets each byte once, in order.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# Fails if the lines on standard input, numbers of seq, are not whole or not in order.
only_whole_lines() {
  "$PYTHON" -I -S -c '
import sys
text = sys.stdin.buffer.read()
assert text and b"\0" not in text, text[:100]
numbers = [int(line) for line in text.splitlines()]
last = int(sys.argv[1])
assert numbers == sorted(set(numbers)) and numbers[-1] == last, numbers[-5:]
assert all(len(str(number)) == len(line) for number, line in zip(numbers, text.splitlines()))
' "$1"
}

# Reads nothing before the writer has ended, and then everything.
read_late() {
  wait_until "$DEADLINE" test -e written
  cat
}

@test "with --log-limit a slow reader gets whole lines, and no zeros in place of the trimmed part" {
  write='seq 2000000; touch written; until [ -e go ]; do sleep 0.02; done'
  touch go
  k3 start --wait --log-limit 64K -- sh -c "$write" | read_late | only_whole_lines 2000000
  rm go written
  k3 start -n f --log-limit 64K -- sh -c "$write"
  in_background following bash -c '"$K3THREAD" logs -f f | { until [ -e written ]; do sleep 0.02; done; cat; }'
  wait_until "$DEADLINE" test -e written
  touch go
  finish following
  only_whole_lines 2000000 <following.out
}

@test "with --log-limit logs prints whole lines at any moment" {
  k3 start -n l --log-limit 64K -- seq 4000000
  for _ in {1..50}; do
    k3 logs l | head -n -1 >now # the last line is still being written
    last=$(tail -n 1 now)
    [ -z "$last" ] || only_whole_lines "$last" <now
    k3 logs -n 100 l >now
    run -1 grep -qP '\0' now
  done
  k3 join l
  k3 logs l | only_whole_lines 4000000
}

@test "logs prints nothing of a line whose beginning was trimmed" {
  k3 start -n l --log-limit 1 -- \
    sh -c 'for i in 1 2 3 4 5 6 7; do printf "%03000d\n" $i; done; until [ -e go ]; do sleep 0.02; done; printf "whole\nnot ended"'
  touch go
  k3 join l
  is "$(k3 logs l)" $'whole\nnot ended'
  is "$(k3 logs -n 1 l)" 'not ended'
  is "$(k3 logs -n 5 l)" $'whole\nnot ended'
}

# without_inotify WHAT COMMAND…: runs COMMAND while its user has no "instances" or "watches" of inotify left.
without_inotify() {
  timeout --foreground -s KILL "$DEADLINE" unshare --user --map-root-user \
    sh -c 'echo 0 >"/proc/sys/user/max_inotify_$0"; exec "$@"' "$@"
}

@test "without inotify a log keeps to its limit, a line makes its thread ready, and a reader can follow" {
  without_inotify instances true || skip "needs user namespaces"
  for what in instances watches; do
    without_inotify "$what" "$K3THREAD" start -n l --log-limit 64K --ready line:^300000 -- \
      sh -c 'await() { until [ -e go ]; do sleep 0.02; done; rm go; }; seq 300000; await; echo more; await; echo end'
    k3 join --ready l
    log=$(k3_field l log)
    wait_until "$DEADLINE" is_small "$log"
    in_background following without_inotify "$what" "$K3THREAD" logs -f -n 1 l
    wait_for_file following.out
    touch go
    wait_until "$DEADLINE" grep -q more following.out
    touch go
    finish following
    is "$(cat following.out)" $'300000\nmore\nend'
    k3 shutdown
    rm following.out
  done
}

@test "with inotify a reader that follows is woken by the log, also if the thread has no file of marks" {
  k3 start -n a -- sh -c 'echo x; exec sleep 1000'
  in_background following "$K3THREAD" logs -f a
  wait_for_file following.out
  find "/proc/${background[following]}/fd" -lname '*inotify*' | grep -q .
  k3 raise a
  finish following
}

is_small() {
  [ $(($(stat -c '%b * %B' "$1"))) -lt 200000 ]
}

# on_blocks KIND: runs a thread with a limit whose log is on a new file system, which is in memory. The files left,
# log and size have what logs prints, the log itself, and the bytes that it takes; its data must not begin with a
# zero. Fails with 77 if there can be no such file system here.
on_blocks() {
  K3_KIND=$1 timeout --foreground -s KILL "$DEADLINE" unshare --mount sh -c '
    set -e
    mkdir -p memory disk
    case $K3_KIND in
    tmpfs*) mount -t tmpfs -o "size=64M,${K3_KIND#tmpfs }" none disk || exit 77 ;;
    *)
      mount -t tmpfs none memory || exit 77
      truncate -s 400M memory/image
      "mkfs.${K3_KIND%% *}" ${K3_KIND#* } -q memory/image && mount -o loop memory/image disk || exit 77
      ;;
    esac
    unset K3THREAD_SOCKET && export XDG_STATE_HOME="$PWD/disk"
    "$K3THREAD" start -n l --log-limit 64K -- seq 2000000
    "$K3THREAD" join l
    "$K3THREAD" logs l >left
    log=$(find disk -name 1.log)
    cp --sparse=always "$log" log
    "$PYTHON" -I -S -c "if True:
      import os, sys
      file = os.open(sys.argv[1], os.O_RDONLY)
      first = os.lseek(file, 0, os.SEEK_DATA)
      assert first > 0 and os.pread(file, 1, first) != b\"\\0\", first" "$log"
    du -B 1 "$log" | cut -f 1 >size
    "$K3THREAD" shutdown
    umount disk'
}

@test "a log keeps to its limit, without zeros among its lines, whatever the size of the file system's blocks" {
  needs_root
  unshare --mount true || skip "needs mount namespaces"
  kinds=()
  # The largest unit of each kind, in KiB.
  for kind in '1 ext4 -b 1024' '4 ext4 -b 4096' '64 ext4 -O bigalloc -C 65536' '16 xfs -b size=16384' \
    '64 xfs -b size=65536' '4 tmpfs huge=never' '2048 tmpfs huge=always'; do
    status=0
    on_blocks "${kind#* }" || status=$?
    [ "$status" != 77 ] || continue
    is "$status" 0
    kinds+=("$kind $(cat size)")
    only_whole_lines 2000000 <left
    # Before these lines, the file has at most one line that is not zeros.
    tail -c "$(wc -c <left)" log | cmp - left
    [ "$(tr -d '\0' <log | wc -c)" -le $(($(wc -c <left) + 8)) ]
    [ "$(cat size)" -le $(((64 + 2 * ${kind%% *} + 4) * 1024)) ]
  done
  echo "${kinds[@]}"
  [ "${#kinds[@]}" -gt 0 ] || skip "no file system can be mounted here"
}

@test "all threads whose logs are watched share two inotify instances, of which one is for --since" {
  for i in {1..8}; do
    k3 start -n "t$i" --log-limit 64K --ready line:up -- sh -c 'echo up; exec sleep 1000'
  done
  k3 join --ready t1 t2 t3 t4 t5 t6 t7 t8
  is "$(find "/proc/$(supervisor_pid)/fd" -lname '*inotify*' | wc -l)" 2
}

@test "a reader of a thread that has not begun gets the output from its first byte, and no output of other threads" {
  echo other >shared
  for options in '--after 0.05' '--needs first'; do
    k3 start -n first -- sleep 0.05
    # shellcheck disable=SC2086
    is "$(k3 start --wait $options -- echo mine)" mine
    # shellcheck disable=SC2086
    is "$(k3 start --wait $options -o shared -- echo mine)" mine
    k3 join first
  done
  k3 start -n late --after 0.3 -o shared -- echo late
  is "$(k3 logs -f late)" late
  is "$(cat shared)" $'other\nmine\nmine\nlate'
}

@test "a thread that never begins has no output, whatever its file contains" {
  echo other >shared
  k3 start -n late --after 1000 -o shared -- echo late
  is "$(k3 logs late)" ''
  in_background following k3 logs -f late
  in_background waiting k3 start --wait -n own --after 1000 -o shared -- echo own
  wait_for_state own delayed
  k3 raise late
  k3 raise own
  finish following
  finish waiting 143
  is "$(cat following.out waiting.out)" ''
}

@test "the replies about a thread say where its output begins once it has begun" {
  k3 start -- true
  script <<'EOF'
open("shared", "w").write("other\n")
client = Client()
for wanted in (3, 4):
    ids = [client.send("start", command=["sh", "-c", "echo mine; exit %d" % wanted], after=0.05,
                       environment=["PATH=" + os.environ["PATH"]], output=os.getcwd() + "/shared"),
           client.send("logs", begun=True), client.send("join")]
    answers = {}
    while len(answers) < 3:
        answer = client.receive()
        answers[answer["id"]] = result_of(answer)
    started, located, joined = (answers[id] for id in ids)
    assert started["id"] == located["id"] == joined["id"]
    assert joined["exit_code"] == wanted and located["begun"], joined
    text = open("shared").read()
    assert text[located["offset"]:] == "mine\n", (text, located)
failed = client.send("start", command=["./none"])
joining = client.send("join")
answers = {answer["id"]: answer for answer in (client.receive(), client.receive())}
assert answers[joining]["result"]["exit_code"] == 127 == answers[failed]["error"]["data"]["thread"]["exit_code"]
client.send("start", command=[])
assert client.receive()["error"]
client.send("join")
assert client.receive()["error"]["data"]["type"] == "InvalidThreadIdError"
EOF
}

@test "start --wait of a thread whose output goes to no regular file waits, and exits as the thread did" {
  run -3 k3 start --wait -o /dev/null -- sh -c 'echo lost; exit 3'
  is "$output" ''
  mkfifo pipe
  in_background reading cat pipe
  run -4 k3 start --wait -o pipe -- sh -c 'echo through; exit 4'
  is "$output" ''
  finish reading
  is "$(cat reading.out)" through
}

@test "logs of a thread whose output went to no regular file is an error, and an empty name is refused" {
  k3 start -n a -o /dev/null -- echo lost
  k3 join a
  for words in a '-f a' '-n 1 a'; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr k3 logs $words
    is "$stderr" 'k3thread: logs: /dev/null is no regular file'
  done
  run -64 --separate-stderr k3 start -o '' -- true
  is "${stderr_lines[0]}" "k3thread: start: --output wants a file's name"
}

@test "--ready line is an error for a thread whose output goes to no regular file" {
  mkfifo pipe
  for output in /dev/null pipe; do
    run -1 --separate-stderr k3 start -n a --ready line:up -o "$output" -- echo up
    like "$stderr" "k3thread: start: *--ready line:up reads the output, and '*$output' is no regular file"
    run -125 k3 join a
  done
}

@test "--output with the name of a descriptor means the file that the caller has open there" {
  echo before >out
  k3 start --wait -o /dev/stdout -- echo printed >>out
  is "$(cat out)" $'before\nprinted'
  k3 start -n a -o /dev/fd/3 -- echo again 3>>out
  k3 join a
  is "$(k3_field a log)" "$dir/out"
  is "$(cat out)" $'before\nprinted\nagain'
  printf '%s\n' 'start -o /dev/stdout -- echo two' 'start -n b -- echo three' >script
  k3 run -q script >of_run
  is "$(sort of_run)" $'b | three\ntwo'
  echo 'start -o /dev/stdout -- echo two' >script
  for command in 'start --wait -o /dev/stdout -- echo lost' 'run -q script'; do
    # shellcheck disable=SC2086
    run -64 --separate-stderr bash -c '"$K3THREAD" "$@" | cat; exit "${PIPESTATUS[0]}"' - $command
    like "$stderr" '*: ValueError: --output: /dev/stdout is no file that has a name; *'
  done
}

# shared COMMAND…: two lines of the shell around one line of a thread, all by one descriptor of the file f.
shared() {
  (
    echo one
    k3 start -n two "$@" || exit
    k3 join two
    k3 clear
    echo three
  ) >f 4>&1
  cat f
}

@test "a file that the caller opened with > gets the lines of the caller and of the thread in order" {
  for output in /dev/stdout /dev/fd/1 /dev/fd/4 /proc/self/fd/4 /proc/thread-self/fd/1; do
    is "$(shared --wait -o "$output" -- echo two)" $'one\ntwo\nthree'
    is "$(shared -o "$output" -- sh -c 'echo two; echo "also two" >&2' | grep -v '^[0-9]*$')" \
      $'one\ntwo\nalso two\nthree'
  done
  (
    echo one >&2
    k3 start --wait -o /dev/stderr -- echo two
    echo three >&2
  ) 2>f
  is "$(cat f)" $'one\ntwo\nthree'
  echo 'start --wait -o /dev/stdout -- echo two' >script
  sh -c 'echo one; "$K3THREAD" shell <script; echo three' >f
  is "$(cat f)" $'one\ntwo\nthree'
}

@test "--output can be standard input if that is open for writing" {
  k3 start --wait -o /dev/fd/0 -- echo written 0>>f
  is "$(cat f)" written
}

@test "--output refuses a descriptor that is not open for writing" {
  echo kept >f
  run -64 k3 start -o /dev/fd/4 -- echo lost 4<f
  like "$output" '*: ValueError: --output: /dev/fd/4 is not open for writing*'
  is "$(cat f)" kept
}

@test "k3thread does not copy output into the file that it reads it from" {
  ulimit -f 1024 # what limits the harm
  # shellcheck disable=SC2094
  k3 start --wait -o own -- echo one >>own
  k3 start --wait -o /dev/stdout -- echo two >>own
  is "$(cat own)" $'one\ntwo'
  k3 start -n c -o c -- sh -c 'echo one; until [ -e go ]; do sleep 0.02; done'
  wait_for_file c
  run -1 bash -c '"$K3THREAD" logs -f c >>c'
  is "$output" 'k3thread: logs: standard output is the log itself'
  run -1 bash -c '"$K3THREAD" logs c >>c'
  touch go
  k3 join c
  is "$(cat c)" one
}

@test "logs -f continues with the file that replaces a moved file" {
  k3 start -n r -o q --restart always:2 -- \
    sh -c 'echo run; until [ -e go ]; do sleep 0.02; done; rm go; printf "no newline"'
  in_background following k3 logs -f r
  for i in 1 2; do
    wait_until "$DEADLINE" is_counted "$i" following.out
    mv q "q.$i"
    touch go
  done
  wait_until "$DEADLINE" is_counted 3 following.out
  touch go
  finish following
  is "$(grep -v '^---' following.out)" $'run\nno newline\nrun\nno newline\nrun\nno newline'
}

@test "logs -f reads a file that is moved away before anything was written to it" {
  k3 start -n r -o q --restart always:2 -- \
    sh -c 'until [ -e go ]; do sleep 0.02; done; rm go; echo run'
  "$K3THREAD" logs -f r >following.out 3>&- &
  follower=$!
  for i in 1 2; do
    wait_until "$DEADLINE" has_open "$follower" "$dir/q"
    mv q "q.$i"
    touch go
  done
  wait_until "$DEADLINE" has_open "$follower" "$dir/q"
  touch go
  wait "$follower"
  is "$(grep -v '^---' following.out)" $'run\nrun\nrun'
}

@test "logs -f goes on with the next run when the directory of the logs was removed" {
  k3 start -n r --restart always:2 -- \
    sh -c 'echo run | tee -a count; n=$(wc -l <count); until [ -e "go.$n" ]; do sleep 0.02; done'
  in_background one "$K3THREAD" logs -f r
  in_background many "$K3THREAD" logs -f 'r*'
  for i in 1 2; do
    for name in one many; do wait_until "$DEADLINE" shows_runs "$name" "$i"; done
    rm -r k.logs
    touch "go.$i"
  done
  for name in one many; do wait_until "$DEADLINE" shows_runs "$name" 3; done
  touch go.3
  finish one
  finish many
}

# shows_runs NAME NUMBER: succeeds if the command in the background has shown so many runs.
shows_runs() {
  [ "$(grep -c 'run$' "$1.out")" = "$2" ]
}

# has_open PID FILE: succeeds if the process has the file open.
has_open() {
  find "/proc/$1/fd" -lname "$2" 2>/dev/null | grep -q .
}

# is_counted NUMBER FILE: succeeds if so many runs have begun.
is_counted() {
  [ "$(grep -c '^run' "$2")" = "$1" ]
}

@test "logs -f continues when the log is emptied, and a later line still makes the thread ready" {
  k3 daemon -n p -o u --ready 'line:^up$' -- \
    sh -c 'seq 5000; until [ -e go ]; do sleep 0.02; done; echo up; exec sleep 1000'
  in_background following k3 logs -f p
  wait_until "$DEADLINE" grep -q '^5000$' following.out
  : >u
  touch go
  k3 join --ready p
  wait_until "$DEADLINE" grep -q '^up$' following.out
  k3 raise p
  finish following
  is "$(cat following.out)" "$(seq 5000)"$'\nup'
}

@test "logs -f ends an unfinished line when the log is emptied, and loses no later output" {
  k3 start -n p -o u -- \
    sh -c 'printf "one\ntw"; until [ -e go ]; do sleep 0.02; done; printf "3\n4\n"; exec sleep 1000'
  in_background following "$K3THREAD" logs -f p
  wait_until "$DEADLINE" grep -q '^tw$' following.out
  kill -STOP "${background[following]}" # it sees both changes at once
  : >u
  touch go
  wait_until "$DEADLINE" grep -q '^4$' u
  kill -CONT "${background[following]}"
  wait_until "$DEADLINE" grep -q '^4$' following.out
  k3 raise p
  finish following
  is "$(cat following.out)" $'one\ntw\n3\n4'
}

@test "a line makes the thread ready although much of the log before it was trimmed" {
  k3 start -n a --log-limit 64K --ready 'line:^end' -- \
    sh -c 'seq 3000000; echo end; exec sleep 1000'
  k3 join --ready a
}

@test "standard output that is closed or full does not end the thread of start --wait, and start says so once" {
  work='echo x; until [ -e go ]; do sleep 0.02; done; touch over; exit 3'
  for output in '&-:Bad file descriptor' '/dev/full:No space left on device'; do
    rm -f go over
    in_background waiting bash -c "exec \"\$K3THREAD\" start --wait -- sh -c '$work' >${output%%:*}"
    wait_for_file waiting.err
    touch go
    finish waiting 3
    is "$(cat waiting.err)" "k3thread: start: cannot write to standard output, the thread goes on without it: ${output#*:}"
    [ -e over ]
    rm waiting.err
  done
}

@test "start --wait acts on a signal even while no process reads its output" {
  mkfifo pipe
  exec 4<>pipe
  "$K3THREAD" start --wait -n a -- sh -c 'yes | head -c 1000000; exec sleep 1000' >pipe 3>&- 4>&- &
  pid=$!
  wait_until "$DEADLINE" holds_much pipe
  kill -TERM "$pid"
  wait_for_state a ended
  is "$(k3_field a exception)" SystemExit
  kill -KILL "$pid"
  exec 4>&-
}

# Writes the command saver, which says when it is asked to end, and then saves its work until the file go exists.
make_saver() {
  cat >saver <<'END'
trap 'echo asked >>asked; until [ -e go ]; do sleep 0.02; done; : >saved; exit 0' TERM INT
echo up
while :; do sleep 0.02; done
END
}

@test "start --wait whose reader goes away asks its thread once, and ends when the thread has ended" {
  make_saver
  in_background waiting bash -c '"$K3THREAD" start --wait -n a -- sh saver | head -n 1; echo "${PIPESTATUS[0]}" saved*'
  wait_for_file asked
  touch go
  finish waiting
  is "$(cat waiting.out)" $'up\n141 saved'
  is "$(cat asked)" asked
}

@test "start --wait whose terminal closes ends by SIGHUP when its thread has ended, and asks it once" {
  make_saver
  "$PYTHON" -I -S - "$K3THREAD" <<'END'
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "start", "--wait", "-n", "a", "--", "sh", "saver"])
shown = b""
while b"up" not in shown:
    shown += os.read(terminal, 1000)
os.close(terminal)
end = time.monotonic() + 30
while not os.path.exists("asked") and time.monotonic() < end:
    time.sleep(0.02)
open("go", "w").close()
_, status = os.waitpid(pid, 0)
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == 1, status
assert os.path.exists("saved"), "it did not wait"
END
  is "$(cat asked)" asked
}

# Succeeds if the pipe on descriptor 4 is full, to a page.
holds_much() {
  "$PYTHON" -I -S -c '
import fcntl, struct, sys, termios
size, = struct.unpack("i", fcntl.ioctl(4, termios.FIONREAD, b"\0" * 4))
sys.exit(size < 60000)'
}

@test "start --wait reports its thread's status when a shutdown comes at the same time" {
  for _ in {1..25}; do
    rm -f ran status
    k3 start -- true
    in_background waiting bash -c '"$K3THREAD" start --wait -- sh -c "touch ran; exit 42"; echo $? >status'
    k3 shutdown || :
    finish waiting
    [ ! -e ran ] || is "$(cat status)" 42
    k3 shutdown --now || :
  done
}
