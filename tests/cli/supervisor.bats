#!/usr/bin/env bats
# The supervisor: how it comes up, what it holds, which users may talk to it, and what its death leaves.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers

# A thread whose command starts processes that are hard to end; their pids are in the file "pids".
start_hydra() {
  k3 start "$@" -- sh -c '
    trap "" TERM
    echo $$ >>pids
    "$0" "$1" stubborn &
    "$0" "$1" setsid stubborn &
    env -i "$0" "$1" fork setsid fork &
    env -i "$0" "$1" stubborn setsid fork setsid fork chdir close &
    while :; do sleep 0.05; done' "$HELPERS/creature" "$dir/pids"
  wait_until "$DEADLINE" has_lines 5 pids
}

has_lines() {
  [ "$(wc -l <"$2" 2>/dev/null || echo 0)" -ge "$1" ]
}

refute_hydra() {
  # shellcheck disable=SC2046
  refute_alive $(cat pids)
}

# --- coming up ---

@test "start brings up a supervisor when there is none" {
  run -69 k3 list
  k3 start -- sleep 1000
  [ -S "$K3THREAD_SOCKET" ]
  assert_alive "$(supervisor_pid)" "$(guardian_pid)"
}

@test "no command but start brings up a supervisor: the others exit with 69 and say what to do" {
  local command
  for command in list ls 'raise a' 'raise --all' 'join a' 'join --all' 'logs a' clear shutdown; do
    # shellcheck disable=SC2086
    run -69 --separate-stderr k3 $command
    like "$stderr" "k3thread: *: no supervisor at $K3THREAD_SOCKET; *start*"
  done
  [ ! -e "$K3THREAD_SOCKET" ]
  run -0 k3 version
}

@test "starts at the same instant share one supervisor" {
  for _ in 1 2 3; do
    # All of them wait for the lock that the test holds, and get it at once.
    exec 9>gate
    flock 9
    for i in {1..8}; do
      in_background "start$i" flock -s -o gate "$K3THREAD" start -n "n$i" -- sleep 1000 9>&-
    done
    wait_until "$DEADLINE" all_wait
    exec 9>&-
    for i in {1..8}; do finish "start$i"; done
    is "$(sort -n start?.out | xargs)" '1 2 3 4 5 6 7 8'
    is "$(k3 list -q | wc -l)" 8
    k3 shutdown --now
  done
}

# Succeeds if each process of the background waits in flock. (A container's /proc/locks does not tell.)
all_wait() {
  local pid
  for pid in "${background[@]}"; do
    grep -q ' (flock) S ' "/proc/$pid/stat" || return
  done
}

@test "a start does not replace a file that is no socket, and names it" {
  echo content >k.sock
  for command in 'start -- true' supervise; do
    # shellcheck disable=SC2086  # a list of words
    run -1 --separate-stderr k3 $command
    like "$stderr" "k3thread: *: cannot replace $dir/k.sock: Socket operation on non-socket"
  done
  is "$(cat k.sock)" content
  rm k.sock
}

@test "a start replaces a stale socket" {
  "$PYTHON" -I -S -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \
    "$K3THREAD_SOCKET"
  [ -S "$K3THREAD_SOCKET" ]
  run -69 k3 list
  k3 start -- sleep 1000
  is "$(k3 list -q)" 1
}

@test "a start never replaces a file that is no socket" {
  echo precious >"$K3THREAD_SOCKET"
  run -1 --separate-stderr k3 start -- true
  like "$stderr" "k3thread: start: *$K3THREAD_SOCKET*"
  is "$(cat "$K3THREAD_SOCKET")" precious
}

@test "a directory that is missing is an error that names it" {
  run -1 --separate-stderr k3 -S "$dir/no/such/k.sock" start -- true
  like "$stderr" "k3thread: start: *$dir/no/such*"
}

# --- what it holds ---

@test "a command substitution and a pipeline return although the supervisor lives on" {
  id=$(k3 start -- sleep 1000)
  is "$id" 1
  k3 start -- sleep 1000 | cat >out
  is "$(cat out)" 2
  k3 shutdown --now
  k3 start -- sleep 1000 2>&1 | cat >out
  is "$(cat out)" 1
}

