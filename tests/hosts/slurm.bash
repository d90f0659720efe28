# shellcheck shell=bash
# A Slurm cluster of two nodes, n1 and n2, on this machine. Its ports are on the loopback address, and all its files
# are in the test's directory.

# shellcheck disable=SC2154

# slurm_has NAME: succeeds if the program is here.
slurm_has() {
  PATH=$PATH:/usr/sbin command -v "$1" >/dev/null
}

# Starts the cluster. SLURM_CONF and MUNGE_SOCKET are for the programs that use it.
start_slurm() {
  local node
  for program in munged mungekey slurmctld slurmd srun salloc scontrol sinfo; do
    slurm_has "$program" || skip "$program is missing"
  done
  needs_root
  export PATH=$PATH:/usr/sbin
  free_ports CONTROLLER FIRST SECOND
  mkdir slurm slurm/state slurm/n1 slurm/n2
  chmod 755 slurm
  (umask 077 && head -c 128 /dev/urandom >slurm/munge.key)
  in_background munged munged --foreground --force --key-file="$dir/slurm/munge.key" --socket="$dir/slurm/munge" \
    --pid-file="$dir/slurm/munged.pid" --seed-file="$dir/slurm/munged.seed" --log-file="$dir/slurm/munged.log"
  wait_until "$DEADLINE" test -S slurm/munge
  cat >slurm/slurm.conf <<END
ClusterName=k3thread
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$CONTROLLER
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/slurm/munge
CredType=cred/munge
${SLURM_PLUGINS:+PluginDir=$SLURM_PLUGINS}
StateSaveLocation=$dir/slurm/state
SlurmdSpoolDir=$dir/slurm/%n
SlurmctldPidFile=$dir/slurm/slurmctld.pid
SlurmdPidFile=$dir/slurm/%n.pid
SlurmctldLogFile=$dir/slurm/slurmctld.out
SlurmdLogFile=$dir/slurm/%n.out
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
ReturnToService=2
MpiDefault=none
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$FIRST CPUs=2
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$SECOND CPUs=2
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
END
  export SLURM_CONF=$dir/slurm/slurm.conf
  in_background slurmctld slurmctld -D -f "$SLURM_CONF"
  for node in n1 n2; do
    in_background "$node" slurmd -D -N "$node" -f "$SLURM_CONF" ${SLURM_STEPD:+-d "$SLURM_STEPD"}
  done
  wait_until "$DEADLINE" slurm_is_up
}

slurm_is_up() {
  [ "$(sinfo -h -o '%D %t' 2>/dev/null)" = '2 idle' ]
}

# Ends the cluster.
stop_slurm() {
  local name
  for name in n1 n2 slurmctld munged; do
    [ -z "${background[$name]-}" ] || kill "${background[$name]}" || :
  done
  for name in n1 n2 slurmctld munged; do
    [ -z "${background[$name]-}" ] || finish "$name" '*'
  done
}
