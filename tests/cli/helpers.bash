# shellcheck shell=bash
# What the tests of the command line share. Each test has a directory and a supervisor of its own,
# and fails if it leaves a process behind.

bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME" && while [ ! -e Makefile ]; do cd ..; done && pwd)
: "${K3THREAD:=$ROOT/build/k3thread}"
HELPERS=${BUILD:-$ROOT/build}/tests/cli # the programs made from tests/cli/*.c
PARTS=${BUILD:-$ROOT/build}/tests/parts # those that test a part of the program alone
export ROOT K3THREAD HELPERS PARTS

# shellcheck source=tests/deadline.bash
source "$ROOT/tests/deadline.bash"

# No step of a test takes this many seconds, even on a busy machine.
DEADLINE=$((30 * SLOWNESS))
# The limit of a command that waits: it ends before the deadline, and says what it has waited for.
# shellcheck disable=SC2034
LIMIT=$((20 * SLOWNESS))

setup_file() {
  # The interpreter itself: a wrapper in front of it may be slow, and it is called often.
  PYTHON=$(python3 -c 'import sys; print(sys.executable)')
  export PYTHON
}

setup() {
  begin_test
}

# A file with a setup of its own calls this first.
begin_test() {
  # Short: a socket's path is limited to 107 bytes.
  dir=$(mktemp -d /tmp/k3t.XXXXXX)
  commands=$dir/.commands # a log
  : >"$commands"
  export K3THREAD_SOCKET=$dir/k.sock
  # The place of the supervisor when a test has no socket of its own.
  export K3THREAD_TMPDIR=$dir XDG_STATE_HOME=$dir/state
  unset XDG_RUNTIME_DIR TMPDIR K3THREAD_ID K3THREAD_NAME K3THREAD_SLOT
  declare -gA background=()
  cd "$dir" || return
}

teardown() {
  end_test
}

# A file with a teardown of its own calls this last.
end_test() {
  local status=0
  if [ -S "${K3THREAD_SOCKET-}" ]; then
    k3 shutdown --now || [ $? = 69 ] || status=1
  fi
  leave_test || status=1
  return "$status"
}

# end_test_after COMMAND…: the same for a test that has more than its supervisor, which the command ends.
end_test_after() {
  local status=0
  "$@" || status=1
  end_test || status=1
  return "$status"
}

# Ends the rest of a test whose supervisor was shut down, and removes its directory.
leave_test() {
  local status=0
  finish_all || status=1
  refute_leaks || status=1
  # bats shows this if the test failed.
  cat "$commands" "$dir"/*.log 2>/dev/null || :
  cd / || return
  rm -rf "$dir"
  return "$status"
}

# --- the program ---

# Runs k3thread and logs it. A k3thread that hangs is killed, which gives the status 137.
k3() {
  local status=0
  log k3thread "$@"
  timeout --foreground -s KILL "$DEADLINE" "$K3THREAD" "$@" || status=$?
  [ "$status" = 0 ] || printf '[%s]\n' "$status" >>"$commands"
  return "$status"
}

# Writes a line at once, because commands in the background write too.
log() {
  local words
  printf -v words ' %q' "$@"
  echo "\$$words" >>"$commands"
}

# k3_field THREAD FIELD: prints a field of a thread's JSON: a string bare, anything else as JSON. A name
# means the newest of its threads.
k3_field() {
  k3 list --json -- "$1" | "$PYTHON" -I -S -c '
import json, sys
value = json.load(sys.stdin)[-1][sys.argv[1]]
print(value if isinstance(value, str) else json.dumps(value))' "$2"
}

# is_state THREAD STATE, and wait_for_state THREAD STATE: succeed if, or when, the thread has the state.
is_state() {
  [[ $(k3 list --json -- "$1") =~ \"state\":\ *\"$2\" ]]
}

wait_for_state() {
  wait_until "$DEADLINE" is_state "$@"
}

supervisor_pid() {
  k3 version | sed -n 's/^supervisor .*pid \([0-9]*\)).*/\1/p'
}

# The guardian is the supervisor's parent.
guardian_pid() {
  parent_of "$(supervisor_pid)"
}

# script ARGUMENT…: runs the Python script on standard input, with the names of client.py.
script() {
  log script "$@"
  { echo 'from client import *' && cat; } |
    PYTHONPATH=$ROOT/tests/cli timeout --foreground -s KILL "$DEADLINE" "$PYTHON" -S -B - "$@"
}

# fake_server PATH PROGRAM [ARGUMENT…]: runs the Python program in the background as `server`, and waits until its
# socket `listener` listens at PATH. The program has the names of client.py.
fake_server() {
  local path=$1 program=$2
  shift 2
  in_background server env PYTHONPATH="$ROOT/tests/cli" "$PYTHON" -S -B -c "from client import *
listener = listen(sys.argv.pop(1))
$program" "$path" "$@"
  wait_until "$DEADLINE" test -S "$path"
}

# free_ports NAME…: sets each variable to a port of 127.0.0.1 that nobody uses.
free_ports() {
  local ports
  read -ra ports < <("$PYTHON" -I -S -c '
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in sys.argv[1:]]
print(*[s.getsockname()[1] for s in sockets])' "$@")
  for name; do
    export "$name=${ports[0]}"
    ports=("${ports[@]:1}")
  done
}

# --- waiting ---

now_us() {
  echo "${EPOCHREALTIME//[.,]/}"
}

