#!/usr/bin/env bats
# The accounts of threads: the processor time and the memory of their processes.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# many COUNT [SECONDS]: starts COUNT children that compute for so long and waits for each; prints what they have used.
# orphans COUNT: starts COUNT children in sessions of their own, which the command does not wait for, and
# exits when they have ended; each appends what it has used to the file spent.
setup() {
  begin_test
  cat >spend.py <<'SCRIPT'
import os, resource, sys, time

def compute(seconds=0.004):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def used(of):
    usage = resource.getrusage(of)
    return usage.ru_utime + usage.ru_stime

def many(count, seconds=0.004):
    for _ in range(int(count)):
        if os.fork() == 0:
            compute(float(seconds))
            os._exit(0)
        os.wait()
    print(used(resource.RUSAGE_SELF) + used(resource.RUSAGE_CHILDREN), flush=True)
    os._exit(0)

def orphans(count):
    reader, writer = os.pipe()
    for _ in range(int(count)):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                compute(0.02)
                with open("spent", "a") as spent:
                    spent.write("%f\n" % used(resource.RUSAGE_SELF))
            os._exit(0)
        os.wait()
    os.close(writer)
    os.read(reader, 1)  # returns when no orphan has the other end
    print(used(resource.RUSAGE_SELF) + used(resource.RUSAGE_CHILDREN), flush=True)
    os._exit(0)

def unmarked(*command):
    for limit in (10, resource.RLIMIT_RSS):  # 10 is RLIMIT_LOCKS
        resource.setrlimit(limit, (1000, 1000))
    os.execvp(command[0], command)

def hold(mebibytes):
    held = b"x" * (int(mebibytes) << 20)

globals()[sys.argv[1]](*sys.argv[2:])
SCRIPT
}

teardown() {
  local status=0
  end_test || status=1
  [ ! -d "${group-}" ] || rmdir "$group"
  return "$status"
}

# cpu THREAD: prints the seconds of processor time.
cpu() {
  k3_field "$1" cpu | "$PYTHON" -I -S -c 'import json, sys; print(sum(json.load(sys.stdin).values()))'
}

# holds EXPRESSION: succeeds if the comparison of numbers is true.
holds() {
  awk "BEGIN { exit !($1) }" || {
    echo "not so: $1"
    return 1
  }
}

# near ACTUAL EXPECTED SLACK: succeeds if both are equal within one per cent, and SLACK seconds.
near() {
  holds "($1 - $2) ^ 2 <= ($2 * 0.01 + $3) ^ 2"
}

@test "the processor time of a command includes the time of many short children" {
  k3 start -n a -- "$PYTHON" -I -S spend.py many 200
  k3 join a
  near "$(cpu a)" "$(k3 logs a)" 0.005
}

# make_group: makes a control group that counts processor time, or fails; $group is its directory.
make_group() {
  local parent
  for parent in /sys/fs/cgroup/cpuacct /sys/fs/cgroup/unified /sys/fs/cgroup; do
    group=$parent/k3thread-test.$BASHPID
    if mkdir "$group" 2>/dev/null; then
      group_time >/dev/null && return
      rmdir "$group"
    fi
  done
  return 1
}

# group_time: prints the seconds of processor time that the group has used, as the kernel counts them there.
group_time() {
  if [ -e "$group/cpuacct.usage" ]; then
    awk '{ print $1 / 1e9 }' "$group/cpuacct.usage"
  else
    awk '$1 == "usage_usec" { print $2 / 1e6; found = 1 } END { exit !found }' "$group/cpu.stat"
  fi 2>/dev/null
}

@test "the processor time of a thousand short children is within one per cent of what the kernel counts" {
  expected=(k3 logs a)
  group=/dev/null
  if make_group; then
    expected=(group_time)
  fi
  k3 start -n a -- sh -c '[ ! -d "$1" ] || echo $$ >"$1/cgroup.procs"; exec "$2" -I -S spend.py many 1000 0.001' \
    sh "$group" "$PYTHON"
  k3 join a
  measured=$("${expected[@]}")
  [ ! -d "$group" ] || rmdir "$group"
  near "$(cpu a)" "$measured" 0.005 # what the shell does before it is in the group
  holds "$measured > 1"
}