@test "the supervisor inherits no descriptor, directory, environment, terminal or umask of its starter" {
  export mine=secret
  (trap '' TERM USR1 && umask 0 && "$K3THREAD" start -- sleep 1000 4<"$commands" 77>"$dir/file")
  for pid in $(supervisor_pid) $(guardian_pid); do
    ls -l "/proc/$pid/fd" >fds
    run -1 grep -E "$dir/file|$commands|pipe:|pts/" fds
    is "$(readlink "/proc/$pid/fd/0")" /dev/null
    is "$(readlink "/proc/$pid/cwd")" /
    run -1 grep -q mine "/proc/$pid/environ"
    is "$(ps -o tty= -p "$pid")" '?'
    is "$(sed -n 's/^Umask:\t//p' "/proc/$pid/status")" 0077
    unlike "$(ps -o sid= -p "$pid" | xargs)" "$(ps -o sid= -p $$ | xargs)"
  done
}

@test "the supervisor outlives the session that started it" {
  setsid --wait "$K3THREAD" start -n s -- sleep 1000
  pid=$(supervisor_pid)
  is "$(ps -o ppid= -p "$(guardian_pid)" | xargs)" "$(ps -o ppid= -p "$(parent_of "$pid")" | xargs)"
  is "$(k3_field s state)" running
}

# --- supervise ---

@test "supervise runs a supervisor in the foreground, and SIGTERM shuts it down with status 0" {
  in_background supervising "$K3THREAD" supervise
  wait_until "$DEADLINE" k3 list
  k3 start -n a -- sleep 1000
  pid=$(k3_field a pid)
  kill -TERM "${background[supervising]}"
  finish supervising
  refute_alive "$pid"
  [ ! -e "$K3THREAD_SOCKET" ]
}

# supervise_beside_sleep: takes the place of a shell that had a child, whose pid is then in "other".
supervise_beside_sleep() {
  in_background supervising sh -c 'sleep 1000 & echo $! >other && exec "$K3THREAD" supervise'
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
  other=$(cat other)
  k3 start -n a -- sleep 1000
}

# The supervisor must have left the child alive.
end_other() {
  assert_alive "$other"
  kill "$other"
  wait_until "$DEADLINE" refute_alive "$other"
}

@test "supervise leaves alone the processes that its process started before it became k3thread" {
  for end in 'k3 shutdown --now' 'kill -TERM ${background[supervising]}'; do
    supervise_beside_sleep
    is "$(parent_of "$other")" "${background[supervising]}"
    eval "$end"
    finish supervising 0
    [ ! -e "$K3THREAD_SOCKET" ]
    end_other
  done
}

@test "supervise in the place of a program with children exits as its supervisor does, and each ends with the other" {
  supervise_beside_sleep
  kill -KILL "$(supervisor_pid)"
  finish supervising 137
  end_other
  supervise_beside_sleep
  guardian=$(guardian_pid)
  kill -KILL "${background[supervising]}"
  finish supervising 137
  wait_until "$DEADLINE" refute_alive "$guardian"
  end_other
}

@test "supervise that cannot serve names the reason and removes its socket" {
  touch "${K3THREAD_SOCKET%.sock}.logs"
  run -1 --separate-stderr k3 supervise
  like "$stderr" "k3thread: supervise: cannot use *.logs for logs: *"
  [ ! -e "$K3THREAD_SOCKET" ]
}

@test "shutdown ends supervise" {
  in_background supervising "$K3THREAD" supervise
  wait_until "$DEADLINE" k3 list
  k3 start -- true
  k3 join 1
  k3 clear
  k3 shutdown
  finish supervising
  is "$(ls k.logs)" '' # no directory stays in which no log is left
}

@test "a second supervisor at the same socket is refused" {
  k3 start -- sleep 1000
  run -1 --separate-stderr k3 supervise
  like "$stderr" "k3thread: supervise: *$K3THREAD_SOCKET*"
  is "$(k3 list -q)" 1
}

# --- its death ---

@test "every process that the supervisor started ends when the supervisor is killed" {
  start_hydra
  guardian=$(guardian_pid)
  kill -KILL "$(supervisor_pid)"
  wait_until "$DEADLINE" refute_alive "$guardian"
  refute_hydra
  [ ! -e "$K3THREAD_SOCKET" ]
  grep -qE 'killed by signal 9; its [1-9][0-9]* processes were ended$' k.log
}

