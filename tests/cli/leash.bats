#!/usr/bin/env bats
# start --leash PID: a thread ends when another process has ended.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load helpers

# begin_leash: starts a process, whose pid is in $leash. A signal that came while it is still a shell could be lost.
begin_leash() {
  in_background leash sleep 1000
  leash=${background[leash]}
  wait_until "$DEADLINE" grep -qx sleep "/proc/$leash/comm"
}

# snap [SIGNAL]: ends that process.
snap() {
  kill -s "${1:-TERM}" "$leash"
  finish leash '*'
}

# is_leashed THREAD [STATUS]: the thread has ended because of its leash, and its command with STATUS.
is_leashed() {
  run "-${2:-143}" k3 join -t "$LIMIT" "$1"
  is "$(k3_field "$1" exception)" SystemExit
  is "$(k3_field "$1" message)" "its leash, process $leash, has ended"
}

@test "a thread ends by SystemExit when the process of its leash has ended, even by SIGKILL" {
  begin_leash
  k3 start -n a --leash "$leash" -- sh -c 'sleep 1000 & echo $! >child; wait'
  k3 start -n asked --leash "$leash" --ready line:up -- sh -c 'trap "exit 7" TERM; echo up; while :; do sleep 0.01; done'
  k3 start -n free -- sleep 1000
  wait_for_file child
  k3 join --ready asked
  is_state a running
  snap KILL
  is_leashed a
  is "$(k3_field a signal)" 15
  refute_alive "$(cat child)"
  run -7 k3 join asked
  is_state free running
}

@test "a thread whose command has not begun ends with its leash, and the command never runs" {
  begin_leash
  in_background supervise k3 supervise --slots 1
  wait_until "$DEADLINE" k3 list
  k3 start -n busy -- sleep 1000
  k3 start -n queued --leash "$leash" -- touch ran
  k3 start -n delayed -a 1000 --leash "$leash" -- touch ran
  k3 start -n waiting --needs busy:ended --leash "$leash" -- touch ran
  is "$(k3_field queued state) $(k3_field delayed state) $(k3_field waiting state)" 'queued delayed waiting'
  snap
  for name in queued delayed waiting; do is_leashed $name; done
  [ ! -e ran ]
  k3 shutdown --now
  finish supervise
}

@test "a thread runs no more after its leash has snapped: neither by its policy nor by restart" {
  begin_leash
  printf '#!/bin/sh\necho >>"$K3THREAD_NAME.runs"; [ ! -e "$K3THREAD_NAME.fails" ] || exit 3; exec sleep 1000\n' >task
  chmod +x task
  k3 start -n runs -r always --leash "$leash" -- ./task
  k3 restart runs
  touch pauses.fails
  k3 start -n pauses -r always --leash "$leash" -- ./task
  wait_until "$DEADLINE" eval '[ "$(k3_field pauses runs)" -ge 5 ]'
  k3 start -n ended --leash "$leash" -- true
  k3 join ended
  k3 restart ended
  k3 join ended
  snap
  is_leashed runs
  is_leashed pauses 3
  is "$(k3_field runs runs)" 2
  is "$(k3_field ended exception)" null
  for name in runs pauses ended; do
    run -1 k3 restart $name
    like "$output" "k3thread: restart: RuntimeError: thread '$name' (id *) does not run again: its leash, process $leash, has ended"
  done
  is "$(k3_field ended runs)" 2
}

@test "a thread that was restarted after its end is still on its leash" {
  begin_leash
  k3 start -n a --leash "$leash" -- sh -c '[ ! -e once ] || exec sleep 1000'
  k3 join a
  touch once
  k3 restart a
  snap
  is_leashed a
}

