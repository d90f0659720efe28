#!/usr/bin/env bats
# Attached processes as the supervisor sees them: who may attach, how a raise arrives, and processes that
# misbehave. The process is process.py, which speaks the protocol itself; library.bats has programs with the
# library.

# shellcheck disable=SC2016,SC2154  # helpers.bash and run set some names

load ../cli/helpers
load process

@test "raise arrives as an exception in the main thread of an attached process, with its message" {
  begin web well
  is "$(k3_field web attached)" true
  k3 raise -m 'bad line' web ValueError
  is "$(cat taken)" "1 ValueError bad line"
  k3 raise -m $'\xff' web RuntimeError
  is "$(tail -n 1 taken)" "1 RuntimeError {'base64': '/w=='}"
  is "$(k3_field web state)" running
  [ ! -e signals ]
}

@test "raise names a thread inside a process by name, by id and by pattern" {
  begin web well
  k3 raise web/worker-3 ValueError
  k3 raise 1/3 KeyError
  k3 raise 'w*/w*' IndexError
  k3 raise web/ EOFError
  is "$(cat taken)" $'3 ValueError -\n3 KeyError -\n3 IndexError -\n1 EOFError -\n3 EOFError -'
  run -3 k3 raise web/worker-4 ValueError
  like "$output" "*InvalidThreadIdError: no live thread 'web/worker-4'"
  run -3 k3 raise 'web/z*' ValueError
  like "$output" "*InvalidThreadIdError: no live thread*"
  run -64 k3 raise web/worker-3 HUP
  like "$output" "*SIGHUP is a signal*"
  run -64 k3 raise -w web/worker-3
  like "$output" "*--wait waits for threads of the supervisor*"
}

@test "a pattern of threads with a / means the threads inside the processes that are attached" {
  begin web well
  k3 start -n wide -- sleep 1000
  is "$(k3 list -q 'w*/')" $'1/1\n1/3'
  is "$(k3 list -q 'w*/worker-3')" 1/3
  is "$(k3 list -q 'x*/' 'wi*/')" ""
  # A thread that has no attached process is left out, and is not named as the reason.
  run -3 k3 raise 'w*/nosuch' ValueError
  like "$output" "*InvalidThreadIdError: no live thread fits 'w*/nosuch'"
  run -3 k3 raise 'wi*/worker-3' ValueError
  like "$output" "*InvalidThreadIdError: no live thread fits 'wi*/worker-3'"
  script <<'END'
assert len(call("list", threads=["web/"] * 100)) == 200
fails(-32002, "ValueError", "list", threads=["web/"] * 101)
END
}

@test "a raise whose main thread has ended says so, and the other threads of the process go on" {
  begin web headless
  run -3 k3 raise web ValueError
  like "$output" "*InvalidThreadIdError: the main thread of thread 'web' has ended"
  k3 raise web/worker-3 KeyError
  is "$(cat taken)" "3 KeyError -"
}

@test "a thread without an attached process has no threads inside, and the error says so" {
  k3 start -n nap -- sleep 1000
  run -3 k3 raise nap/x
  like "$output" "*no process of 'nap' is attached"
  run -3 k3 list nap/
  like "$output" "*no process of thread 'nap' is attached"
  run -3 k3 list nosuch/
  like "$output" "*no live thread 'nosuch'"
}

@test "list NAME/ shows the threads inside a process, as a table, as ids and as objects" {
  begin web well
  k3 list web/ >table
  is "$(tr -s ' ' <table | sed -E 's/ [0-9]+ / TID /')" \
    $'ID NAME TID STATE DAEMON\n1/1 web/MainThread TID running no\n1/3 web/worker-3 TID running yes'
  is "$(k3 list -q 'web/w*')" 1/3
  like "$(k3 list --json 1/3)" '*"id": "1/3"*"name": "web/worker-3"*"daemon": true*'
  is "$(k3 list -q 'web/z*')" ""
  run -64 k3 list web web/
  like "$output" "*are listed apart*"
}