@test "every process that the supervisor started ends when the supervisor crashes" {
  start_hydra
  guardian=$(guardian_pid)
  kill -SEGV "$(supervisor_pid)"
  wait_until "$DEADLINE" refute_alive "$guardian"
  refute_hydra
  grep -q 'killed by signal 11' k.log
}

@test "the next start after the supervisor's death finds nothing of the old supervisor" {
  start_hydra
  kill -KILL "$(supervisor_pid)"
  # The start comes at once: it waits until the old supervisor's processes are gone.
  is "$(k3 start -n new -- sleep 1000)" 1
  refute_hydra
  is "$(k3 list -q)" 1
}

@test "a client that waits when the supervisor dies fails and names the supervisor's log" {
  k3 start -n a -- sleep 1000
  in_background joining k3 join a
  supervisor=$(supervisor_pid)
  wait_until "$DEADLINE" sh -c '[ "$(ls -l "/proc/$1/fd" | grep -c socket:)" -ge 2 ]' - "$supervisor"
  kill -KILL "$supervisor"
  finish joining '1*'
  like "$(cat joining.err)" 'k3thread: join: *k.log*'
}

@test "a kill by the program's name misses the guardian, which ends every process of the supervisor" {
  k3 start -n a -- sh -c '(setsid sh -c "echo \$\$ >orphan; exec sleep 1000" &); exec sleep 1000'
  wait_for_file orphan
  guardian=$(guardian_pid)
  supervisor=$(supervisor_pid)
  like "$(ps -o comm= -o args= -p "$guardian")" 'k3-guardian *k3-guardian*'
  pgrep -f k3thread >found
  grep -qx "$supervisor" found
  run -1 grep -x "$guardian" found
  kill -KILL "$supervisor"
  wait_until "$DEADLINE" refute_alive "$guardian"
  refute_alive "$(cat orphan)"
}

@test "the supervisor ends everything in order when the guardian is killed" {
  k3 start -- sh -c 'trap "echo raised >out; exit" TERM; echo >ready; while :; do sleep 0.02; done'
  wait_for_file ready
  start_hydra -g 0.2
  supervisor=$(supervisor_pid)
  kill -KILL "$(guardian_pid)"
  wait_until "$DEADLINE" refute_alive "$supervisor"
  is "$(cat out)" raised
  refute_hydra
  [ ! -e "$K3THREAD_SOCKET" ]
  grep -q 'guardian' k.log
  is "$(k3 start -- true)" 1
}

@test "the commands end even if the supervisor and the guardian are killed at once" {
  k3 start -n a -- sleep 1000
  k3 start -n b -- "$HELPERS/creature" "$dir/pid" stubborn
  wait_for_file pid
  pids="$(k3_field a pid) $(k3_field b pid)"
  supervisor=$(supervisor_pid)
  kill -KILL "$(guardian_pid)" "$supervisor"
  # shellcheck disable=SC2086
  wait_until "$DEADLINE" refute_alive $pids
  is "$(k3 start -- true)" 1
}

# --- nobody let in ---

@test "only its owner can use the files of the supervisor" {
  (umask 0 && k3 start -- echo x)
  k3 join 1
  is "$(find . -name 'k.*' ! -type s -perm /077)" ''
  is "$(find k.logs -perm /077)" ''
  is "$(stat -c %a k.sock)" 700
}

@test "a directory of logs that others can read is refused" {
  for mode in 755 750 711 701; do
    mkdir k.logs
    chmod "$mode" k.logs
    run -1 --separate-stderr k3 start -- true
    like "$stderr" "k3thread: start: *the supervisor *: cannot use $dir/k.logs for logs: *; see $dir/k.log"
    rmdir k.logs
  done
}

@test "links planted beside the socket are not followed" {
  touch victim
  ln -s victim k.lock
  run -1 --separate-stderr k3 start -- true
  rm k.lock
  ln -s victim k.log
  run -1 --separate-stderr k3 start -- true
  like "$stderr" "k3thread: start: *: it could not use $dir/k.log: Too many levels of symbolic links; *"
  rm k.log
  mkdir elsewhere
  ln -s elsewhere k.logs
  run -1 --separate-stderr k3 start -- true
  like "$stderr" "k3thread: start: *$dir/k.log"
  grep -q "$dir/k.logs" k.log
  is "$(cat victim)" ''
  is "$(ls elsewhere)" ''
}