@test "a leash adds no signal to an end that is under way" {
  begin_leash
  k3 start -n a -g 1000 --leash "$leash" --ready line:up -- sh -c 'trap "echo asked" TERM; echo up; while :; do sleep 0.01; done'
  k3 start -n b --leash "$leash" -- sleep 1000
  k3 join --ready a
  k3 raise -m mine a
  wait_until "$DEADLINE" eval 'k3 logs a | grep -q asked'
  snap
  is_leashed b
  k3 raise --wait a SIGKILL
  is "$(k3 logs a | grep -c asked)" 1
  is "$(k3_field a message)" mine
}

@test "a restart that is under way ends with the leash" {
  begin_leash
  k3 start -n a -g 1000 --leash "$leash" --ready line:up -- sh -c 'trap "echo asked" TERM; echo up; while :; do sleep 0.01; done'
  k3 join --ready a
  in_background restart k3 restart a
  wait_until "$DEADLINE" eval 'k3 logs a | grep -q asked'
  k3 start -n b --leash "$leash" -- sleep 1000
  snap
  is_leashed b
  k3 raise a SIGKILL
  finish restart 1
  is "$(k3_field a runs)" 1
}

@test "a process that ended before the start ends the thread at once, and the command never runs" {
  begin_leash
  snap
  run -0 --separate-stderr k3 start -n a --leash "$leash" -- touch ran
  is "$output$stderr" 1
  is_leashed a
  run -143 k3 start -n b --wait --leash "$leash" -- touch ran
  k3 start -n c -a 1000 --leash "$leash" -- touch ran
  is_leashed c
  k3 start -n d --leash 2147483647 -- touch ran
  run -143 k3 join d
  is "$(k3_field d runs)" 0
  [ ! -e ran ]
}

@test "a process counts as ended if it is a zombie, or if only its group lives on" {
  cat >leashes.py <<'END'
import os, signal, sys, time
def child(act):
    pid = os.fork()
    if pid == 0:
        act()
        os._exit(0)
    return pid
def lead():
    os.setsid()
    child(signal.pause)
zombie = child(lambda: None)
os.waitid(os.P_PID, zombie, os.WEXITED | os.WNOWAIT)
leader = child(lead)
os.waitpid(leader, 0)
open("pids", "w").write("%d %d\n" % (zombie, leader))
signal.pause()
END
  in_background python "$PYTHON" -I -S leashes.py
  wait_for_file pids
  read -r zombie leader <pids
  for leash in $zombie $leader; do
    k3 start -n "on$leash" --leash "$leash" -- touch ran
    is_leashed "on$leash"
  done
  [ ! -e ran ]
  kill -KILL -- "-$leader" "${background[python]}"
  finish python '*'
}

@test "many threads that are started while their leashes snap all end" {
  k3 start -- true
  cat >storm.sh <<'END'
for i in $(seq 60); do
  sleep 0.00$((i % 10)) &
  "$K3THREAD" start --leash $! -- sleep 1000 || exit
  wait
done
END
  timeout -s KILL "$DEADLINE" sh storm.sh >ids
  is "$(wc -l <ids)" 60
  k3 join -t "$LIMIT" --all || [ $? = 143 ]
  is "$(k3 list --live -q)" ''
}

@test "several threads share the descriptor of a leash, and no descriptor stays" {
  begin_leash
  k3 start -- true
  k3 join 1
  script "$leash" "$(supervisor_pid)" <<'PY'
leash, supervisor = map(int, sys.argv[1:])
client = Client()
def start_one(**params):
    return client.call("start", command=["true"], environment=["PATH=" + os.environ["PATH"]], **params)["id"]
client.call("join", thread=start_one())
before = descriptors(supervisor)
ids = [start_one(leash=leash) for _ in range(20)]
for id in ids:
    client.call("join", thread=id)
wait_until("the commands are gone", lambda: descriptors(supervisor) == before + 1)
client.call("clear")
wait_until("the leash is gone", lambda: descriptors(supervisor) == before)
PY
  k3 start -n a --leash "$leash" -- sleep 1000
  snap
  is_leashed a
}

