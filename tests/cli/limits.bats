#!/usr/bin/env bats
# Resource limits and niceness: a command has its caller's, whichever start brought up the supervisor,
# and the supervisor works with whatever limits it was started with.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers

# The quick way leaves -S without a blank to the program: see cli/quick/quick.h.

# limits_of WAY…: prints the limits of a command that is started this way, without the mark.
limits_of() {
  local id
  id=$(k3 "$@" start -- sh -c 'cat /proc/self/limits; nice')
  k3 join "$id"
  k3 logs "$id" | grep -v 'file locks\|resident set'
}

own_limits() {
  sh -c 'cat /proc/self/limits; nice' | grep -v 'file locks\|resident set'
}

@test "a command has the limits and the niceness of its caller, not of the first start" {
  (
    ulimit -S -n 64 -s 1000 -u 1000 -c 0
    nice -n 3 "$K3THREAD" start -- true
  )
  for way in "-S $K3THREAD_SOCKET" "-S$K3THREAD_SOCKET"; do
    # shellcheck disable=SC2086  # a list of words
    diff <(limits_of $way) <(own_limits)
    (
      ulimit -n 33
      ulimit -S -f 12345 -v 3000000
      ulimit -t 1234
      renice -n 6 -p "$BASHPID"
      # shellcheck disable=SC2086  # a list of words
      diff <(limits_of $way) <(own_limits)
    )
  done
}

# scheduling WAY…: prints how a command that is started this way is scheduled.
scheduling() {
  local id
  id=$(k3 "$@" start -- sh -c 'taskset -p $$; chrt -p $$; ionice')
  k3 join "$id"
  k3 logs "$id" | sed 's/.*: //'
}

own_scheduling() {
  sh -c 'taskset -p $$; chrt -p $$; ionice' | sed 's/.*: //'
}

@test "a command has the processors, the policy and the I/O priority of its caller, not of the first start" {
  first=$(taskset -c -p $$ | sed 's/.*: //; s/[,-].*//')
  taskset -c "$first" chrt -b 0 ionice -c 3 "$K3THREAD" start -- true
  for way in "-S $K3THREAD_SOCKET" "-S$K3THREAD_SOCKET"; do
    # shellcheck disable=SC2086  # a list of words
    diff <(scheduling $way) <(own_scheduling)
    (
      taskset -c -p "$first" "$BASHPID"
      chrt -i -p 0 "$BASHPID"
      ionice -c 2 -n 6 -p "$BASHPID"
      # shellcheck disable=SC2086  # a list of words
      diff <(scheduling $way) <(own_scheduling)
    )
  done
}

@test "a start says that the command did not get its policy" {
  for_all_users
  mkdir theirs
  [ "$(id -u)" != 0 ] || chown 61237 theirs
  export K3THREAD_SOCKET=$dir/theirs/k.sock
  as_user prlimit --nice=0 chrt -i 0 "$K3THREAD" start -- true
  run -0 --separate-stderr as_user prlimit --nice=0 "$K3THREAD" start -- true
  is "$stderr" 'k3thread: start: the command did not get your limits: the supervisor, which was started with less, may not raise policy'
  as_user "$K3THREAD" shutdown
}

@test "the commands of a run have the limits of the caller of run" {
  echo 'start -- sh -c "ulimit -n; ulimit -Hn; ulimit -s; nice"' >script
  is "$(ulimit -S -n 99 && ulimit -S -s 4000 && nice -n 4 "$K3THREAD" run -q --no-prefix script | xargs)" \
    "99 $(ulimit -Hn) 4000 $(($(nice) + 4))"
}

@test "a start says which limits the supervisor may not raise, and sets the others" {
  for_all_users
  mkdir theirs
  [ "$(id -u)" != 0 ] || chown 61237 theirs
  export K3THREAD_SOCKET=$dir/theirs/k.sock
  as_user nice -n 3 prlimit --nofile=64 "$K3THREAD" start -- true
  for way in "-S $K3THREAD_SOCKET" "-S$K3THREAD_SOCKET"; do
    # shellcheck disable=SC2086  # a list of words
    run -0 --separate-stderr as_user "$K3THREAD" $way start -n a -- sh -c 'ulimit -n; nice'
    is "$stderr" 'k3thread: start: the command did not get your limits: the supervisor, which was started with less, may not raise nofile, niceness'
    as_user "$K3THREAD" join a
    is "$(as_user "$K3THREAD" logs a | xargs)" "64 $(($(nice) + 3))"
  done
  as_user "$K3THREAD" shutdown
}