@test "a socket's directory that others can write to is refused, and not one that they can only read" {
  mkdir open
  for mode in 777 720 702; do
    chmod $mode open
    run -1 --separate-stderr k3 -S "$dir/open/k.sock" start -- true
    is "$stderr" "k3thread: start: PermissionError: others can write to $dir/open"
  done
  for mode in 755 1777; do
    chmod $mode open
    k3 -S "$dir/open/k.sock" start -- true
    k3 -S "$dir/open/k.sock" shutdown
  done
}

@test "a socket's directory that belongs to another user is refused" {
  needs_root
  mkdir foreign
  chown 65534 foreign
  run -1 --separate-stderr k3 -S "$dir/foreign/k.sock" start -- true
  is "$stderr" "k3thread: start: PermissionError: $dir/foreign belongs to user 65534"
  is "$(ls foreign)" ''
}

@test "another user can neither connect nor read a log" {
  needs_root
  k3 start -n s -- sh -c 'echo secret; exec sleep 1000'
  log=$(k3_field s log)
  wait_for_file "$log"
  for_all_users
  run -1 --separate-stderr as_nobody "$K3THREAD" list
  like "$stderr" 'k3thread: list: *ermission denied*'
  run -1 as_nobody cat "$log"
  like "$output" '*ermission denied'
  # A user who gets past the file's mode is not served either.
  chmod 777 "$K3THREAD_SOCKET"
  for _ in {1..20}; do # whether its request is sent before it is refused, or after
    run -1 as_nobody "$K3THREAD" list
    like "$output" 'k3thread: list: the supervisor went away *'
  done
  refused=$(grep -c 'refused a client of user 65534' k.log)
  run as_nobody socat -t 5 - "UNIX-CONNECT:$K3THREAD_SOCKET" <<<'{"jsonrpc":"2.0","id":1,"method":"list"}'
  unlike "$output" '*sleep*'
  is "$(grep -c 'refused a client of user 65534' k.log)" $((refused + 1)) # it has come so far
  is "$(k3_field s state)" running
}

@test "root is served, and root uses another user's supervisor only if it names the socket" {
  needs_root
  mkdir theirs
  chown 65534 theirs
  for_all_users
  as_nobody "$K3THREAD" -S "$dir/theirs/k.sock" start -n t -- sleep 1000
  # Otherwise that supervisor would get root's environment.
  K3THREAD_SOCKET=$dir/theirs/k.sock run -1 --separate-stderr k3 list
  like "$stderr" 'k3thread: list: PermissionError: *65534*'
  is "$(k3 -S theirs/k.sock list -q)" 1
  k3 -S theirs/k.sock shutdown --now
}

@test "a start where no socket is possible reports the error and says what to do" {
  run -1 --separate-stderr k3 -S "$dir/no/such.sock" start -- true
  is "$stderr" "k3thread: start: FileNotFoundError: $dir/no, where the socket would be: No such file or directory; make it first"
  K3THREAD_TMPDIR=$dir/no run -1 --separate-stderr env -u K3THREAD_SOCKET "$K3THREAD" start -- true
  like "$stderr" "k3thread: start: FileNotFoundError: cannot make $dir/no/k3thread-$(id -u): *; K3THREAD_TMPDIR names another place"
  : >file
  run -1 --separate-stderr k3 -S "$dir/file/k.sock" start -- true
  like "$stderr" "k3thread: start: NotADirectoryError: *$dir/file*"
  run -69 k3 -S "$dir/no/such.sock" list
}

@test "the supervisor notifies an init system when clients can connect" {
  script <<'END'
import subprocess
for name in ("notify", "\0k3thread-notify-%d" % os.getpid()):
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.settimeout(TIMEOUT)
    notify.bind(name)
    word = "@" + name[1:] if name[0] == "\0" else os.path.abspath(name)
    supervisor = subprocess.Popen([os.environ["K3THREAD"], "supervise"],
                                  env=dict(os.environ, NOTIFY_SOCKET=word))
    assert notify.recv(100) == b"READY=1"
    start("sleep", "1000")  # it serves, and a SIGTERM ends all
    supervisor.terminate()
    assert supervisor.wait() == 0
END
}

