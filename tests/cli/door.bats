#!/usr/bin/env bats
# The way to a supervisor that lives: a client restores the files that somebody removed, a start that
# waits for a lock says so, and k3thread removes no socket but its own.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers

setup() {
  begin_test
  unset K3THREAD_SOCKET # the user's own directory
  own=$dir/k3thread-$(id -u)
  state=$dir/state/k3thread/servers/$(uname -n)/default
}

teardown() {
  ! supervisor_is_there || k3 shutdown --now
  cat "$state/journal.log" 2>/dev/null || :
  leave_test
}

supervisor_is_there() {
  [ -n "$(supervisor_pid)" ]
}

@test "every command finds a supervisor whose socket, directory or lock was removed" {
  k3 start -n a -- sleep 1000
  pid=$(supervisor_pid)
  for removed in "$own/default.sock" "$own/default.lock" "$own/default.*" "$own"; do
    for command in 'start -n b -- sleep 1000' 'list a' 'raise --wait b' 'logs a' 'join -t 0 a' version; do
      # shellcheck disable=SC2086  # a pattern, and a list of words
      rm -rf $removed && run k3 $command
      like "$status" '@(0|124)'
      [ "$removed" = "$own/default.lock" ] || [ -S "$own/default.sock" ]
      is "$(supervisor_pid)" "$pid"
    done
    k3 clear
  done
  is "$(stat -c %a "$own")" 700
  is "$(k3_field a state)" running
}

@test "a directory that was renamed is made again, and a directory that others can write to is not used" {
  k3 start -n a -- sleep 1000
  pid=$(supervisor_pid)
  mv "$own" moved
  is "$(k3 list -q)" 1
  rm -r "$own"
  mkdir "$own"
  chmod 777 "$own"
  run -1 --separate-stderr k3 list
  like "$stderr" "k3thread: list: *$own/default.sock*process $pid*"
  grep -q 'others can write to\|is open to others' "$state/journal.log"
  rmdir "$own"
  is "$(k3 list -q)" 1
}

@test "the directory of a socket that the caller named is made again too" {
  mkdir -m 700 named
  export K3THREAD_SOCKET=$dir/named/x.sock
  k3 start -n a -- sleep 1000
  rm -r named
  is "$(k3 start -n b -- sleep 1000)" 2
  is "$(k3 list -q | wc -l)" 2
  k3 shutdown --now
  [ ! -e named/x.sock ]
}

@test "a client finds a supervisor again after any directory above its socket was removed or made again" {
  export K3THREAD_TMPDIR=$dir/outer/inner
  own=$K3THREAD_TMPDIR/k3thread-$(id -u)
  mkdir -p "$K3THREAD_TMPDIR"
  k3 start -n a -- sleep 1000
  pid=$(supervisor_pid)
  for made in "" outer outer/inner; do
    for command in 'list -q a' 'start -- true' version; do
      # shellcheck disable=SC2086  # none, or a list of words
      rm -r outer && mkdir -p $made && k3 $command
      is "$(supervisor_pid)" "$pid"
    done
  done
  rm -r outer
  k3 list
  is "$(stat -c %a outer outer/inner "$own" | sort -u)" 700
  export K3THREAD_SOCKET=$K3THREAD_TMPDIR/named/x.sock
  mkdir "${K3THREAD_SOCKET%/*}"
  k3 start -n b -- sleep 1000
  rm -r outer
  is "$(k3 list -q -- b)" 1
  k3 shutdown --now
  unset K3THREAD_SOCKET
  k3 shutdown --now
}

@test "a client finds a supervisor again through the link that named its directory" {
  for target in real "$dir/real"; do
    mkdir -p "$dir/real"
    ln -sfn "$target" "$dir/link"
    export K3THREAD_TMPDIR=$dir/./link
    k3 start -n a -- sleep 1000
    rm -r "$dir/real"
    is "$(k3 list -q)" 1
    rm -r "$dir/real"
    is "$(K3THREAD_TMPDIR=$dir/real k3 list -q)" 1
    k3 shutdown --now
  done
}

@test "where a directory cannot be made again safely, each command says so and no second supervisor starts" {
  export K3THREAD_TMPDIR=$dir/outer
  mkdir "$K3THREAD_TMPDIR"
  k3 start -- sleep 1000
  pid=$(supervisor_pid)
  rm -r outer
  chmod 777 "$dir"
  for command in list 'start -- true' supervise; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr k3 $command
    [ "$command" = supervise ] ||
      like "$stderr" "k3thread: *process $pid, cannot put its socket back: others can write to $dir, so $K3THREAD_TMPDIR/k3thread-* is not made again; make it, and try again"
  done
  mkdir -m 700 outer
  is "$(k3 list -q)" 1
  rm -r outer
  chmod 700 "$dir"
  touch outer
  for command in list 'start -- true'; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr k3 $command
    like "$stderr" "k3thread: *process $pid, cannot put its socket back: *$dir/outer*"
  done
  rm outer
  is "$(supervisor_pid)" "$pid"
  k3 shutdown --now
}

