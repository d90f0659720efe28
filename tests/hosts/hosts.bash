# shellcheck shell=bash
# What the tests of other machines share.

# shellcheck disable=SC2154

load ../script/runs

# What reaches a machine.
via='env MACHINE={}'

# run_on HOSTS WORD…: runs k3thread run on these machines; its output goes to out and messages.
run_on() {
  local hosts=$1
  shift
  k3 run --hosts "$hosts" --via "$via" "$@" >out 2>messages
}
