#!/usr/bin/env bats
# Where a supervisor lives: its socket and its state.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154,SC2030,SC2031

load helpers

@test "the socket is default.sock in the user's own directory, and the logs are in the user's state directory" {
  unset K3THREAD_SOCKET
  k3 start -- sh -c 'echo "$K3THREAD_SOCKET"'
  k3 join 1
  own=$dir/k3thread-$(id -u)
  [ -S "$own/default.sock" ]
  is "$(stat -c %a "$own")" 700
  state=$dir/state/k3thread/servers/$(uname -n)/default
  is "$(k3_field 1 log)" "$(echo "$state"/logs/*/1.log)"
  grep -q "serving $own/default.sock" "$state/journal.log"
  is "$(find state -perm /077)" ''
  is "$(find "$own" -type f)" "$own/default.lock"
  # A command asks the same supervisor through the socket that it was given, and knows the same places.
  is "$(k3 logs 1)" "$own/default.sock"
  k3 -S "$own/default.sock" shutdown
  K3THREAD_SOCKET=$own/default.sock k3 start -- true
  is "$(k3_field 1 log)" "$(printf '%s\n' "$state"/logs/*/1.log | tail -n 1)"
  K3THREAD_SOCKET='' k3 shutdown
}

@test "without XDG_STATE_HOME the logs are below ~/.local/state, and without a home they are beside the socket" {
  unset K3THREAD_SOCKET XDG_STATE_HOME
  mkdir home
  HOME=$dir/home k3 start -- true
  like "$(k3_field 1 log)" "$dir/home/.local/state/k3thread/servers/$(uname -n)/default/logs/*/1.log"
  k3 shutdown
  for home in '' relative "$dir/no/../../proc/home" "$dir/file"; do
    : >file
    HOME=$home k3 start -- true
    like "$(k3_field 1 log)" "$dir/k3thread-$(id -u)/default.logs/*/1.log"
    k3 shutdown
  done
  grep -q serving "$dir/k3thread-$(id -u)/default.log"
}

@test "a home that belongs to another user gets no files" {
  needs_root
  unset K3THREAD_SOCKET XDG_STATE_HOME
  mkdir home
  chown 65534 home
  HOME=$dir/home k3 start -- true
  like "$(k3_field 1 log)" "$dir/k3thread-0/default.logs/*/1.log"
  is "$(ls -A home)" ''
  k3 shutdown
}

@test "a state directory that others can write to, or that is a link, is not used" {
  unset K3THREAD_SOCKET
  state=$dir/state/k3thread/servers/$(uname -n)
  mkdir -p "$state/default" elsewhere
  chmod 777 "$state/default"
  k3 start -- true
  like "$(k3_field 1 log)" "$dir/k3thread-$(id -u)/default.logs/*/1.log"
  k3 shutdown
  rmdir "$state/default"
  ln -s "$dir/elsewhere" "$state/default"
  k3 start -- true
  like "$(k3_field 1 log)" "$dir/k3thread-$(id -u)/default.logs/*/1.log"
  k3 shutdown
  is "$(ls -A elsewhere)" ''
}

@test "without K3THREAD_TMPDIR the socket's directory is in /tmp, with the user's number in its name" {
  unset K3THREAD_SOCKET
  for tmp in '' relative; do
    K3THREAD_TMPDIR=$tmp run -69 --separate-stderr k3 -L "k3t-none-$$" list
    like "$stderr" "*/tmp/k3thread-$(id -u)/k3t-none-$$.sock*"
  done
}

@test "the supervisor is usable whatever the umask of the first start was" {
  unset K3THREAD_SOCKET
  for_all_users
  for mask in 177 277 777 0; do
    rm -rf state "k3thread-$(id -u)"
    needed=$(umask)
    umask "$mask"
    as_owner "$K3THREAD" start -n a -- sleep 1000
    umask "$needed"
    as_owner "$K3THREAD" start -n b -- true
    as_owner "$K3THREAD" join b
    is "$(find state k3thread-* -perm /077)" ''
    as_owner "$K3THREAD" shutdown --now
    echo 'start -n c -- echo ran' >script
    (umask "$mask" && as_owner "$K3THREAD" run -q script) >out
    is "$(cat out)" 'c | ran'
  done
}

# Runs a command as a user whom file modes stop, and who owns the test's directory.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    chown -R 61236 "$dir"
    setpriv --reuid=61236 --regid=61236 --clear-groups "$@"
  else
    "$@"
  fi
}

@test "-L names another supervisor, -S names another socket, and both override K3THREAD_SOCKET" {
  k3 start -n here -- sleep 1000
  k3 -L web start -n web -- sleep 1000
  k3 -S "$dir/other.sock" start -n other -- sleep 1000
  [ -S "k3thread-$(id -u)/web.sock" ]
  [ -S other.sock ]
  k3 list here
  k3 -L web list web
  k3 -S other.sock list other
  run -3 k3 list web
  k3 -L web shutdown --now
  k3 -S other.sock shutdown --now
  is "$(k3_field here state)" running
}

@test "a place that is impossible is a ValueError" {
  run -64 --separate-stderr k3 -L a/b list
  like "$stderr" 'k3thread: list: ValueError: *'
  run -64 k3 -L '' list
  run -64 k3 -L a -S b list
  run -64 --separate-stderr k3 -S "/tmp/$(printf 'x%.0s' {1..110})" list
  like "$stderr" '*longer than 107 bytes*'
}

@test "version names the supervisor, or the place where its socket would be" {
  is "$(k3 version)" $'k3thread 0.1.0\nno supervisor at '"$K3THREAD_SOCKET"
  k3 start -- sleep 1000
  like "$(k3 version)" $'k3thread 0.1.0\nsupervisor 0.1.0 (protocol 1, pid *) at '"$K3THREAD_SOCKET"
}

@test "an own directory that others can use is refused" {
  unset K3THREAD_SOCKET
  own=$dir/k3thread-$(id -u)
  mkdir -m 755 "$own"
  run -1 --separate-stderr k3 start -- true
  like "$stderr" "k3thread: start: *$own is open to others*"
}

@test "a link in the place of the own directory is refused" {
  unset K3THREAD_SOCKET
  own=$dir/k3thread-$(id -u)
  mkdir -m 700 elsewhere
  ln -s elsewhere "$own"
  run -1 --separate-stderr k3 start -- true
  like "$stderr" "k3thread: start: *$own*link*"
  is "$(ls elsewhere)" ''
}

@test "an own directory that belongs to another user is refused" {
  needs_root
  unset K3THREAD_SOCKET
  mkdir -m 700 k3thread-0
  chown 65534 k3thread-0
  run -1 --separate-stderr k3 start -- true
  like "$stderr" "k3thread: start: *$dir/k3thread-0 belongs to user 65534*"
}