@test "a published exception is raised by its name, and a wrong name gets a suggestion" {
  begin web well
  k3 raise web Reload
  is "$(cat taken)" "1 Reload -"
  run -64 k3 raise web Relaod
  like "$output" "*no exception 'Relaod'; did you mean 'Reload'?"
  k3 start -n nap -- sleep 1000
  run -64 k3 raise nap Reload
  like "$output" "*no exception 'Reload'*"
}

@test "the completion offers the threads inside a process" {
  begin web well
  is "$(k3 completion --at raise web | tail -n +2 | tr -d '\t' | xargs)" "web web/"
  is "$(k3 completion --at raise web/ | tail -n +2 | tr -d '\t' | xargs)" "web/MainThread web/worker-3"
}

@test "SystemExit, KeyboardInterrupt and TimeoutError begin the grace, and the process gets no signal" {
  for exception in SystemExit KeyboardInterrupt TimeoutError Leave; do
    rm -f attached taken
    begin "$exception" well --grace 0.3
    k3 raise -m why "$exception" "$exception"
    is "$(cat taken)" "1 $exception why"
    wait_for_state "$exception" ended
    is "$(k3_field "$exception" signal)" 9
    is "$(k3_field "$exception" exception)" "$exception"
    is "$(k3_field "$exception" message)" why
  done
  [ ! -e signals ]
}

@test "an exception for a thread inside a process begins no grace" {
  begin web well --grace 0.1
  k3 raise web/worker-3 SystemExit
  k3 raise web/MainThread SystemExit
  is "$(cat taken)" $'3 SystemExit -\n1 SystemExit -'
  is "$(k3_field web state)" running
}

@test "when SystemExit arrives in a process, the other processes of the thread get their signal at once, each once" {
  k3 start -n web --grace 60 -- bash -c '
    for how in "" setsid; do
      $how bash -c "trap \"echo x >>asked; exit\" TERM; echo >>ready; while :; do sleep 0.01; done" &
    done
    until [ "$(wc -l <ready)" = 2 ]; do sleep 0.01; done
    exec "$@"' - "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" well
  wait_for_file attached
  k3 raise web
  wait_until "$DEADLINE" eval '[ "$(grep -c x asked)" = 2 ]'
  [ ! -e signals ]
  is "$(k3_field web state)" stopping
  k3 raise web SIGKILL
  run -137 k3 join web
  is "$(grep -c x asked)" 2
}

@test "the exception that a process tells of at its end is that of the thread, also if nobody knew it" {
  for exception in Reload Unheard; do
    rm -f attached
    begin "$exception" well
    cat >end <<END
process.send(id=9, method="tell", params={"exception": "$exception", "message": "no such file"})
process.receive()
os._exit(1)
END
    k3 raise "$exception" ValueError
    run -1 k3 join "$exception"
    is "$(k3_field "$exception" exception) $(k3_field "$exception" message)" "$exception no such file"
  done
}

@test "a stopped process is asked by a signal after a second, and the exception never arrives" {
  begin web stop
  wait_until "$DEADLINE" eval '[[ $(cat /proc/$(cat attached)/stat) = *") T "* ]]'
  run -1 k3 raise web ValueError
  like "$output" "*SendRaiseError: thread 'web': process * has not taken the exception within a second"
  before=$(now_us)
  k3 raise web
  [ $(($(now_us) - before)) -ge 900000 ]
  run -7 k3 join web
  is "$(cat signals)" SIGTERM
  [ ! -e taken ]
}

@test "a process that goes on after a withdrawal takes the next exception" {
  begin web stop
  wait_until "$DEADLINE" eval '[[ $(cat /proc/$(cat attached)/stat) = *") T "* ]]'
  run -1 k3 raise web ValueError
  kill -CONT "$(cat attached)"
  wait_for_file withdrawn
  k3 raise web KeyError
  is "$(cat withdrawn) $(cat taken)" "ValueError 1 KeyError -"
}

@test "a process that takes an exception and does not confirm it fails the raise, and can be ended" {
  begin web silent
  run -1 k3 raise web ValueError
  like "$output" "*has taken the exception, but does not confirm it"
  k3 raise -w web
  is "$(k3_field web exit_code)" 7
}

