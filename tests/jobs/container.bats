#!/usr/bin/env bats
# run as process 1 of a container: it starts the services in order, reaps what others leave, and passes the end on.

# shellcheck disable=SC2016,SC2154

load job

# in_container NAME WORD…: runs k3thread as process 1 of new namespaces, in the background.
in_container() {
  local name=$1
  shift
  in_background "$name" unshare --user --map-root-user --pid --fork --mount --mount-proc --kill-child=KILL \
    "$K3THREAD" "$@"
  wait_until "$DEADLINE" has_child "${background[$name]}"
}

# Succeeds if the process has a child, whose pid goes to the variable `init`.
has_child() {
  init=$(ps -o pid= --ppid "$1") && init=${init// /}
}

write_job() {
  unshare --user --map-root-user --pid --fork true || skip 'no namespaces here'
  needs redis-server redis-cli
  free_ports PORT
  file services.k3 <<'END'
daemon --name cache --ready tcp:127.0.0.1:$PORT -- redis-server --port $PORT --save ''
start  --name worker --needs cache --restart on-failure -- sh worker.sh
END
  file worker.sh <<'END'
trap 'echo the last job is done; exit 0' TERM
(setsid sh -c 'sleep 0.1' &)
echo "process 1 is $(cat /proc/1/comm)"
while :; do sleep 0.05; redis-cli -p $PORT incr jobs; done
END
}

@test "docker stop: the worker ends before the cache that it needs, and nothing is killed" {
  write_job
  in_container container run services.k3
  wait_until "$DEADLINE" grep 'worker | 5' container.out
  grep 'worker | process 1 is k3' container.out
  kill -TERM "$init"
  finish container 143
  grep 'worker | the last job is done' container.out
  grep 'cache .*SystemExit, exit 0' container.err
}

@test "processes that lost their parent are reaped" {
  write_job
  in_container container run services.k3
  wait_until "$DEADLINE" grep 'worker | 20' container.out
  is "$(pgrep --runstates Z --parent "$init")" ''
  kill -INT "$init"
  finish container 130
}
