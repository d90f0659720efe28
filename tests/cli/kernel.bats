#!/usr/bin/env bats
# Old kernels, and containers whose filters refuse system calls: k3thread does without the call, or
# says which call is missing.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers

# From 424 on the numbers are the same on every processor.
CLONE3=435 CLOSE_RANGE=436 PIDFD_OPEN=434 PIDFD_SEND_SIGNAL=424
ENOSYS=38 EPERM=1 EOPNOTSUPP=95

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

@test "the error names a needed system call that the kernel refuses" {
  needs_no_sanitizer address 'it needs the call itself'
  needs_no_sanitizer thread 'it needs the call itself'
  echo 'start -- true' >script
  for command in 'run script' 'start -- true'; do
    # shellcheck disable=SC2086  # a list of words
    run --separate-stderr "$HELPERS/refuse" "$EPERM" "$CLONE3" -- "$K3THREAD" $command
    like "$status" '@(1|125)'
    like "$stderr" 'k3thread: *: cannot start a supervisor: *; clone3(2) is refused here, by Linux *'
  done
}

@test "run says why its supervisor could not begin" {
  case $(uname -m) in
    x86_64) epoll_create1=291 ;;
    aarch64) epoll_create1=20 ;;
    *) skip "the call's number is not known" ;;
  esac
  echo 'start -- true' >script
  run -125 --separate-stderr "$HELPERS/refuse" "$EPERM" "$epoll_create1" -- "$K3THREAD" run script
  is "$stderr" 'k3thread: run: the supervisor ended as soon as it began: cannot serve: Operation not permitted'
  run -1 --separate-stderr "$HELPERS/refuse" "$EPERM" "$epoll_create1" -- "$K3THREAD" start -- true
  like "$stderr" "k3thread: start: *the supervisor *: cannot serve: Operation not permitted; see $dir/k.log"
  grep -q 'cannot serve: Operation not permitted' k.log
  [ ! -e k.sock ]
}

@test "where a file system gives no blocks back the journal says so, and the log is whole" {
  case $(uname -m) in
    x86_64) fallocate=285 ;;
    aarch64) fallocate=47 ;;
    *) skip "the call's number is not known" ;;
  esac
  for error in "$EOPNOTSUPP" "$ENOSYS"; do
    "$HELPERS/refuse" "$error" "$fallocate" -- "$K3THREAD" start -n l --log-limit 64K -- seq 100000
    k3 join l
    wait_until "$DEADLINE" grep -q "$(k3_field l log) grows beyond its limit: the file system gives no blocks back" k.log
    k3 logs l | cmp - <(seq 100000)
    k3 shutdown
    rm k.log
  done
}