# wait_until SECONDS COMMAND…: repeats the command until it succeeds.
wait_until() {
  local seconds=$1 end
  shift
  end=$(($(now_us) + seconds * 1000000))
  until "$@"; do
    if [ "$(now_us)" -ge "$end" ]; then
      echo "not within $seconds s: $*"
      return 1
    fi
    sleep 0.02
  done
}

# wait_for_file FILE…: waits until each file exists and is not empty.
wait_for_file() {
  local file
  for file; do
    wait_until "$DEADLINE" test -s "$file"
  done
}

# in_background NAME COMMAND…: runs the command; its output goes to NAME.out and NAME.err, which are empty at first.
in_background() {
  local name=$1
  shift
  # The shell of the command may open them only after the caller has looked for output.
  : >"$dir/$name.out"
  : >"$dir/$name.err"
  "$@" >"$dir/$name.out" 2>"$dir/$name.err" </dev/null 3>&- &
  background[$name]=$!
}

# finish NAME [STATUS]: waits for the command, which must exit with STATUS (0), which may be a pattern. Not
# below bats' run, which is a shell of its own and cannot wait.
finish() {
  local pid=${background[$1]} status=0 has_ended=yes
  unset "background[$1]"
  wait_until "$DEADLINE" is_finished "$pid" || { has_ended=no && kill -KILL "$pid"; }
  wait "$pid" || status=$?
  { is "$has_ended" yes && like "$status" "${2:-0}"; } || { cat "$dir/$1.err" && return 1; }
}

# how_it_ended COMMAND…: runs it, and writes "exit STATUS" or "signal NUMBER" to the file ended, with "core"
# if a core was dumped. The file ended.pid has its pid.
how_it_ended() {
  exec "$PYTHON" -I -S -c '
import os, resource, signal, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
pid = os.fork()
if pid == 0:
    open("ended.pid", "w").write(str(os.getpid()))
    os.execvp(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(pid, 0)
how = ("signal", os.WTERMSIG(status)) if os.WIFSIGNALED(status) else ("exit", os.WEXITSTATUS(status))
print(*how, *["core"] * os.WCOREDUMP(status), file=open("ended", "w"))' "$@"
}

# Succeeds if the process has ended and the shell has its status.
is_finished() {
  ! kill -0 "$1" 2>/dev/null
}

# Waits until everything in the background has ended, for at most ten seconds.
finish_all() {
  wait_until $((10 * SLOWNESS)) are_finished "${background[@]}" || {
    kill -KILL "${background[@]}" || :
    return 1
  }
}

are_finished() {
  local pid
  for pid; do is_finished "$pid" || return; done
}

# --- processes ---

# Succeeds if PID is a process that is not dead.
is_alive() {
  local stat=''
  { read -rd '' stat <"/proc/$1/stat"; } 2>/dev/null || [ -n "$stat" ] || return 1
  stat=${stat##*) }
  [[ $stat != [ZX]* ]]
}

refute_alive() {
  local pid
  for pid; do
    if is_alive "$pid"; then
      ps -o pid,ppid,pgid,sid,stat,args -p "$pid"
      return 1
    fi
  done
}

assert_alive() {
  local pid
  for pid; do
    is_alive "$pid" || { echo "process $pid is gone" && return 1; }
  done
}

# short_of_descriptors PID, and rich_in_descriptors PID: the process can open no file, and can again.
short_of_descriptors() {
  prlimit --nofile=3: --pid "$1"
}

rich_in_descriptors() {
  prlimit --nofile=1000: --pid "$1"
}

# rests PID: waits until the first thread of PID has waited a few times. A loop without a wait would never do that.
rests() {
  local before
  before=$(waits_of "$1")
  wait_until "$DEADLINE" has_waited "$1" $((before + 5))
}

waits_of() {
  sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$1/status"
}

has_waited() {
  [ "$(waits_of "$1")" -ge "$2" ]
}

parent_of() {
  sed -n 's/^PPid:\t//p' "/proc/$1/status"
}

# Fails if a process carries this test's directory: in its environment (K3THREAD_SOCKET), its
# arguments, as its working directory, or among its files (a log). Kills that process.
refute_leaks() {
  "$PYTHON" -I -S "$ROOT/tests/cli/leaks.py" "$dir"
}

# --- checks that show what they saw ---

# is ACTUAL EXPECTED
is() {
  [ "$1" = "$2" ] || { printf 'expected: %q\nactual:   %q\n' "$2" "$1" && return 1; }
}

# like ACTUAL PATTERN, a pattern of the shell
like() {
  # shellcheck disable=SC2053
  [[ $1 = $2 ]] || { printf 'expected: %s\nactual:   %q\n' "$2" "$1" && return 1; }
}

unlike() {
  # shellcheck disable=SC2053
  [[ $1 != $2 ]] || { printf 'not expected: %s\nactual:       %q\n' "$2" "$1" && return 1; }
}

needs_root() {
  [ "$(id -u)" = 0 ] || skip "needs root"
}

# needs_no_sanitizer WHICH REASON: skips the test if the build has the sanitizer "address" or "thread".
needs_no_sanitizer() {
  [[ ${SANITIZE-} != *$1* ]] || skip "$2"
}

# Sets K3THREAD to a copy of the program that each user can run, which the build may not be.
for_all_users() {
  mkdir -p "$dir/bin"
  cp "$K3THREAD" "$dir/bin/k3thread"
  chmod 755 "$dir" "$dir/bin" "$dir/bin/k3thread"
  K3THREAD=$dir/bin/k3thread
}

# Runs a command as another user, who owns nothing here.
as_nobody() {
  log setpriv --reuid=65534 "$@"
  timeout --foreground -s KILL "$DEADLINE" \
    setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$@"
}
