#!/usr/bin/env bats
# The manual pages, which `help` has man show.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2238

load ../cli/helpers

# The topics of the overview that are no commands.
topics() {
  k3 help | sed -n '/^Manual pages/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# A man that says what it was asked for, and exits with STATUS.
fake_man() {
  mkdir -p fake
  printf '#!/bin/sh\necho "man $*"\nexit %d\n' "${1:-0}" >fake/man
  chmod +x fake/man
  PATH=$dir/fake:$PATH
}

# The program and its pages, as make install has them.
install_program() {
  local page
  mkdir -p tree/bin
  cp "$K3THREAD" tree/bin/k3thread
  for page in "$ROOT"/man/*.[1-8]; do
    mkdir -p "tree/share/man/man${page##*.}"
    cp "$page" "tree/share/man/man${page##*.}"
  done
}

@test "there is a topic for each page but those of single functions" {
  fake_man
  install_program
  topics | while read -r topic; do
    tree/bin/k3thread help "$topic"
  done | sed 's/.*\///' | sort >shown
  (cd "$ROOT/man" && ls k3thread*.[124-8] libk3thread.3) | sort | diff - shown
}

@test "the page shown is the one that belongs to the program" {
  fake_man
  install_program
  is "$(tree/bin/k3thread help script)" "man $dir/tree/bin/../share/man/man5/k3thread-script.5"
  mkdir -p source/build source/man
  cp "$K3THREAD" source/build/k3thread
  cp "$ROOT/man/k3thread-protocol.7" source/man
  is "$(source/build/k3thread help protocol)" "man $dir/source/build/../man/k3thread-protocol.7"
}

@test "without one beside the program, man finds it" {
  fake_man
  mkdir bin
  cp "$K3THREAD" bin/k3thread
  is "$(bin/k3thread help manual)" 'man 1 k3thread'
  is "$(bin/k3thread help library)" 'man 3 libk3thread'
}

@test "in a pipe the page is plain text" {
  [ "$(man -w man 2>/dev/null)" ] || skip "no man here"
  install_program
  tree/bin/k3thread help script >page
  grep -q '^ *Procfiles$' page
  run -1 grep -q $'[\b\033]' page
}

@test "on a terminal it is paged" {
  [ "$(man -w man 2>/dev/null)" ] || skip "no man here"
  install_program
  printf '#!/bin/sh\necho PAGED\ncat\n' >pager
  chmod +x pager
  MANPAGER=$dir/pager TERM=dumb command script -qec 'tree/bin/k3thread help concepts' /dev/null </dev/null >out
  grep -q PAGED out
  grep -q 'a life of its own' out
}

@test "Ctrl-C is the pager's key" {
  fake_man
  printf '#!/bin/sh\ntrap "echo caught" INT\necho up\nuntil read -r line; do :; done\necho "left $line"\n' >fake/man
  cat >talk <<'END'
set timeout 30
spawn -noecho $env(K3THREAD) help manual
expect_after timeout { exit 99 }
expect "up"
send "\003"
expect "caught"
send "q\r"
expect "left"
expect eof
exit [lindex [wait] 3]
END
  run -0 expect talk
}

@test "a man that fails or is not there is a failure" {
  fake_man 16
  run -1 k3 help script
  [[ $output == "man "* ]]
  run -1 env PATH="$dir" "$K3THREAD" help script
  is "$output" 'k3thread: help: cannot run man for k3thread-script(5): No such file or directory'
}

@test "an unknown topic is refused" {
  run -64 k3 help skript
  like "$output" "k3thread: no command 'skript'*"
  run -64 k3 help ''
}

@test "the shell goes on behind it" {
  fake_man
  printf 'help script\nexceptions\n' | k3 shell >out
  like "$(head -n 1 out)" 'man *k3thread-script*'
  grep -qx BaseException out
}