@test "raises that wait behind one that is late are late together" {
  begin web deaf
  before=$(now_us)
  for i in 1 2 3 4 5; do
    in_background "$i" k3 raise web ValueError
  done
  for i in 1 2 3 4 5; do
    finish "$i" 1
  done
  [ $(($(now_us) - before)) -lt 4000000 ]
}

@test "a raise is answered when the process closes the connection or dies" {
  begin web close
  run -1 k3 raise web ValueError
  like "$output" "*process * has ended its attachment"
  is "$(k3_field web attached)" false
  k3 raise -w web
  rm attached
  begin dead die
  run -1 k3 raise dead ValueError
  rm attached
  begin taken takes-and-dies
  run -1 k3 raise taken ValueError
  like "$output" "*before it confirmed the exception"
}

@test "an attachment ends with its process, even if another process holds the connection" {
  begin web fork
  wait_until "$DEADLINE" is_field web attached false
  k3 join web
  [ ! -e signals ] || is "$(cat signals)" SIGTERM # the child is a leftover
}

@test "only a process of the thread's own tree may attach" {
  k3 start -n web -- sleep 1000
  script <<'EOF'
fails(-32008, "PermissionError", "attach", thread=1)
fails(-32003, "InvalidThreadIdError", "attach", thread=2)
fails(-32602, "TypeError", "attach")
fails(-32009, "RuntimeError", "tell")
fails(-32008, "PermissionError", "attach", thread=1)
fails(-32003, "InvalidThreadIdError", "attach", thread=2)
fails(-32602, "TypeError", "attach")
fails(-32009, "RuntimeError", "tell")
EOF
  # Not even a process of another thread may.
  k3 start -n other -- env K3THREAD_ID=1 "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" well
  wait_for_file reply
  like "$(cat reply)" "*does not belong to thread 'web'*"
}

@test "a second process cannot attach while the first lives, and can when it has ended" {
  mkdir second
  k3 start -n web -- bash -c '
    "$@" & first=$!
    until [ -s attached ]; do sleep 0.01; done
    (cd second && "$@") & wait $first; until [ -e again ]; do sleep 0.01; done
    cd second && exec "$@"' - "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" well
  wait_for_file attached second/reply
  like "$(cat second/reply)" "*-32011*process $(cat attached) of thread 'web' is attached*"
  kill -KILL "$(cat attached)"
  wait_until "$DEADLINE" is_field web attached false
  rm -f second/attached
  touch again
  wait_for_file second/attached
  wait_until "$DEADLINE" is_field web attached true
}

@test "a process attaches by its own connection, not by that of a process that has ended" {
  begin web heir
  wait_for_file heir
  is "$(cat heir)" 'cannot attach: No such process'
  is "$(k3_field web attached)" true
}

@test "a reply that gives no reason, no known error or no name of a thread is told as such" {
  begin web terse
  script <<'END'
client = Client()
client.call("watch", events=["raised"], members=["id"])
failure = fails(-32004, "SendRaiseError", "raise", thread="web", exception="ValueError")
assert failure.message == "thread 'web': the process gives no reason", failure
assert fails(-32002, "ValueError", "raise", thread="web").message == "thread 'web': bad"
assert fails(-32001, "TypeError", "raise", thread="web").message == "thread 'web': odd"
fails(-32004, "SendRaiseError", "raise", thread="web")
for message in "why", None:
    call("raise", thread="web/worker-3", exception="ValueError", message=message)
    event = client.receive()["params"]
    assert event["inner"] == {"id": "1/3", "name": "web/?"} and event["message"] == message, event
END
}

@test "a process that lies harms only itself" {
  begin web lie
  k3 raise web ValueError
  is "$(cat taken)" "1 ValueError -"
  is "$(k3 list -q web/ | xargs)" "1/1 1/2 1/3 1/6 1/7 1/8 1/9 1/$((1 << 40))"
  is "$(k3 list --json 1/2 1/8 | "$PYTHON" -c 'import json, sys; print(*[t["name"] for t in json.load(sys.stdin)])')" 'web/two web/t8'
  k3 list web/ | grep -F ' web/a\xc2\x9b2J\xe2\x80\xaeb '
}

