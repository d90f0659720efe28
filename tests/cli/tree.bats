#!/usr/bin/env bats
# Nothing is left behind: when a thread has ended, so has every process that its command started.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# The kinds of processes that a command can leave behind; see creature.c.
declare -gA kinds=(
  [group]=''
  [setpgid]=setpgid
  [setsid]=setsid
  [orphan]=fork
  [daemon]='fork setsid fork chdir close'
  [stubborn]=stubborn
  [stubborn_daemon]='stubborn fork setsid fork close'
  [stopped]=stop
)

# open_zoo NAME THEN [OPTION…]: starts a thread whose command leaves one of each kind behind, all with
# an emptied environment, and runs THEN when there is a file go.NAME. Their pids are in NAME.KIND.
open_zoo() {
  local name=$1 then=$2 kind script=''
  shift 2
  for kind in "${!kinds[@]}"; do
    script+="env -i $HELPERS/creature $dir/$name.$kind ${kinds[$kind]} &"$'\n'
  done
  k3 start -n "$name" -g 0.3 "$@" -- sh -c "$script
while [ ! -e go.$name ]; do sleep 0.02; done
$then"
}

# zoo NAME THEN [OPTION…]: the same, and waits until all of them live.
zoo() {
  local name=$1 kind
  open_zoo "$@"
  for kind in "${!kinds[@]}"; do wait_for_file "$name.$kind"; done
  # shellcheck disable=SC2046
  assert_alive $(cat "$name".*)
  is "$(cat "$name".* | wc -l)" 8
}

refute_zoo() {
  # shellcheck disable=SC2046
  refute_alive $(cat "$1".*)
}

@test "no process is left when the command ended by itself" {
  zoo z 'exit 5'
  echo >go.z
  run -5 k3 join z
  refute_zoo z
  is "$(k3_field z exit_code)" 5
  is "$(k3_field z exception)" null
}

@test "no process is left when an exception was raised" {
  zoo z 'exec sleep 1000'
  echo >go.z
  k3 raise --wait z
  refute_zoo z
  is "$(k3_field z exception)" SystemExit
}

@test "no process is left when an exception was raised and the leader ignores it" {
  zoo z 'trap "" TERM; echo >ignores; while :; do sleep 0.05; done'
  echo >go.z
  wait_for_file ignores
  k3 raise --wait z
  refute_zoo z
  is "$(k3_field z signal)" 9
}

@test "no process is left when the command was killed" {
  zoo z 'exec sleep 1000'
  echo >go.z
  k3 raise --wait z SIGKILL
  refute_zoo z
  is "$(k3_field z exception)" null
  is "$(k3_field z signal)" 9
}

@test "no process is left when the command took longer than its timeout" {
  # The test allows more time where a busy machine has not started all of them before the timeout.
  for seconds in 1 4 16; do
    open_zoo "z$seconds" 'exec sleep 1000' -t "$seconds"
    run -124 k3 join "z$seconds"
    refute_zoo "z$seconds"
    [ "$(cat "z$seconds".* | wc -l)" != 8 ] || return 0
  done
  false
}

@test "no process is left when the supervisor was shut down" {
  zoo z 'exec sleep 1000'
  zoo y 'exec sleep 1000' -d
  k3 shutdown --now
  refute_zoo z
  refute_zoo y
}

@test "no process is left when the supervisor was killed" {
  zoo z 'exec sleep 1000'
  guardian=$(guardian_pid)
  kill -KILL "$(supervisor_pid)"
  wait_until "$DEADLINE" refute_alive "$guardian"
  refute_zoo z
}

@test "the end of a thread does not harm another thread's processes" {
  zoo other 'exec sleep 1000'
  for _ in 1 2; do
    zoo z 'exit'
    echo >go.z
    k3 join z
    refute_zoo z
    rm z.* go.z
    zoo z 'exec sleep 1000'
    k3 raise --wait z
    refute_zoo z
    rm z.*
  done
  # shellcheck disable=SC2046
  assert_alive $(cat other.*)
  is "$(k3_field other state)" running
}

@test "k3thread does not harm processes that it did not start" {
  setsid sleep 1000 3>&- &
  sleeper=$!
  zoo z 'exec sleep 1000'
  k3 raise --wait z
  k3 shutdown --now
  assert_alive "$sleeper"
  kill "$sleeper"
}

