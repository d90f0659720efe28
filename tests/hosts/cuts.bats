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

# cut ENGINE COUNT [AT_A_TIME]: cuts off so many runs, or CUTS. Prints what it cut if make check-hosts runs it.
cut() {
  local status=0
  "${@:4}" "$PYTHON" -I -S -B "$BATS_TEST_DIRNAME/cuts.py" "$1" "${CUTS:-$2}" "${SEED:-$(date +%s)}" "$3" >cuts.out ||
    status=$?
  cat cuts.out
  [ -z "${LONG-}" ] || sed 's/^/# /' cuts.out >&3
  return "$status"
}

@test "cut off at a random moment, nothing is left, no status is wrong and nothing runs twice" {
  cut local 24 4
}

@test "the same over ssh" {
  lacking=3 start_machines 'AcceptEnv K3CUT TMPDIR XDG_RUNTIME_DIR' 'MaxStartups 100'
  NET=$net SSH_CONFIG=$dir/ssh_config cut ssh 8 4
}

@test "the same in an allocation of Slurm" {
  [ -n "${LONG-}" ] || skip 'make check-hosts runs this'
  start_slurm
  cut slurm 60 3 salloc -Q -N2
}