@test "the same path on another file system names another supervisor" {
  needs_root
  k3 start -- sleep 1000
  mkdir other
  for mount in '-t tmpfs none' "--bind $dir/other"; do
    # shellcheck disable=SC2016  # for that shell
    run -69 unshare --mount bash -c 'mount $1 "$2" && exec "$3" list' - "$mount" "$dir" "$K3THREAD"
  done
  is "$(k3 list -q)" 1
}

@test "a supervisor begins its journal again when the journal and its directory were removed" {
  k3 start -- sleep 1000
  rm -r "$dir/state" "$own"
  k3 list
  grep -q "$own was removed" "$state/journal.log"
  k3 shutdown --now
  is "$(grep -c 'ended$' "$state/journal.log")" 1
  k3 start -- sleep 1000
  rm -r "$dir/state"
  k3 start -- true
  k3 shutdown --now
  is "$(grep -c 'ended$' "$state/journal.log")" 1
  k3 start -- sleep 1000
  rm -r "$dir/state"
  k3 shutdown --now
  [ ! -e "$dir/state" ]
  # The guardian writes to the new journal, too.
  k3 start -- sleep 1000
  guardian=$(guardian_pid) pid=$(supervisor_pid)
  rm -r "$dir/state" "$own"
  k3 list
  kill -KILL "$pid"
  wait_until "$DEADLINE" refute_alive "$guardian"
  grep -q 'killed by signal 9' "$state/journal.log"
}

@test "a file that is no socket of ours stays in the socket's place, and each command names it" {
  k3 start -- sleep 1000
  pid=$(supervisor_pid)
  rm "$own/default.sock"
  echo precious >"$own/default.sock"
  for command in list 'start -- true' 'shutdown --now'; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr k3 $command
    like "$stderr" "k3thread: *: OSError: something else is at $own/default.sock, where the supervisor, process $pid, *"
  done
  is "$(cat "$own/default.sock")" precious
  rm "$own/default.sock"
  is "$(k3 list -q)" 1
}

@test "a start replaces a dead socket, and never a socket at which a process listens" {
  k3 start -- sleep 1000
  rm "$own/default.sock"
  "$PYTHON" -I -S -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \
    "$own/default.sock"
  is "$(k3 list -q)" 1
  rm "$own/default.sock"
  in_background other socat "UNIX-LISTEN:$own/default.sock,fork" SYSTEM:false
  wait_until "$DEADLINE" test -S "$own/default.sock"
  run -1 k3 list
  kill "${background[other]}"
  finish other 143
  is "$(k3 list -q)" 1
}

@test "a supervisor and its guardian remove only their own socket when they end" {
  needs_root
  k3 start -n old -- sleep 1000
  guardian=$(guardian_pid)
  mv "$own" "$dir/old"
  # A client in another network cannot reach the supervisor: this start finds none.
  unshare --net "$K3THREAD" start -n new -- sleep 1000
  is "$(k3_field 1 name)" new
  kill "$guardian"
  wait_until "$DEADLINE" refute_alive "$guardian"
  is "$(k3_field 1 name)" new
  guardian=$(guardian_pid) pid=$(supervisor_pid)
  mv "$own" "$dir/older"
  k3 start -n newest -- sleep 1000
  is "$(k3_field 1 name)" newest
  kill -KILL "$pid"
  wait_until "$DEADLINE" refute_alive "$guardian"
  is "$(k3_field 1 name)" newest
}

@test "the next start waits for a supervisor's last process although the lock was removed" {
  k3 start -- sh -c 'trap "" TERM; while :; do sleep 0.02; done'
  pid=$(k3_field 1 pid) guardian=$(guardian_pid) supervisor=$(supervisor_pid)
  rm "$own"/default.*
  k3 list
  wait_until "$DEADLINE" has_lock_file "$guardian"
  kill -STOP "$guardian"
  kill -KILL "$supervisor"
  wait_until "$DEADLINE" refute_alive "$supervisor"
  run -1 --separate-stderr k3 start -n next -- true
  like "$stderr" "*process $guardian, the guardian *"
  kill -CONT "$guardian"
  k3 start -- true
  refute_alive "$pid"
}

