#!/usr/bin/env bats
# Old kernels, and containers whose filters refuse system calls: k3thread does without the call, or
# says which call is missing.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers
load terminals.bash

# From 424 on the numbers are the same on every processor.
CLONE3=435 CLOSE_RANGE=436 PIDFD_OPEN=434 PIDFD_SEND_SIGNAL=424 FACCESSAT2=439
case $(uname -m) in
  x86_64) EPOLL_CREATE1=291 FALLOCATE=285 INOTIFY_INIT1=294 INOTIFY_ADD_WATCH=254 WAITID=247 ;;
  aarch64) EPOLL_CREATE1=20 FALLOCATE=47 INOTIFY_INIT1=26 INOTIFY_ADD_WATCH=27 WAITID=95 ;;
esac
EPERM=1 EINVAL=22 ENOSYS=38 EOPNOTSUPP=95

setup() {
  begin_test
  [ -n "${WAITID-}" ] || skip "the numbers of the calls are not known"
}

teardown() {
  end_terminals
}

@test "k3thread works the same without close_range and without pidfds" {
  echo 'start -n a -- sh -c "echo run"' >script
  for error in "$ENOSYS" "$EPERM"; do
    for call in "$CLOSE_RANGE" "$PIDFD_OPEN $PIDFD_SEND_SIGNAL" "$CLOSE_RANGE $PIDFD_OPEN $PIDFD_SEND_SIGNAL"; do
      # shellcheck disable=SC2086  # a list of words
      refuse() { "$HELPERS/refuse" "$error" $call -- "$@"; }
      is "$(refuse "$K3THREAD" run -q script)" 'a | run'
      rm -f pids
      is "$(refuse "$K3THREAD" start 77<script -- sh -c 'ls /proc/self/fd; "$0" "$1" fork setsid fork stubborn; exec sleep 1000' \
        "$HELPERS/creature" "$dir/pids")" 1
      wait_for_file pids
      is "$(k3 logs 1 | xargs)" '0 1 2 3' # the last is that of the directory
      k3 start --ready 5 -n r -- sh -c 'echo >&5; exec sleep 1000'
      k3 join --ready r
      guardian=$(guardian_pid)
      kill -KILL "$(supervisor_pid)"
      wait_until "$DEADLINE" refute_alive "$guardian"
      # shellcheck disable=SC2046  # a list of words
      refute_alive $(cat pids)
    done
  done
}

@test "without pidfds the supervisor still notices at once that a leftover has ended" {
  "$HELPERS/refuse" "$ENOSYS" "$PIDFD_OPEN" "$PIDFD_SEND_SIGNAL" -- "$K3THREAD" start -n a -g 1000 -- \
    sh -c '"$0" "$1" m 0.3 setsid & exec sleep 1000' "$HELPERS/saver" "$dir/log"
  wait_until "$DEADLINE" grep -qs 'm up' log
  k3 raise --wait=20 a
  grep -q 'm saved' log
}

@test "a supervisor that took a program's place passes no descriptor to an exec, even without close_range" {
  : >script
  in_background supervise "$HELPERS/refuse" "$EPERM" "$CLOSE_RANGE" -- sh -c 'exec 9<script "$K3THREAD" supervise'
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
  is "$(k3 start -w -- ls /proc/self/fd | xargs)" '0 1 2 3'
  k3 shutdown
  finish supervise
}

@test "without clone3, as on the kernels before it, threads are started by clone" {
  "$HELPERS/refuse" "$ENOSYS" "$CLONE3" "$CLOSE_RANGE" "$PIDFD_OPEN" "$PIDFD_SEND_SIGNAL" -- \
    "$K3THREAD" start -n a --ready line:up -- sh -c 'echo up; exec sleep 1000'
  k3 join --ready a
  run -7 k3 start --wait -- sh -c 'exit 7'
  k3 raise --wait a
  is "$(k3_field a exception)" SystemExit
}

@test "run keeps logs where faccessat2 is refused" {
  echo 'start -n a -- echo kept' >script
  for error in "$ENOSYS" "$EPERM"; do
    "$HELPERS/refuse" "$error" "$FACCESSAT2" -- "$K3THREAD" run -q --logs "logs$error" script
    is "$(cat "logs$error"/*)" kept
  done
}