@test "a worker sleeps while it waits for the ends of leftovers" {
  k3 start -n a -g 1000 -- sh -c '"$0" "$1" setsid fork stubborn; exec sleep 1000' "$HELPERS/creature" "$dir/pid"
  wait_for_file pid
  command=$(k3_field a pid)
  k3 raise a
  wait_until "$DEADLINE" refute_alive "$command"
  worker=/proc/$(supervisor_pid)/task/$(k3_field a tid)/status
  wait_until "$DEADLINE" grep -q '^State:.S' "$worker"
  before=$(awk '/^voluntary/ { print $2 }' "$worker")
  sleep 0.5 # what must not happen
  [ $(($(awk '/^voluntary/ { print $2 }' "$worker") - before)) -le 2 ]
  assert_alive "$(cat pid)"
  k3 raise -w a SIGKILL
  refute_alive "$(cat pid)"
}

# start_stray: starts a thread that ends, and a process that the supervisor does not recognize: pid.
start_stray() {
  k3 start -n lost -- sh -c '"$0" "$1" unmark setsid fork stubborn &
    while [ ! -s "$1" ]; do sleep 0.02; done' "$HELPERS/creature" "$dir/pid"
  k3 join lost
  assert_alive "$(cat pid)"
}

@test "a process that threw its mark away ends with the supervisor at the latest: in a shutdown" {
  start_stray
  k3 shutdown
  wait_until "$DEADLINE" refute_alive "$(cat pid)"
  grep -q '1 processes had got away from their threads; they were ended' k.log
}

@test "a supervisor that leaves no process behind writes nothing about that" {
  k3 start -- sleep 1000
  guardian=$(guardian_pid)
  k3 shutdown --now
  wait_until "$DEADLINE" refute_alive "$guardian"
  grep -q 'shutting down' k.log
  run -1 grep 'left\|got away' k.log
}

@test "a process that threw its mark away ends with the supervisor at the latest: when it is killed" {
  start_stray
  kill -KILL "$(supervisor_pid)"
  wait_until "$DEADLINE" refute_alive "$(cat pid)"
}

@test "a process that threw its mark away ends with the supervisor at the latest: when the guardian is killed" {
  start_stray
  kill -KILL "$(guardian_pid)"
  wait_until "$DEADLINE" refute_alive "$(cat pid)"
  grep -q '1 processes had got away' k.log
}

@test "leftovers get SIGTERM first, and SIGKILL after the grace" {
  k3 start -n l -g 2 -- sh -c '
    (setsid sh -c "trap \"echo asked >asked; exit\" TERM; echo >ready1; while :; do sleep 0.02; done" &)
    (setsid sh -c "trap \"\" TERM; echo \$\$ >stubborn; while :; do sleep 0.02; done" &)
    while [ ! -s ready1 ] || [ ! -s stubborn ]; do sleep 0.02; done'
  k3 join l
  [ -s asked ]
  refute_alive "$(cat stubborn)"
  script <<'EOF'
thread = call("list")[0]
assert thread["exit_code"] == 0 and thread["exception"] is None, thread
assert thread["ended"] - thread["started"] >= 2, thread
EOF
}

@test "leftovers that end when they are asked do not use up the grace" {
  k3 start -n l -g 1000 -- sh -c '(setsid sh -c "echo >ready; exec sleep 1000" &)
    while [ ! -s ready ]; do sleep 0.02; done'
  k3 join -t "$LIMIT" l
}

@test "raise works in a thread whose leftovers are being ended" {
  k3 start -n l -g 1000 -- sh -c '(setsid sh -c "trap \"\" TERM; echo >ready; while :; do sleep 0.02; done" &)
    while [ ! -s ready ]; do sleep 0.02; done'
  wait_for_state l stopping
  k3 raise --wait=20 l SIGKILL
  is "$(k3_field l exit_code)" 0
}

# Succeeds when a chain of the storm has come far.
storm_rages() {
  wait_for_file "$(k3_field s log)"
}

@test "the end of a thread ends a storm of forks" {
  k3 start -n s -g 0.1 -- "$HELPERS/storm" 8 20 - "$dir"
  storm_rages
  k3 raise --wait=20 s
  is "$(k3_field s exception)" SystemExit
  refute_leaks_of storm
}