# Succeeds if the guardian has the lock file that now exists open.
has_lock_file() {
  [ -n "$(find -L "/proc/$1/fd" -samefile "$own/default.lock" 2>/dev/null)" ]
}

@test "a start that waits for a stopped guardian says so within a second, and fails" {
  k3 start -- sleep 1000
  guardian=$(guardian_pid) supervisor=$(supervisor_pid)
  kill -STOP "$guardian"
  kill -KILL "$supervisor"
  wait_until "$DEADLINE" refute_alive "$supervisor"
  for command in 'start -- true' 'supervise'; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr timeout -s KILL 5 "$K3THREAD" $command
    like "$stderr" "k3thread: *: process $guardian, the guardian *$own/default.lock and is stopped; \"kill -CONT $guardian\" lets it go on"
  done
  kill -CONT "$guardian"
  k3 start -- true
}

@test "a start that waits for another start says so" {
  mkdir -m 700 "$own"
  K3THREAD_SOCKET='' OWN=$own script <<'EOF'
import fcntl, struct, subprocess
lock = os.open(os.environ["OWN"] + "/default.lock", os.O_RDWR | os.O_CREAT, 0o600)
os.write(lock, b"%-15d\n" % os.getpid())
fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 1, 0))  # F_OFD_SETLK
start = subprocess.Popen([os.environ["K3THREAD"], "start", "--", "true"], stderr=subprocess.PIPE)
line = start.stderr.readline()
assert b"waiting: process %d, another start, holds " % os.getpid() in line, line
os.close(lock)
assert start.wait() == 0
EOF
}

@test "two sockets whose names share a lock cannot both be used: the second start is refused at once" {
  k3 -S "$dir/x.sock" start -- sleep 1000
  pid=$(k3 -S "$dir/x.sock" version | sed -n 's/.*pid \([0-9]*\)).*/\1/p')
  run -1 --separate-stderr k3 -S "$dir/x" start -- true
  is "$stderr" "k3thread: start: OSError: $dir/x.lock belongs to the supervisor at $dir/x.sock (process $pid); choose another socket's name"
  k3 -S "$dir/x.sock" shutdown --now
  k3 -S "$dir/x" start -- true
  k3 -S "$dir/x" shutdown
}

@test "a client names a supervisor that is stopped and whose socket is gone" {
  k3 start -- sleep 1000
  pid=$(supervisor_pid)
  rm "$own/default.sock"
  kill -STOP "$pid"
  for command in list 'start -- true'; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr k3 $command
    like "$stderr" "k3thread: *: *$own/default.sock, process $pid, does not put its socket back; is it stopped?"
  done
  kill -CONT "$pid"
  is "$(k3 list -q)" 1
}

@test "a client whose supervisor is stopped says so, and goes on when the supervisor does" {
  k3 start -n a -- sleep 1000
  pid=$(supervisor_pid)
  kill -STOP "$pid"
  in_background start "$K3THREAD" start -- true
  in_background waiting "$K3THREAD" start --wait -- echo hi
  in_background list "$K3THREAD" list --json
  in_background raise "$K3THREAD" raise a
  for client in start waiting list raise; do
    wait_until "$DEADLINE" grep -qF 'k3thread: waiting: process' "$client.err"
    is "$(cat "$client.err")" \
      "k3thread: waiting: process $pid, the supervisor, is stopped; \"kill -CONT $pid\" lets it go on"
  done
  kill -CONT "$pid"
  for client in start waiting list raise; do finish "$client"; done
  is "$(cat waiting.out)" hi
}

@test "another user can ask a supervisor to restore its socket, and gets nothing else" {
  needs_root
  k3 start -- sleep 1000
  bells=$(bells_of "$(supervisor_pid)")
  [ -n "$bells" ]
  for bell in $bells; do
    run as_nobody socat -t 5 - "ABSTRACT-CONNECT:$bell" <<<'{"jsonrpc":"2.0","id":1,"method":"list"}'
    unlike "$output" '*sleep*'
    rm "$own/default.sock"
    is "$(as_nobody socat -u "ABSTRACT-CONNECT:$bell" - && echo over)" over
    [ -S "$own/default.sock" ]
  done
  is "$(k3 list -q)" 1
}

# bells_of PID: the names of the bells that this supervisor has open.
bells_of() {
  local inodes
  inodes=$(readlink /proc/"$1"/fd/* | sed -n 's/^socket:\[\(.*\)\]$/\1/p')
  awk 'NR == FNR { own[$1]; next } ($7 in own) && sub(/^@/, "", $8) && $8 ~ /^k3thread/ { print $8 }' \
    - /proc/net/unix <<<"$inodes" | sort -u
}