@test "supervise --slots limits how many threads run at a time, in their order, and daemons do not count" {
  in_background supervise k3 supervise --slots=1
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
  k3 start --name one -- sh -c 'until [ -e go ]; do sleep 0.02; done; echo one >>order'
  k3 start --name two -- sh -c 'echo two >>order'
  k3 start --name three -- sh -c 'echo three >>order'
  k3 daemon --name apart -- sleep 1000
  is_state one running
  is_state two queued
  is_state three queued
  is_state apart running
  k3 raise two
  run -143 k3 join two
  touch go
  k3 join one three
  is "$(tr '\n' ' ' <order)" 'one three '
  k3 shutdown
  finish supervise
}

# A job is answered before it runs. That it begins wakes no client that does not need to know it. See mailbox.h.
@test "list and join show that a queued job runs although its beginning woke no client" {
  in_background supervise k3 supervise --slots=1
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
  for name in first second third; do
    k3 start -n "$name" -- sh -c "touch $name.up; until [ -e $name.go ]; do sleep 0.02; done"
  done
  wait_until "$DEADLINE" [ -e first.up ]
  touch first.go
  wait_until "$DEADLINE" [ -e second.up ]
  is "$(k3_field second state)" running
  unlike "$(k3_field second pid)" null
  touch second.go
  wait_until "$DEADLINE" [ -e third.up ]
  k3 join --ready third
  k3 raise --wait third
}

@test "a queued job whose beginning woke no client is ready for the threads that need it and for join --ready" {
  in_background supervise k3 supervise --slots=1
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
  k3 start -n first -- sh -c 'until [ -e go ]; do sleep 0.02; done'
  k3 start -n second -- sleep 1000
  k3 daemon -n needs --needs second -- sh -c 'touch needs.up; exec sleep 1000'
  in_background ready k3 join --ready second
  touch go
  finish ready
  wait_until "$DEADLINE" [ -e needs.up ]
}

@test "a watcher gets an event when a queued job begins" {
  in_background supervise k3 supervise --slots=1
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
  k3 start -n first -- sh -c 'until [ -e go ]; do sleep 0.02; done'
  k3 start -n second -- sleep 1000
  script <<'EOF'
client = Client()
client.call("watch")
open("go", "w").close()
seen = ()
while seen != ("started", "second"):
    event = client.receive()["params"]
    seen = event["event"], event["thread"]["name"]
EOF
}

# The kernel asks each thread anew about a signal that every thread blocks; with ten thousand threads that
# takes two milliseconds, in which no process of the machine can begin or end.
@test "only the supervisor's first thread takes SIGCHLD" {
  k3 start -n a -- sleep 1000
  k3 start -n b -- sleep 1000
  supervisor=$(supervisor_pid)
  chld=$((1 << 16))
  for task in "/proc/$supervisor/task"/*; do
    blocked=$((16#$(sed -n 's/^SigBlk:\t//p' "$task/status")))
    [ "${task##*/}" = "$supervisor" ] || is $((blocked & chld)) $chld
  done
  blocked=$((16#$(sed -n 's/^SigBlk:\t//p' "/proc/$supervisor/status")))
  caught=$((16#$(sed -n 's/^SigCgt:\t//p' "/proc/$supervisor/status")))
  is $((blocked & chld)) 0
  is $((caught & chld)) $chld
}

# Succeeds if every thread of the process PID sleeps.
all_sleep() {
  run ! grep -qv ') S ' "/proc/$1/task/"*/stat
}

@test "a supervisor sleeps while nothing happens, whatever its clients and threads wait for" {
  k3 start -n a --ready line:never --log-limit 64K -- sleep 1000
  k3 start -n delayed -a 1000 -- true
  k3 start -n waiting --needs a -- true
  in_background watch "$K3THREAD" watch
  in_background joining "$K3THREAD" join a
  in_background following "$K3THREAD" logs -f a
  k3 list
  pid=$(supervisor_pid)
  asleep=0
  for _ in {1..25}; do
    sleep 0.01 # between two looks, of which a few may come when something is due
    ! all_sleep "$pid" || asleep=$((asleep + 1))
  done
  [ "$asleep" -ge 15 ]
  kill "${background[@]}"
  for name in watch joining following; do finish "$name" '*'; done
}

@test "ps shows the supervisor and the guardian by their own names" {
  ln -s "$K3THREAD" another-name
  ./another-name start -- sleep 1000
  is "$(ps -o comm= -p "$(supervisor_pid)")" k3thread
  guardian=$(guardian_pid)
  is "$(ps -o comm= -p "$guardian")" k3-guardian
  is "$(ps -o args= -p "$guardian")" k3-guardian
}