@test "if inotify is refused, a log keeps to its limit, a line makes its thread ready, and a reader can follow" {
  for error in "$ENOSYS" "$EPERM"; do
    for call in "$INOTIFY_INIT1" "$INOTIFY_ADD_WATCH"; do
      refuse() { "$HELPERS/refuse" "$error" "$call" -- "$@"; }
      refuse "$K3THREAD" start -n a --log-limit 64K --ready line:^20000 -- sh -c 'seq 20000; exec sleep 1000'
      k3 join --ready -t "$LIMIT" a
      in_background follow refuse "$K3THREAD" logs -f -n 1 a
      wait_until "$DEADLINE" grep -qx 20000 follow.out
      wait_until "$DEADLINE" has_lost_its_beginning "$(k3_field a log)"
      k3 raise --wait a
      finish follow '*'
      grep -q 'logs --since will show too much, as the logs cannot be watched: ' k.log
      k3 shutdown --now
      rm k.log
    done
  done
}

has_lost_its_beginning() {
  [ "$(head -c 1 "$1" | tr '\0' x)" = x ]
}

@test "if inotify is refused, top shows new output after at most a second" {
  begin_terminals
  for call in "$INOTIFY_INIT1" "$INOTIFY_ADD_WATCH"; do
    k3 start -n web -i -- cat
    sit "$call"
    type_at "$call" "$(printf '%q ' "$HELPERS/refuse" "$EPERM" "$call" -- "$K3THREAD" top)" Enter
    see "$call" 'web'
    k3 send web 'in the list'
    see "$call" 'in the list'
    type_at "$call" l
    see "$call" 'following the end'
    k3 send web 'in the log'
    see "$call" 'in the log'
    k3 raise --wait web
    k3 clear
  done
}

@test "run --jobserver says that it needs inotify, and gives the reason why it has none" {
  echo 'start -- true' >script
  for error in "$ENOSYS" "$EPERM"; do
    run -125 --separate-stderr "$HELPERS/refuse" "$error" "$INOTIFY_INIT1" -- "$K3THREAD" run --jobserver script
    like "$stderr" '*cannot open a jobserver: @(Function not implemented|Operation not permitted)*'
  done
}

@test "a kernel before Linux 5.4 is named" {
  echo 'start -- true' >script
  for command in 'run script' 'start -- true' supervise; do
    # shellcheck disable=SC2086  # a list of words
    run --separate-stderr "$HELPERS/refuse" "$EINVAL" "$WAITID" -- "$K3THREAD" $command
    like "$status" '@(1|125)'
    like "$stderr" "k3thread: *k3thread needs Linux 5.4 or later, and this is Linux $(uname -r)*"
  done
}

@test "the error names a needed system call that the kernel refuses" {
  needs_no_sanitizer address 'it needs the call itself'
  needs_no_sanitizer thread 'it needs the call itself'
  # glibc of some processors starts threads by clone.
  run "$HELPERS/refuse" "$EPERM" "$CLONE3" -- "$HELPERS/../lib/start" returns-value
  [ "$status" != 0 ] || skip 'threads are started without clone3 here'
  echo 'start -- true' >script
  for command in 'run script' 'start -- true'; do
    # shellcheck disable=SC2086  # a list of words
    run --separate-stderr "$HELPERS/refuse" "$EPERM" "$CLONE3" -- "$K3THREAD" $command
    like "$status" '@(1|125)'
    like "$stderr" '*k3thread: *: cannot start a @(supervisor|thread): *; clone3(2) is refused here, by Linux *'
  done
}

@test "run says why its supervisor could not begin" {
  echo 'start -- true' >script
  run -125 --separate-stderr "$HELPERS/refuse" "$EPERM" "$EPOLL_CREATE1" -- "$K3THREAD" run script
  is "$stderr" 'k3thread: run: the supervisor ended as soon as it began: cannot serve: Operation not permitted'
  run -1 --separate-stderr "$HELPERS/refuse" "$EPERM" "$EPOLL_CREATE1" -- "$K3THREAD" start -- true
  like "$stderr" "k3thread: start: *the supervisor *: cannot serve: Operation not permitted; see $dir/k.log"
  grep -q 'cannot serve: Operation not permitted' k.log
  [ ! -e k.sock ]
}

@test "where a file system gives no blocks back the journal says so, and the log is whole" {
  for error in "$EOPNOTSUPP" "$ENOSYS" "$EPERM"; do
    "$HELPERS/refuse" "$error" "$FALLOCATE" -- "$K3THREAD" start -n l --log-limit 64K -- seq 100000
    k3 join l
    wait_until "$DEADLINE" grep -q "$(k3_field l log) grows beyond its limit: the file system gives no blocks back" k.log
    k3 logs l | cmp - <(seq 100000)
    k3 shutdown
    rm k.log
  done
}