@test "the process may be another user's" {
  needs_root
  for_all_users
  mkdir theirs
  chown 65534 theirs
  begin_leash
  export K3THREAD_SOCKET=$dir/theirs/k.sock
  as_nobody "$K3THREAD" start -n a --leash "$leash" -- sleep 1000
  snap
  run -143 as_nobody "$K3THREAD" join -t "$LIMIT" a
  as_nobody "$K3THREAD" shutdown
}

@test "--leash refuses a word that is no process" {
  for word in 0 -1 x '' 1x 99999999999 1.5; do
    run -64 --separate-stderr k3 start --leash="$word" -- true
    is "$stderr" "k3thread: start: ValueError: --leash takes a number that is the id of a process, not '$word'"
  done
  run -64 k3 start --leash
  cat >thread.py <<'END'
import signal, threading
def f():
    open("tid", "w").write(str(threading.get_native_id()))
    threading.Event().wait()
threading.Thread(target=f, daemon=True).start()
signal.pause()
END
  in_background python "$PYTHON" -I -S thread.py
  wait_for_file tid
  run -64 --separate-stderr k3 start --leash "$(cat tid)" -- true
  is "$stderr" "k3thread: start: ValueError: --leash: $(cat tid) is a thread of a process; give the process"
  kill "${background[python]}"
  finish python '*'
  script <<'PY'
for leash in "1", True, [1], {"pid": 1}, 1.5:
    fails(-32001, "TypeError", "start", command=["true"], leash=leash)
for leash in 0, -1, 1 << 31, -(1 << 40):
    fails(-32002, "ValueError", "start", command=["true"], leash=leash)
PY
  is "$(k3 list -q)" ''
}

@test "a start whose leash cannot be watched fails and says why" {
  (ulimit -n 32 && "$K3THREAD" start -n first -- true)
  script <<'PY'
import subprocess
processes = [subprocess.Popen(["sleep", "1000"]) for _ in range(40)]
client, failure = Client(), None
try:
    for process in processes:
        client.call("start", command=["true"], after=1000, leash=process.pid)
except Failure as caught:
    failure = caught
for process in processes:
    process.kill()
    process.wait()
assert failure.type == "OSError", failure
assert "--leash: cannot watch process" in failure.message, failure
assert "limit is 32 open files" in failure.message, failure
wait_until("all threads have ended", lambda: not client.call("list", live=True))
PY
}

@test "a script's threads can be on a leash" {
  begin_leash
  echo 'start -n a --leash $1 -- sh -c "echo >begun; exec sleep 1000"' >script
  in_background run k3 run script "$leash"
  wait_for_file begun
  snap
  finish run 0
  like "$(cat run.err)" "*SystemExit*its leash, process $leash, has ended*"
}

@test "the exception of a leash arrives in an attached process" {
  begin_leash
  k3 start -n a --grace 0.2 --leash "$leash" -- "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" well
  wait_for_file attached
  snap
  wait_for_state a ended
  is "$(cat taken)" "1 SystemExit its leash, process $leash, has ended"
}

@test "watch says that a leash has snapped" {
  begin_leash
  k3 start -n a --leash "$leash" -- sleep 1000
  in_background watch k3 watch
  wait_until "$DEADLINE" eval 'k3 start -- true; [ -s watch.out ]'
  snap
  wait_until "$DEADLINE" grep -qF "a (1) raised SystemExit: its leash, process $leash, has ended" watch.out
  k3 shutdown --now
  finish watch
}

@test "a thread that was forgotten before its leash snaps harms no other thread of the leash" {
  in_background supervise env MALLOC_PERTURB_=90 "$K3THREAD" supervise
  wait_until "$DEADLINE" test -S k.sock
  begin_leash
  for name in x a y; do k3 start -n "$name" --leash "$leash" -- sleep 1000; done
  k3 raise --wait x
  k3 raise --wait y
  k3 clear
  snap
  is_leashed a
  k3 shutdown --now
  finish supervise
}
