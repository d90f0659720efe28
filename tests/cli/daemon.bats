#!/usr/bin/env bats
# daemon, which is start --daemon.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

@test "daemon starts a daemon thread, as start --daemon and start -d do" {
  is "$(k3 daemon -n a -- sleep 1000)" 1
  k3 start --daemon -n b -- sleep 1000
  k3 start -d -n c -- sleep 1000
  k3 start -n d -- sleep 1000
  is "$(k3_field a daemon)" true
  is "$(k3_field b daemon)" true
  is "$(k3_field c daemon)" true
  is "$(k3_field d daemon)" false
}

@test "daemon takes the options of start" {
  mkdir sub
  k3 daemon -n d -a 0.1 -t 60 -g 1 -C sub -e x=1 -o out -- sh -c 'echo "$x"; pwd; sleep 1000'
  wait_for_file out
  is "$(cat out)" $'1\n'"$dir/sub"
  is "$(k3_field d after)" 0.1
  is "$(k3 help --commands | awk -F'\t' '$1 == "option" && $2 == "daemon" { print $3, $4, $5 }')" \
    "$(k3 help --commands | awk -F'\t' '$1 == "option" && $2 == "start" { print $3, $4, $5 }')"
}

@test "daemon starts a supervisor when there is none" {
  k3 daemon -- sleep 1000
  assert_alive "$(supervisor_pid)"
}

@test "a daemon thread can be joined and raised in like any other thread" {
  k3 daemon -n d -- sh -c 'exit 6'
  run -6 k3 join d
  k3 daemon -n e -- sleep 1000
  k3 raise --wait e
  is "$(k3_field e exception)" SystemExit
}
