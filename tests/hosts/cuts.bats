#!/usr/bin/env bats
# Runs that are cut off from their machines at random moments. CUTS=N SEED=N; make check-hosts runs many, and cuts the
# network, too.

# shellcheck disable=SC2154

load hosts
load ssh
load ../sshd
load slurm

setup() {
  begin_test
}

teardown() {
  end_test_after stop_engines
}

stop_engines() {
  stop_machines
  stop_slurm
}

# cut ENGINE SHORT LONG [COMMAND…]: cuts off so many runs, or CUTS, below COMMAND. Prints what it cut if make check-hosts
# runs it.
cut() {
  local engine=$1 count=$2 status=0
  [ -z "${HOSTS_LONG-}" ] || count=$3
  shift 3
  "$@" "$PYTHON" -I -S -B "$BATS_TEST_DIRNAME/cuts.py" "$engine" "${CUTS:-$count}" "${SEED:-$(date +%s)}" >cuts.out ||
    status=$?
  cat cuts.out
  [ -z "${HOSTS_LONG-}" ] || sed 's/^/# /' cuts.out >&3
  return "$status"
}

@test "cut off at a random moment, nothing is left, no status is wrong and nothing runs twice" {
  cut local 24 200
}

@test "cut off from machines that ssh reaches, nothing is left, no status is wrong and nothing runs twice" {
  lacking=3 start_machines 'AcceptEnv K3CUT TMPDIR XDG_RUNTIME_DIR' 'MaxStartups 100'
  NET=$net SSH_CONFIG=$dir/ssh_config cut ssh 8 300
}

@test "cut off from the nodes of Slurm, nothing is left, no status is wrong and nothing runs twice" {
  [ -n "${HOSTS_LONG-}" ] || skip 'make check-hosts runs this'
  start_slurm
  cut slurm 0 60 salloc -Q -N2
}
