#!/usr/bin/env bats
# A disk runs out of space or inodes. (Descriptors and processes: tests/cli/faults.bats.)

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load ../cli/helpers

setup() {
  begin_test
  needs_root
  mkdir small
  mount -t tmpfs -o size=128k,nr_inodes=32,mode=700 tmpfs small || skip "cannot mount"
  export K3THREAD_SOCKET=$dir/small/k.sock
}

teardown() {
  local status=0
  [ ! -S "$K3THREAD_SOCKET" ] || "$K3THREAD" shutdown --now || status=1
  ! mountpoint -q "$dir/small" || umount "$dir/small" || status=1
  refute_leaks || status=1
  cat "$commands"
  cd / && rm -rf "$dir"
  return "$status"
}

use_up_inodes() {
  local i
  for i in {1..40}; do
    : >"small/filler.$i" || return 0
  done 2>/dev/null
}

use_up_blocks() {
  head -c 1M /dev/zero >small/filler 2>/dev/null || :
}

@test "on a disk without inodes a start fails with an error, threads run on, and later starts work again" {
  k3 start -n a -- sleep 1000
  use_up_inodes
  run -1 --separate-stderr k3 start -n b -- true
  like "$stderr" 'k3thread: start: OSError: cannot open the log *: No space left on device'
  run -125 k3 join b
  is "$(k3_field a state)" running
  rm small/filler.*
  k3 start -n c -- sh -c 'echo hello'
  k3 join c
  is "$(k3 logs c)" hello
}

@test "on a full disk statuses are right and earlier output is kept, and later starts work again" {
  k3 start -n a -- sh -c 'echo before; echo >'"$dir"'/ready; while [ ! -e '"$dir"'/go ]; do sleep 0.02; done; exit 6'
  wait_for_file ready
  use_up_blocks
  k3 start -n b -- sh -c 'echo lost 2>/dev/null; exit 7'
  run -7 k3 join b
  : >go
  run -6 k3 join a
  is "$(k3 logs a)" before
  rm small/filler
  k3 start -n c -- sh -c 'echo hello'
  k3 join c
  is "$(k3 logs c)" hello
}

@test "a start on a disk without inodes reports that no supervisor can come up" {
  use_up_inodes
  run -1 --separate-stderr k3 start -- true
  like "$stderr" 'k3thread: start: *No space left on device*'
  rm small/filler.*
  k3 join "$(k3 start -- true)"
}
