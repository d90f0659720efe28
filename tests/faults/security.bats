#!/usr/bin/env bats
# No access for other users: what another user can prepare in a directory that everybody can write to.
# (The rest is in tests/cli/supervisor.bats.)

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load ../cli/helpers

setup() {
  begin_test
  needs_root
  for_all_users
  mkdir -m 1777 tmp
  socket=$dir/tmp/k.sock
  unset K3THREAD_SOCKET
}

teardown() {
  [ ! -S "$socket" ] || mine -S "$socket" shutdown --now
  refute_leaks
  cat "$commands"
  cd / && rm -rf "$dir" /tmp/k3thread-61235
}

# Runs k3thread as one user; as_nobody is the other user, who plants files.
mine() {
  log mine "$@"
  timeout --foreground -s KILL "$DEADLINE" \
    setpriv --reuid=61235 --regid=61235 --clear-groups "$K3THREAD" "$@"
}

# Succeeds if the command fails as_nobody, and says that it was not allowed.
refused_to_nobody() {
  run ! as_nobody "$@"
  like "$output" '*@(ermission denied|not permitted)*'
}

@test "a supervisor in a directory like /tmp lets no other user use its files" {
  mine -S "$socket" start -- sh -c 'echo secret'
  mine -S "$socket" join 1
  is "$(find tmp -name 'k.*' ! -type s -perm /077)" ''
  is "$(find tmp/k.logs -perm /077)" ''
  refused_to_nobody cat tmp/k.log
  refused_to_nobody ls tmp/k.logs
  refused_to_nobody rm -f tmp/k.sock
  refused_to_nobody "$K3THREAD" -S "$socket" list
  refused_to_nobody "$K3THREAD" -S "$socket" start -- true
}

@test "files that another user planted beside the socket are refused and left alone" {
  for name in lock log; do
    as_nobody sh -c "umask 0; : >tmp/k.$name"
    run -1 --separate-stderr mine -S "$socket" start -- true
    like "$stderr" "k3thread: start: *$dir/tmp/k.*"
    is "$(stat -c '%u %s' "tmp/k.$name")" '65534 0'
    rm -rf tmp/k.*
  done
}

# This concerns root too, whom no permission stops: the owner of the file can hold its lock for ever.
@test "root does not wait for a lock file that another user planted and holds" {
  mkfifo -m 644 release
  in_background holder as_nobody "$PYTHON" -I -S -c '
import fcntl
file = open("tmp/k.lock", "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
open("release").read()'
  wait_for_file holder.out
  run -1 --separate-stderr k3 -S "$socket" start -- true
  like "$stderr" "k3thread: start: PermissionError: *cannot lock $dir/tmp/k.lock: *"
  run -1 --separate-stderr k3 -S "$socket" supervise
  like "$stderr" "*cannot lock $dir/tmp/k.lock: *"
  echo >release
  finish holder
}

@test "root uses another user's supervisor if it names the socket, and none of that user's files" {
  mine -S "$socket" start -n theirs -- sleep 1000
  k3 -S "$socket" start -n ours -- sleep 1000
  like "$(k3 -S "$socket" list)" '*theirs*ours*'
  is "$(stat -c %u tmp/k.lock)" 61235
}

@test "a directory of logs that another user planted is refused" {
  as_nobody mkdir -m 777 tmp/k.logs
  run -1 --separate-stderr mine -S "$socket" start -- true
  like "$stderr" "k3thread: start: *$dir/tmp/k.log"
  grep -q "$dir/tmp/k.logs.*not permitted" tmp/k.log
  is "$(ls tmp/k.logs)" ''
}

@test "a FIFO or a link that another user planted is refused, and no command hangs" {
  : >victim && chown 61235 victim
  for name in lock log logs; do
    for plant in "mkfifo -m 666" "ln -s $dir/victim"; do
      as_nobody sh -c "$plant tmp/k.$name"
      run -1 --separate-stderr mine -S "$socket" start -- true
      like "$stderr" 'k3thread: start: *'
      rm -rf tmp/k.*
    done
  done
  is "$(stat -c %s victim)" 0
}

@test "another user who listens at the socket gets no request" {
  in_background catcher as_nobody socat "UNIX-LISTEN:$socket,mode=666" "SYSTEM:cat >$dir/tmp/caught"
  wait_until "$DEADLINE" test -S "$socket"
  run -1 --separate-stderr mine -S "$socket" start -e SECRET=1 -- true
  like "$stderr" 'k3thread: start: PermissionError: *65534*'
  finish catcher '*'
  is "$(cat tmp/caught)" ''
  rm -f "$socket"
}

@test "a directory or a link planted in /tmp in the place of the default directory is refused" {
  unset K3THREAD_TMPDIR
  [ ! -e /tmp/k3thread-61235 ] || skip "somebody uses it"
  as_nobody mkdir -m 777 /tmp/k3thread-61235
  run -1 --separate-stderr mine start -- true
  like "$stderr" 'k3thread: start: PermissionError: /tmp/k3thread-61235 belongs to user 65534*'
  rmdir /tmp/k3thread-61235
  mkdir -m 700 own && chown 61235 own
  as_nobody ln -s "$dir/own" /tmp/k3thread-61235
  run -1 --separate-stderr mine start -- true
  like "$stderr" 'k3thread: start: *Error: /tmp/k3thread-61235 is no directory (or a symbolic link)*'
  is "$(ls own)" ''
}

@test "a thousand clients that send nothing or half a line cost little and delay no other client" {
  export K3THREAD_SOCKET=$dir/k.sock
  (ulimit -n "$(ulimit -Hn)" && k3 start -n first -- sleep 1000)
  pid=$(supervisor_pid)
  before=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
  script <<'EOF'
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
if hard < 1100:
    sys.exit(0)
clients = [Client() for _ in range(1000)]
for client in clients[::2]:
    client.send_bytes(b'{"jsonrpc":"2.0","id":1,"meth' + b"x" * 1000)
assert slowest(20, "version") < 2
EOF
  after=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
  [ "$((after - before))" -lt $((32 * 1024)) ]
  is "$(k3_field first state)" running
  k3 shutdown --now
}