@test "a process that floods harms only itself" {
  begin web flood
  wait_for_file flooding
  k3 start -n other -- true
  k3 join other
  for i in 1 2 3 4 5; do
    k3 list other
  done
  run -1 k3 raise web ValueError
  [ "$(k3 list -q web/ | wc -l)" -le 16384 ]
  k3 raise -w web
}

@test "what a process says before it ends is read to the last line, also when its end comes while a line is read" {
  k3 start -n first -- true
  in_background watch k3 watch
  wait_until "$DEADLINE" is_watching
  begin web last-words
  run -5 k3 join web
  wait_until "$DEADLINE" grep -q 'web .* ended' watch.out
  is "$(grep -c 'web/word-[0-9]* .* inner-started$' watch.out)" 500
}

@test "an exception that arrives is that of the thread, also when the end of the process is known before the reply" {
  begin web arrives-last
  k3 raise -m bye web
  run -0 k3 join web
  is "$(k3_field web exception) $(k3_field web message)" 'SystemExit bye'
}

@test "a process that has the permit block, or shut down, holds up nobody else" {
  begin web block
  wait_for_file blocked
  k3 raise web ValueError
  k3 start -n other -- true
  k3 join other
  run -1 k3 raise web ValueError
  k3 raise -w web
  rm attached
  begin more shut
  wait_for_file shutting
  run -1 k3 raise more ValueError
  k3 list other
  k3 raise -w more
}

@test "an attach behind another request is refused, and harms nobody" {
  begin web hasty
  wait_for_file refused
  is "$(cat refused)" 'cannot attach: other replies are under way on this connection'
  k3 list web
}

@test "a process that makes up exceptions without end leaves room for those of others" {
  begin web learn
  wait_for_file learnt
  run -64 k3 raise web Learned9999
  k3 raise -w web KILL
  rm attached
  begin other odd
  wait_for_file odd
  k3 raise other Odd
  is "$(tail -n 1 taken)" "1 Odd -"
}

@test "a raise of an unknown exception in thousands of threads of a process takes the supervisor no time" {
  begin web many
  wait_for_file many
  pid=$(supervisor_pid)
  ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
  before=$(ticks)
  run -64 k3 raise 'web/*' Odd
  [ "$(ticks)" -le $((before + 30)) ]
  k3 raise -w web KILL
}

@test "--timeout, restart and shutdown arrive as exceptions too" {
  mkdir late
  k3 start -n late -C late --grace 0.1 --ready notify --ready-timeout 0.4 -- \
    "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" well
  begin web well --timeout 0.5 --grace 0.3
  wait_for_state late ended
  is "$(cat late/taken) $(k3_field late signal)" "1 TimeoutError not ready within 0.4 s: notify 9"
  is "$(k3_field late message)" "not ready within 0.4 s: notify"
  wait_for_state web ended
  is "$(cat taken) $(k3_field web exception) $(k3_field web signal)" "1 TimeoutError - TimeoutError 9"
  rm attached taken
  begin again well --grace 0.3
  rm attached
  k3 restart again
  wait_for_file attached
  is "$(cat taken)" "1 SystemExit -"
  is "$(k3_field again runs)" 2
  rm taken
  k3 shutdown --now
  is "$(cat taken)" "1 SystemExit -"
  [ ! -e signals ]
}

@test "watch shows attachments, the threads inside, and what is raised in them" {
  k3 start -n first -- true
  in_background watch k3 watch
  wait_until "$DEADLINE" is_watching
  begin web well
  k3 raise -m why web/worker-3 ValueError
  k3 raise web SIGKILL
  run -137 k3 join web
  wait_until "$DEADLINE" grep -q 'web.* ended' watch.out
  cut -d' ' -f2- watch.out >seen
  sed -i -E 's/\([0-9]+/(2/' seen
  for line in 'web (2) attached' 'web/worker-3 (2/3) inner-started' \
    'web/worker-3 (2/3) raised ValueError: why' 'web (2) detached'; do
    grep -qxF "$line" seen || { cat seen && false; }
  done
}

# Starts threads until the watcher has seen one.
is_watching() {
  k3 start -- true >/dev/null
  [ -s watch.out ]
}