@test "the end of a thread ends a storm of forks into new sessions" {
  k3 start -n s -g 0.1 -- "$HELPERS/storm" 4 20 setsid "$dir"
  storm_rages
  k3 raise --wait=20 s
  refute_leaks_of storm
}

@test "the end of a supervisor that is killed ends a storm of forks" {
  k3 start -n s -- "$HELPERS/storm" 4 20 setsid "$dir"
  guardian=$(guardian_pid)
  storm_rages
  kill -KILL "$(supervisor_pid)"
  wait_until "$DEADLINE" refute_alive "$guardian"
  refute_leaks_of storm
}

# Succeeds if no process of this test has WORD in its arguments.
refute_leaks_of() {
  run -1 pgrep -f "$1.*$dir"
}

@test "a deep tree of sessions is ended, whichever process the grace ends at" {
  k3 start -- true
  script "$HELPERS/creature" <<'EOF'
def lives(pid):  # the supervisor may not have waited yet for a process that is dead
    try:
        return open("/proc/%s/stat" % pid).read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False
for i in range(12):
    file = os.getcwd() + "/pids.%d" % i
    thread = start(sys.argv[1], file, "dig", grace=0.0002 * 1.7 ** i)
    while not os.path.exists(file) or len(open(file).readlines()) < 40:
        time.sleep(0.005)
    call("raise", thread=thread["id"])
    call("join", thread=thread["id"])
    left = [pid for pid in open(file).read().split() if lives(pid)]
    assert not left, (i, left)
EOF
}

@test "a tree that is deeper than a worker's stack is ended" {
  k3 start -n deep -g 0 -- sh -c '"$1" "$2" fork setsid mine & exec sleep 1000' sh \
    "$HELPERS/creature" "$dir/pids"
  wait_until "$DEADLINE" eval '[ "$(cat pids 2>/dev/null | wc -l)" = 700 ]'
  k3 raise --wait deep
  # shellcheck disable=SC2046
  refute_alive $(cat pids)
  k3 version | grep '^supervisor '
}

@test "an orphan that ends before its command leaves no zombie" {
  k3 start -n a -- sh -c '(sh -c "echo \$\$ >orphan; until [ -e go ]; do sleep 0.02; done" &)
    exec sleep 1000'
  wait_for_file orphan
  # shellcheck disable=SC2034  # eval uses it
  orphan=$(cat orphan)
  wait_until "$DEADLINE" eval '[ "$(parent_of "$orphan")" = "$(supervisor_pid)" ]'
  echo >go
  wait_until "$DEADLINE" eval '[ ! -e "/proc/$orphan" ]'
  is_state a running
}

@test "many threads with leftovers end at the same time" {
  for i in {1..20}; do
    k3 start -n "l$i" -g 0.5 -- sh -c "(setsid sh -c 'echo \$\$ >pid.$i; trap \"\" TERM; while :; do sleep 0.05; done' &)
      while [ ! -s pid.$i ]; do sleep 0.02; done"
  done
  k3 join --all
  # shellcheck disable=SC2046
  refute_alive $(cat pid.*)
}

# --- whom nobody seems to know ---

@test "a child that a command made its sibling (CLONE_PARENT) ends with the thread" {
  local how
  for how in sibling 'sibling stubborn' 'sibling setsid stubborn fork'; do
    # shellcheck disable=SC2086
    k3 start -n a -g 0.3 -- "$HELPERS/creature" "$dir/pid" $how
    wait_for_file pid
    k3 join a
    refute_alive "$(cat pid)"
    rm pid
  done
}

@test "a child made a sibling also ends when an exception is raised, and between two runs" {
  k3 start -n a -g 0.3 -- sh -c '"$0" "$1" stubborn & exec sleep 1000' "$HELPERS/creature" "$dir/other"
  cat >parent <<'EOS'
#!/bin/sh
exec "$HELPERS/creature" "$PWD/pids" sibling setsid stubborn
EOS
  chmod +x parent
  k3 start -n b -g 0.1 -r always:2 -- ./parent
  k3 join b
  # shellcheck disable=SC2046
  refute_alive $(cat pids)
  is "$(wc -l <pids)" 3
  wait_for_file other
  k3 raise --wait a
  refute_alive "$(cat other)"
}