@test "a start that fails for lack of descriptors names the supervisor's limit of open files" {
  for_all_users
  mkdir theirs
  [ "$(id -u)" != 0 ] || chown 61237 theirs
  export K3THREAD_SOCKET=$dir/theirs/k.sock
  as_user prlimit --nofile=24 "$K3THREAD" start -- sleep 1000
  starts=0
  while run --separate-stderr as_user "$K3THREAD" start -- sleep 1000; [ "$status" = 0 ]; do
    ((++starts < 24))
  done
  is "$status" 1
  # shellcheck disable=SC2154  # run sets it
  like "$stderr" "k3thread: start: OSError: *; the supervisor's own limit is 24 open files: shut it down and start it again under a higher 'ulimit -n'"
  as_user "$K3THREAD" shutdown --now
}

@test "a supervisor comes up only if it has a descriptor left for a client" {
  for_all_users
  mkdir theirs
  [ "$(id -u)" != 0 ] || chown 61237 theirs
  for limit in 5 6 7 8 9 10 11 12 13 14 15 16; do
    export K3THREAD_SOCKET=$dir/theirs/$limit.sock
    run --separate-stderr as_user prlimit --nofile="$limit" "$K3THREAD" start -- true
    if as_user "$K3THREAD" version | grep '^supervisor'; then
      as_user "$K3THREAD" shutdown
    else
      is "$status" 1
      like "$stderr" '*: Too many open files*'
    fi
  done
}

# Runs a command as a user without privileges.
as_user() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=61237 --regid=61237 --clear-groups "$@"
  else
    "$@"
  fi
}

@test "a supervisor with a file size limit of 0 serves its clients, and so does the next one" {
  for _ in 1 2 3; do
    (ulimit -f 0 && "$K3THREAD" start -n a -- sleep 1000) | cat
    is "$(k3 list -q)" 1
    script <<'EOF'
for _ in range(20):
    call("version")
EOF
    "$PYTHON" -I -S -c 'open("k.log", "ab").write(b"x" * 4096)'
    k3 shutdown --now
  done
}

# unprivileged COMMAND…: runs the command without the right to raise a hard limit, which root may have.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then
    set -- setpriv --bounding-set=-sys_resource "$@"
  fi
  "$@"
}

@test "the soft limit of processor time of the first start's caller does not end the supervisor" {
  (ulimit -S -t 1 && ulimit -H -t 5000 && unprivileged "$K3THREAD" start -n a -- sleep 1000)
  pid=$(supervisor_pid)
  is "$(prlimit --noheadings --output SOFT --cpu --pid "$pid" | xargs)" 5000
  grep -q 'will be killed when it has used 5000 s of processor time, the hard limit of its starter' k.log
  kill -XCPU "$pid"
  is "$(k3_field a state)" running
}

@test "the supervisor raises its soft limits of descriptors and processes to the hard ones" {
  (ulimit -S -n 64 && ulimit -S -u 500 && k3 start -- sleep 1000)
  pid=$(supervisor_pid)
  for limit in nofile nproc; do
    read -r soft hard < <(prlimit --noheadings --output SOFT,HARD "--$limit" --pid "$pid")
    is "$soft" "$hard"
  done
}

@test "a request with impossible limits gets an error that says so" {
  k3 start -- sleep 1000
  script <<'EOF'
def refused(**params):
    try:
        start("/bin/true", **params)
    except Failure as error:
        return str(error)
    raise AssertionError("not refused")
for limits, word in (({"nofiles": [1, 2]}, "nofiles"), ({"nofile": [2, 1]}, "nofile"), ({"cpu": [1]}, "cpu"),
                     ({"cpu": 1}, "cpu"), ({"cpu": ["1", 1]}, "cpu"), ({"cpu": [-2, 1]}, "cpu"), ([], "object")):
    assert word in refused(limits=limits), limits
for nice in (20, -21, 1.5, "1"):
    assert "nice" in refused(nice=nice), nice
EOF
}
