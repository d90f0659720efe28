#!/usr/bin/env bats
# A time limit for a whole tree of processes, daemons included.

# shellcheck disable=SC2154

load job

@test "the limit of a test run ends also the server that it has put into the background" {
  needs make redis-server redis-cli
  free_ports PORT
  file Makefile <<'END'
test:
	redis-server --port $(PORT) --daemonize yes --save '' --dir .
	until redis-cli -p $(PORT) ping; do sleep 0.05; done
	redis-cli -p $(PORT) blpop nothing 0
END
  run -124 k3thread start --wait --timeout 1 -- make test
  like "$output" '*PONG*'
  run ! redis-cli -p "$PORT" ping

  # timeout(1) ends only make and its children.
  run -124 timeout 1 make test
  redis-cli -p "$PORT" shutdown
}

@test "what does not heed the signal is killed after the grace, and nothing of it is left" {
  run -124 k3thread start --wait --timeout 0.2 --grace 0.2 -- sh -c '
    trap "" TERM
    setsid sleep 1000 &
    (setsid sh -c "trap \"\" TERM; sleep 1000 & wait" &)
    while :; do sleep 1000; done'
  k3thread shutdown
  refute_leaks
}
