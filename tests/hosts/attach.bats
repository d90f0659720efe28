#!/usr/bin/env bats
# Attached processes on another machine, and functions that are called there: what is raised arrives in them as on one
# machine. tests/attach has the programs, and each rule for one machine.

# shellcheck disable=SC2016,SC2154

load placed
load ../attach/process
load ../attach/said

attached=$HELPERS/../attach/attached

@test "what is raised in a program on another machine is caught there as itself, and the program goes on" {
  k3 start -n web -o "$dir/web.out" -- "$attached" catch
  said web ready
  k3 raise -m 'bad line' web ValueError # attach has answered, so the run knows of it
  said web 'main caught ValueError: bad line'
  k3 raise -m $'\xff "\\\n' web OSError
  said web $'main caught OSError: \xff "\\'
  is "$(k3_field web attached) $(k3_field web host)" 'true far'
  k3 raise -m bye web
  run -0 k3 join web
  is "$(k3_field web exception) $(k3_field web message)" 'SystemExit bye'
}

@test "an exception that nobody catches there is the thread's, also one that only the program knows" {
  k3 start -n bad -o "$dir/bad.out" -- "$attached" uncaught
  said bad ready
  k3 raise -m 'why not' bad ValueError
  run -1 k3 join bad
  is "$(k3_field bad exception) $(k3_field bad message)" 'ValueError why not'
  begin web well
  cat >end <<'END'
process.send(id=9, method="tell", params={"exception": "Unheard", "message": "no such file"})
process.receive()
os._exit(1)
END
  k3 raise web Reload
  run -1 k3 join web
  is "$(k3_field web exception) $(k3_field web message) $(cat taken)" "Unheard no such file 1 Reload -"
}

@test "list NAME/ shows the threads of a program there, and raise finds them by name, id and pattern" {
  begin web well
  k3 list web/ >table
  is "$(tr -s ' ' <table | sed -E 's/ [0-9]+ / TID /')" \
    $'ID NAME TID STATE DAEMON\n1/1 web/MainThread TID running no\n1/3 web/worker-3 TID running yes'
  k3 raise web/worker-3 ValueError
  k3 raise 1/3 KeyError
  k3 raise 'w*/w*' IndexError
  is "$(cat taken)" $'3 ValueError -\n3 KeyError -\n3 IndexError -'
  run -3 k3 raise web/worker-4 ValueError
  like "$output" "*InvalidThreadIdError: no live thread 'web/worker-4'"
  run -64 k3 raise web Relaod
  like "$output" "*no exception 'Relaod'; did you mean 'Reload'?"
}

@test "SystemExit that arrives there begins the grace, and the other processes get their signal, each once" {
  k3 start -n web --grace 60 -- bash -c '
    setsid bash -c "trap \"echo x >>asked; exit\" TERM; echo >>ready; while :; do sleep 0.01; done" &
    until [ -s ready ]; do sleep 0.01; done
    exec "$@"' - "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" well
  wait_for_file attached
  k3 raise web Leave
  wait_until "$DEADLINE" test -s asked
  is "$(k3_field web state) $(cat taken) $(cat asked)" 'stopping 1 Leave - x'
  [ ! -e signals ]
  k3 raise web SIGKILL
  k3 join web || :
  is "$(k3_field web exception)" Leave
  rm attached
  begin late well
  k3 raise -w late KeyboardInterrupt
  is "$(k3_field late signal) $(k3_field late exception)" '9 KeyboardInterrupt' # the grace is over
  [ ! -e signals ]
}

@test "a stopped process there is asked by a signal after a second, and the exception never arrives" {
  begin web stop
  wait_until "$DEADLINE" eval '[[ $(cat /proc/$(cat attached)/stat) = *") T "* ]]'
  run -1 k3 raise web ValueError
  like "$output" "*SendRaiseError: thread 'web': process * has not taken the exception within a second"
  k3 raise web
  run -7 k3 join web
  is "$(cat signals)" SIGTERM
  [ ! -e taken ]
}

@test "a raise in a process there that takes it and dies at once is answered, and the thread ends after that" {
  for behaviour in takes-and-dies die; do
    rm -f attached
    begin "$behaviour" "$behaviour"
    run -1 k3 raise "$behaviour" ValueError
    like "$output" "*process * has ended its attachment*"
    run -5 k3 join "$behaviour"
  done
}

