#!/usr/bin/env bats
# Commands on the nodes of a Slurm allocation.

# shellcheck disable=SC2016,SC2154

load hosts
load slurm

setup() {
  begin_test
  export XDG_RUNTIME_DIR=$dir TMPDIR=$dir
  start_slurm
}

teardown() {
  end_test_after stop_slurm
}

@test "a node whose command is quiet for longer than a lease is not lost" {
  [ -n "${HOSTS_LONG-}" ] || skip 'make check-hosts runs this'
  script_of 'start -n a -- sh -c "sleep 13; echo fine"'
  timeout 60 salloc -Q -N1 "$K3THREAD" run -q --hosts n1 --via 'srun --overlap -N1 -n1 -w {}' script >out
  is "$(cat out)" 'a | fine'
}

@test "a run has its commands on the nodes of its allocation, and in their slots" {
  # Prints the machine, and the program of Slurm that it runs under.
  cat >where <<'END'
#!/bin/sh
pid=$$
until grep -q '^Name:.slurmstepd' "/proc/$pid/status" || [ "$pid" = 1 ]; do
  pid=$(sed -n 's/^PPid:.//p' "/proc/$pid/status")
done
echo "on $K3THREAD_HOSTNAME $(cat "/proc/$pid/comm")"
END
  chmod +x where
  script_of 'start --name a -- ./where' 'start --name b --host n2 -- sh -c "./where; exit 3"'
  cat >job <<'END'
#!/bin/sh
exec "$K3THREAD" run --hosts "$(scontrol show hostnames)" --via 'srun --overlap -N1 -n1 -w {}' script
END
  chmod +x job
  status=0
  timeout 60 salloc -Q -N2 ./job >out 2>messages || status=$?
  cat out messages
  is "$status" 3
  grep -qx 'a | on n1 slurmstepd' out
  grep -qx 'b | on n2 slurmstepd' out
}