@test "the processor time includes children that only the supervisor has waited for" {
  k3 start -n a -- "$PYTHON" -I -S spend.py orphans 40
  k3 start -n b -- true
  k3 join --all
  is "$(wc -l <spent)" 40
  # The end of a process is not in what it tells itself.
  near "$(cpu a)" "$(cat spent <(k3 logs a) | awk '{ sum += $1 } END { print sum }')" 0.06
  near "$(cpu b)" 0 0.02
}

@test "a leftover counts to its thread, also if the end of the thread has killed it" {
  k3 start -n a -g 0.1 -- sh -c "setsid sh -c 'trap \"\" TERM
    i=0; while [ \$i -lt 100000 ]; do i=\$((i + 1)); done; echo >done; while :; do sleep 0.01; done' &
    while [ ! -e done ]; do sleep 0.01; done"
  k3 join a
  holds "$(cpu a) > 0.02"
}

@test "a process that threw its mark away counts to the thread of its session" {
  mkfifo end
  k3 start -n a -- "$PYTHON" -I -S spend.py unmarked \
    sh -c "(sh -c 'i=0; while [ \$i -lt 100000 ]; do i=\$((i + 1)); done; echo >end' &); read x <end"
  k3 start -n b -- sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done'
  k3 join --all
  holds "$(cpu a) > $(cpu b) / 2"
}

@test "the memory is the memory of the largest process" {
  k3 start -n a -- sh -c '(true & echo $! >pid)
    while [ -e /proc/$(cat pid) ]; do sleep 0.01; done
    "$0" -I -S spend.py hold 60; "$0" -I -S spend.py hold 1' "$PYTHON"
  k3 start -n b -- true
  k3 join --all
  a=$(k3_field a max_rss) b=$(k3_field b max_rss)
  [ "$a" -gt $((60 << 20)) ]
  [ "$a" -lt $((90 << 20)) ]
  [ "$b" -gt 0 ]
  [ "$b" -lt $((20 << 20)) ]
}

@test "while a thread runs the account has the processes that have ended so far, and runs add up" {
  k3 start -n a -- sh -c "(setsid sh -c 'i=0; while [ \$i -lt 100000 ]; do i=\$((i + 1)); done' &)
    sleep 1000"
  wait_until "$DEADLINE" has_spent a 0
  first=$(cpu a)
  [ "$(k3_field a max_rss)" -gt 0 ]
  is "$(k3_field a state)" running
  k3 restart a
  wait_until "$DEADLINE" has_spent a "$first"
}

# has_spent THREAD SECONDS: succeeds if the thread has used 0.02 s more than SECONDS.
has_spent() {
  holds "$(cpu "$1") > $2 + 0.02"
}

@test "a thread that has not run has an empty account, and a probe's checks do not count" {
  k3 start -n late -a 1000 -- true
  is "$(k3_field late cpu)" '{"user": 0.0, "system": 0.0}'
  is "$(k3_field late max_rss)" 0
  like "$(k3 list -l late | tail -n 1 | xargs)" '1 late * delayed no - 0 0.0s - * true'
  k3 start -n probed --ready \
    'cmd:i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; setsid true & echo >checked' -- sleep 1000
  k3 join --ready probed
  wait_for_file checked
  is "$(cpu probed)" 0.0
}

@test "list --long has the processor time and the memory" {
  k3 start -n a -- "$PYTHON" -I -S spend.py hold 60
  k3 join a
  like "$(k3 list -l | head -n 1 | xargs)" '* TIME RUNS CPU MEMORY RESULT COMMAND'
  [[ "$(k3 list -l a | tail -n 1 | xargs)" =~ 's 1 '[0-9]+\.[0-9]s' '[678][0-9]M' exit 0 ' ]]
}

@test "processes that are dead when the command ends, and were not waited for, count" {
  for i in {1..20}; do
    k3 start -n "t$i" -- "$PYTHON" -I -S -c '
import os, time
reader, writer = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        while time.process_time() < 0.02: pass
        os._exit(0)
os.close(writer)
os.read(reader, 1)'
  done
  k3 join --all
  for i in {1..20}; do holds "$(cpu "t$i") > 0.06"; done
}