@test "only a process of the thread itself may attach there, and only one at a time" {
  mkdir second third
  k3 start -n web -- bash -c '"$@" & until [ -s attached ]; do sleep 0.01; done; cd second && { "$@" & wait; }' - \
    "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" well
  wait_for_file attached second/reply
  like "$(cat second/reply)" "*-32011*process $(cat attached) of thread 'web' is attached*"
  k3 start -n other -C third -- env K3THREAD_ID=1 "$PYTHON" -I -S -B "$ROOT/tests/attach/process.py" well
  wait_for_file third/reply
  like "$(cat third/reply)" "*-32008*does not belong to thread 'web'*"
  kill -KILL "$(cat attached)"
  wait_until "$DEADLINE" is_field web attached false
  k3 raise -w web # a signal again
  is "$(cat second/signals)" SIGTERM
}

@test "--timeout, restart and the end of the run arrive there as exceptions too" {
  begin slow well --timeout 0.5
  wait_for_state slow ended
  is "$(cat taken) $(k3_field slow exception) $(k3_field slow signal)" "1 TimeoutError - TimeoutError 9"
  rm attached taken
  begin web well
  rm attached
  k3 restart web
  wait_for_file attached
  is "$(cat taken) $(k3_field web runs)" "1 SystemExit - 2"
  rm taken
  k3 shutdown --now
  is "$(cat taken)" "1 SystemExit -"
  [ ! -e signals ]
}

@test "a request to attach may come in pieces, and other clients of a machine are not held up" {
  k3 start -n web -- "$PYTHON" -I -S -B -c '
import json, os, socket, time
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.environ["K3THREAD_SOCKET"])
    return s
silent, half, list_ = connect(), connect(), connect()
half.sendall(b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"meth")
list_.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "list", "params": {"threads": ["web"]}}).encode() + b"\n")
assert json.loads(list_.makefile().readline())["result"][0]["host"] == "far"
half.sendall(b"od\": \"attach\", \"params\": {\"thread\": 1}}\n")
lines = half.makefile()
while json.loads(lines.readline()).get("id") != 1:
    pass
gone = connect()
gone.sendall(b"half")
gone.close()
open("told", "w").write("1")
time.sleep(1000)'
  wait_for_file told
  is "$(k3_field web attached)" true
}

@test "start --call calls a function on another machine, and raises arrive in it" {
  cp "$BUILD/tests/attach/libjobs.so" .
  k3 start -n web -o "$dir/web.out" --call ./libjobs.so:catch_all
  said web ready
  is "$(k3_field web attached) $(k3_field web host)" 'true far'
  k3 raise -m 'bad line' web ValueError
  said web 'caught ValueError: bad line'
  run -4 k3 start --wait --call ./libjobs.so:show a '' c
  run -127 k3 start -n a --call ./no.so:f
  like "$output" "*./no.so*"
  k3 start -n again -r on-failure --call ./libjobs.so:fail_once -- "$dir/once"
  run -0 k3 join again
  is "$(k3_field again runs)" 2
}

@test "a command cannot ask its agent to execute: not where it attaches, and not at the agent's own socket" {
  k3 start -n web -- "$PYTHON" -I -S -B -c '
import json, os, socket
def ask(path, *requests):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    lines = s.makefile()
    for number, (method, params) in enumerate(requests, 1):
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        s.sendall(json.dumps(request).encode() + b"\n")
        reply = json.loads(lines.readline())
        while reply.get("id") != number:
            reply = json.loads(lines.readline())
    return reply.get("error", {}).get("code", reply)
execute = ("execute", {"id": 1, "name": "x", "host": "far", "start": {"command": ["touch", os.path.abspath("ran")]}})
all = os.environ["K3THREAD_SOCKET"]
open("codes.new", "w").write(f"""{ask(all, ("attach", {"thread": 1}), execute)}
{ask(all, ("attach", {"thread": 9}), execute)}
{ask(os.path.dirname(all) + "/run.sock", execute)}
""")
os.rename("codes.new", "codes")'
  wait_for_file codes
  is "$(cat codes)" $'-32008\n-32008\n-32008'
  [ ! -e ran ]
}
