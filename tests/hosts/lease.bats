#!/usr/bin/env bats
# Machines from which nothing comes any more. Each test takes as long as a lease, so only make check-hosts runs them.

# shellcheck disable=SC2016,SC2034,SC2154

load hosts

setup() {
  [ -n "${HOSTS_LONG-}" ] || skip 'make check-hosts runs this'
  begin_test
  export XDG_RUNTIME_DIR=$dir TMPDIR=$dir
}

teardown() {
  [ -z "${HOSTS_LONG-}" ] || end_test
}

@test "a machine whose agent is stopped is lost after ten seconds" {
  script_of 'start -n a -- sh -c "echo up; exec sleep 1000"'
  in_front run --hosts a --via 'env MACHINE={}' script
  wait_for_text run.out '^a | up'
  agent=$(pgrep -P "$(pgrep -P "${background[run]}" -x k3-carrier)" -x k3-agent)
  kill -STOP "$agent"
  wait_for_text run.err "host 'a' is lost: no sign of life came for 10 seconds"
  kill -CONT "$agent"
  finish run 125
}

@test "--reschedule runs a command elsewhere when nothing of it can run on the lost machine any more" {
  cp "$BATS_TEST_DIRNAME/relay.py" .
  script_of 'start -n a -- sh -c "exec 9>lock; flock -n 9 || touch overlap; echo \$K3THREAD_HOSTNAME >>ran; [ \$K3THREAD_HOSTNAME = b ] || exec sleep 1000"'
  in_front run --hosts a:1,b:1 --via "sh -c 'case {} in a) exec $PYTHON -I -S relay.py silent ran sh ;; esac; exec sh'" --reschedule script
  finish run
  is "$(cat ran)" $'a\nb'
  refute_file overlap
  grep -q "host 'a' is lost: no sign of life came for 10 seconds" run.err
}

@test "an agent that hears nothing of its run for ten seconds ends everything" {
  script_of 'start -n a -- sh -c "setsid sleep 1000 & echo \$! >pid; echo up; exec sleep 1000"'
  in_front run --hosts a --via 'env MACHINE={}' script
  wait_for_text run.out '^a | up'
  carrier=$(pgrep -P "${background[run]}" -x k3-carrier)
  kill -STOP "$carrier"
  wait_until 20 is_finished "$(cat pid)"
  kill -CONT "$carrier"
  finish run 125
}

@test "a machine keeps alive through a program that passes on whole lines only" {
  script_of 'start -n a -- sh -c "sleep 13; echo fine"'
  via='sh -c "sh | grep -a --line-buffered \"\""'
  run_on a script
  is "$(cat out)" 'a | fine'
}

@test "a stopped run keeps its machines" {
  script_of 'start -n a -- sh -c "echo up; until [ -e go ]; do sleep 0.1; done; echo fine"'
  in_front run --hosts a --via 'env MACHINE={}' script
  wait_for_text run.out '^a | up'
  kill -STOP "${background[run]}"
  sleep 12 # a lease and more: there is nothing to wait for
  kill -CONT "${background[run]}"
  touch go
  finish run
  grep -qx 'a | fine' run.out
}

@test "machines that do not answer are named, and do not keep others from being reached" {
  local hosts
  hosts=$(printf 'silent%s ' {1..64})
  script_of 'start -n a -- echo fine'
  in_front run --hosts "$hosts good" --via 'sh -c "case {} in good) exec sh ;; esac; exec sleep 1000"' script
  finish run
  is "$(cat run.out)" 'a | fine'
  is "$(grep -c "host 'silent[0-9]*' has not answered for 10 seconds" run.err)" 64
}