@test "a process below a parent that threw its mark away ends with the thread, and so does the parent" {
  k3 start -n a -g 0.3 -- sh -c '"$0" "$1" fork shed setsid stubborn &
    until [ "$(wc -l <"$1")" = 2 ]; do sleep 0.02; done' "$HELPERS/creature" "$dir/pids"
  k3 join -t "$LIMIT" a
  # shellcheck disable=SC2046
  refute_alive $(cat pids)
  k3 start -n b -g 1000 -- sh -c '"$0" "$1" fork shed setsid & exec sleep 1000' \
    "$HELPERS/creature" "$dir/more"
  wait_until "$DEADLINE" eval '[ "$(cat more 2>/dev/null | wc -l)" = 2 ]'
  k3 raise --wait=20 b
  # shellcheck disable=SC2046
  refute_alive $(cat more)
}

# processor_time: prints the supervisor's time, in ticks.
processor_time() {
  awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$(supervisor_pid)/stat"
}

# Holds the process PID with a debugger in the background, which says so in the file held.
hold() {
  cat >hold.py <<'EOS'
import ctypes, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
PTRACE_SEIZE = 0x4206
print("held" if libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), 0, 0) == 0 else "refused", flush=True)
sys.stdin.read()
EOS
  mkfifo gate
  "$PYTHON" -I -S hold.py "$1" <gate >held 3>&- &
  holder=$!
  exec 4>gate
  wait_for_file held
  [ "$(cat held)" = held ] || { let_go && skip "no process may be traced here"; }
}

let_go() {
  exec 4>&-
  wait "$holder"
  rm gate
}

@test "a dead process that a debugger holds does not keep its thread alive, and costs no processor time" {
  k3 start -n a -g 0.2 -- sh -c '(setsid sh -c "echo \$\$ >pid; exec sleep 1000" &); exec sleep 1000'
  wait_for_file pid
  hold "$(cat pid)"
  before=$(processor_time)
  k3 raise --wait=20 a
  refute_alive "$(cat pid)"
  k3 start -n b -g 0.2 -- sh -c 'setsid sleep 1000 & exec sleep 1000'
  k3 raise --wait=20 b
  [ $(($(processor_time) - before)) -lt 20 ]
  let_go
  wait_until "$DEADLINE" eval '[ ! -e "/proc/$(cat pid)" ]'
}

@test "a command that is dead and held by a debugger ends its thread with its status" {
  k3 start -n a -g 0.2 -- sh -c 'trap "exit 3" TERM; echo $$ >pid; while :; do sleep 0.02; done'
  wait_for_file pid
  hold "$(cat pid)"
  k3 raise --wait=20 a SIGKILL
  is "$(k3_field a signal)" 9
  let_go
  rm pid held
  mkfifo go
  k3 start -n b -- sh -c 'echo $$ >pid; read x <go; exit 5'
  wait_for_file pid
  hold "$(cat pid)"
  echo >go
  run -5 k3 join -t "$LIMIT" b
  let_go
  wait_until "$DEADLINE" eval '[ ! -e "/proc/$(cat pid)" ]'
}

# cost_of N: prints the supervisor's time, in ticks, for N threads that leave two processes each.
cost_of() {
  script "$1" <<'EOS'
script = "for i in 1 2; do (setsid sh -c 'trap \"\" TERM; echo up; while :; do sleep 1000; done' &); done; exec sleep 1000"
threads = [start("/bin/sh", "-c", script, grace=0.2, members=["id", "log"]) for _ in range(int(sys.argv[1]))]
for thread in threads:
    while os.path.getsize(thread["log"]) < 6:
        time.sleep(0.01)
stat = "/proc/%d/stat" % call("version")["pid"]
def ticks():
    fields = open(stat).read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
begin = ticks()
call("raise", all=True, members=["id"])
for thread in threads:
    call("join", thread=thread["id"])
print(ticks() - begin)
EOS
}

@test "the cost per thread of ending leftovers does not grow with the number of threads" {
  k3 start -- true
  few=$(cost_of 75)
  many=$(cost_of 300)
  # Four times as many cost four times as much, or sixteen times if each had to look at all of them.
  echo "few: $few, many: $many"
  [ "$many" -lt $((8 * few + 10)) ]
}
