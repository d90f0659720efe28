#!/usr/bin/env bats
# Many tests over a few slots: each slot has a server's port of its own, and the number of slots can change.

# shellcheck disable=SC2016,SC2154

load job

write_test() {
  needs redis-server redis-cli jq
  free_ports FIRST SECOND THIRD
  file one-test 755 <<'END'
#!/bin/bash
# one-test N: a test that wants a cache for itself. The ports in PORTS belong to the slots.
read -ra ports <<<"$PORTS"
port=${ports[$K3THREAD_SLOT]}
redis-server --port "$port" --save '' >/dev/null &
until redis-cli -p "$port" ping >/dev/null 2>&1; do sleep 0.02; done
[ "$(redis-cli -p "$port" dbsize)" = 0 ] || exit 1
redis-cli -p "$port" set number "$1" >/dev/null
echo "$1 in slot $K3THREAD_SLOT"
END
  export PORTS="$FIRST $SECOND $THIRD"
}

@test "no two tests that run at the same time have the same port, and each finds its cache empty" {
  write_test
  run -0 k3thread run -q --no-prefix --slots 3 --each ./one-test < <(seq 12)
  is "$(cut -d' ' -f1 <<<"$output" | sort -n | xargs)" "$(seq 12 | xargs)"
  is "$(cut -d' ' -f2- <<<"$output" | sort -u)" $'in slot 0\nin slot 1\nin slot 2'
}

@test "a queue at the shell is held, goes on, and takes more at a time while it runs" {
  write_test
  k3thread start --wait --name warm-up -- ./one-test 0
  k3thread slots 0
  for n in $(seq 6); do
    k3thread start --name "test-$n" -- ./one-test "$n"
  done
  is "$(k3thread list --json | jq -r '.[].state' | sort | uniq -c | xargs)" '1 ended 6 queued'
  k3thread slots 1
  k3thread join test-1 test-2
  is "$(k3thread logs test-2)" '2 in slot 0'
  k3thread slots 3
  k3thread join 'test-*'
  k3thread shutdown
}
