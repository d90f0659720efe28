#!/usr/bin/env bats
# When k3thread itself ends several threads, it asks a thread only after those that need it have ended.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# What the threads run. A service notes the signal that asks it, and when it has ended; the first
# service that is asked takes its time. Each waits for an "up" of its own.
begin_order() {
  cat >service <<'EOS'
#!/bin/sh
# service NAME SECONDS
asked() { echo "$1 asked by $2" >>order; sleep "$3"; echo "$1 ended" >>order; exit 0; }
trap 'asked "$1" TERM "$2"' TERM
trap 'asked "$1" INT "$2"' INT
echo up
while :; do sleep 0.02; done
EOS
  chmod +x service
}

# start_chain: starts db, web that needs db, and proxy that needs both.
start_chain() {
  begin_order
  k3 daemon -n db --ready line:up -- ./service db 0
  k3 daemon -n web --needs db --ready line:up -- ./service web 0.3
  k3 daemon -n proxy --needs db --needs web --ready line:up -- ./service proxy 0.3
  k3 join --ready proxy
}

# check_order SIGNAL: each service was asked once, by SIGNAL, after those that need it had ended.
check_order() {
  is "$(cat order)" "$(printf '%s\n' "proxy asked by $1" 'proxy ended' "web asked by $1" \
    'web ended' "db asked by $1" 'db ended')"
}

@test "a shutdown ends daemons in the reverse order of --needs" {
  start_chain
  k3 shutdown
  check_order TERM
}

@test "shutdown --now ends threads in the reverse order of --needs, and a second one does not hurry it" {
  start_chain
  in_background first k3 shutdown --now
  wait_for_file order
  k3 shutdown --now
  finish first
  check_order TERM
}

@test "SIGTERM to the supervisor and the guardian's death end threads in the reverse order of --needs" {
  start_chain
  guardian=$(guardian_pid)
  kill -TERM "$(supervisor_pid)"
  wait_until "$DEADLINE" refute_alive "$guardian"
  check_order TERM
  rm order
  start_chain
  supervisor=$(supervisor_pid)
  kill -KILL "$(guardian_pid)"
  wait_until "$DEADLINE" refute_alive "$supervisor"
  check_order TERM
}

# run_chain LINE [OPTION…]: runs the three, and LINE, which needs them, in the background.
run_chain() {
  local line=$1
  shift
  begin_order
  printf '%s\n' 'daemon -n db --ready line:up -- ./service db 0' \
    'daemon -n web --needs db --ready line:up -- ./service web 0.3' \
    'daemon -n proxy --needs db --needs web --ready line:up -- ./service proxy 0.3' \
    "$line" >script
  in_background run env XDG_RUNTIME_DIR="$dir" "$K3THREAD" run "$@" script
}

@test "a run whose work is done ends daemons in the reverse order of --needs" {
  run_chain 'start --needs proxy -- true'
  finish run
  check_order TERM
}

@test "a failure with --fail-fast and the first end with --any end a run in the reverse order of --needs" {
  run_chain 'start --needs proxy -- false' --fail-fast
  finish run 1
  check_order TERM
  rm order
  run_chain 'start --needs proxy -- true' --any
  finish run
  check_order TERM
}

@test "SIGINT ends a run in the reverse order of --needs, and each thread is asked once, by SIGINT" {
  run_chain 'start --needs proxy -- sh -c "echo >begun; exec sleep 1000"'
  wait_for_file begun
  kill -INT "${background[run]}"
  finish run 130
  check_order INT
}

@test "SIGTERM ends a run in the reverse order of --needs" {
  run_chain 'start --needs proxy -- sh -c "echo >begun; exec sleep 1000"'
  wait_for_file begun
  kill -TERM "${background[run]}"
  finish run 143
  check_order TERM
}

@test "the grace of a thread counts from the moment that the thread is asked" {
  begin_order
  k3 daemon -n db -g 0.7 --ready line:up -- ./service db 0.1
  k3 daemon -n web --needs db --ready line:up -- ./service web 1
  k3 join --ready web
  k3 shutdown --now
  is "$(tail -n 1 order)" 'db ended'
}

@test "a thread that is killed after its grace releases the threads that it needs" {
  begin_order
  k3 daemon -n db --ready line:up -- ./service db 0
  k3 daemon -n web -g 0.2 --needs db --ready line:up -- \
    sh -c 'trap "" TERM; echo up; while :; do sleep 0.05; done'
  k3 join --ready web
  k3 shutdown --now
  is "$(cat order)" "$(printf '%s\n' 'db asked by TERM' 'db ended')"
}

@test "threads that have not begun delay no shutdown, however many need each other" {
  k3 daemon -n never --ready line:never -- sleep 1000
  script <<'EOS'
needed = "never"
for i in range(3000):
    needed = call("start", command=["/bin/true"], needs=[needed], members=["id"])["id"]
begin = time.monotonic()
call("shutdown", now=True)
assert time.monotonic() - begin < 5
EOS
}

@test "a shutdown does not ask a thread that is already ending again" {
  begin_order
  k3 start -n a --ready line:up -- ./service a 0.5
  k3 join --ready a
  k3 raise a KeyboardInterrupt
  wait_for_file order
  k3 shutdown --now
  is "$(cat order)" "$(printf '%s\n' 'a asked by INT' 'a ended')"
}

@test "shutdown can raise another exception in all threads, and refuses a signal or an unknown exception" {
  k3 start -n a -- sleep 1000
  script <<'EOS'
for name in ["SIGTERM", "Nonsense"]:
    fails(-32002, "ValueError", "shutdown", now=True, exception=name)
client = Client()
client.call("watch", events=["ended"], members=["exception", "signal"])
client.send("shutdown", now=True, exception="KeyboardInterrupt")
assert client.receive()["params"]["thread"] == {"exception": "KeyboardInterrupt", "signal": 2}
EOS
}
