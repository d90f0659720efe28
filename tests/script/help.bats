#!/usr/bin/env bats
# The manual pages, which `help` shows with man.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2238

load ../cli/helpers

# Prints the topics of the overview that are no commands.
topics() {
  k3 help | sed -n '/^Manual pages/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# Makes a man that prints its arguments, and exits with STATUS.
fake_man() {
  mkdir -p fake
  printf '#!/bin/sh\necho "man $*"\nexit %d\n' "${1:-0}" >fake/man
  chmod +x fake/man
  PATH=$dir/fake:$PATH
}

# Installs the program and its pages as make install does.
install_program() {
  local page
  mkdir -p tree/bin
  cp "$K3THREAD" tree/bin/k3thread
  for page in "$ROOT"/man/*.[1-8]; do
    mkdir -p "tree/share/man/man${page##*.}"
    cp "$page" "tree/share/man/man${page##*.}"
  done
}

@test "help has a topic for each page except the pages of single functions" {
  fake_man
  install_program
  topics | while read -r topic; do
    tree/bin/k3thread help "$topic"
  done | sed 's/.*\///' | sort >shown
  (cd "$ROOT/man" && ls k3thread*.[124-8] libk3thread.3) | sort | diff - shown
}

@test "help shows the page that belongs to the program" {
  fake_man
  install_program
  is "$(tree/bin/k3thread help script)" "man $dir/tree/bin/../share/man/man5/k3thread-script.5"
  mkdir -p source/build source/man
  cp "$K3THREAD" source/build/k3thread
  cp "$ROOT/man/k3thread-protocol.7" source/man
  is "$(source/build/k3thread help protocol)" "man $dir/source/build/../man/k3thread-protocol.7"
}

@test "man looks for a page that is not beside the program" {
  fake_man
  mkdir bin
  cp "$K3THREAD" bin/k3thread
  is "$(bin/k3thread help manual)" 'man 1 k3thread'
  is "$(bin/k3thread help library)" 'man 3 libk3thread'
}

@test "help prints plain text into a pipe" {
  [ "$(man -w man 2>/dev/null)" ] || skip "no man here"
  install_program
  tree/bin/k3thread help script >page
  grep -q '^ *Procfiles$' page
  run -1 grep -q $'[\b\033]' page
}

@test "help uses the pager at a terminal" {
  [ "$(man -w man 2>/dev/null)" ] || skip "no man here"
  install_program
  printf '#!/bin/sh\necho PAGED\ncat\n' >pager
  chmod +x pager
  MANPAGER=$dir/pager TERM=dumb command script -qec 'tree/bin/k3thread help concepts' /dev/null </dev/null >out
  grep -q PAGED out
  grep -q 'a life of its own' out
}

@test "Ctrl-C goes to the pager of help" {
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

@test "help fails if man fails or does not exist" {
  fake_man 16
  run -1 k3 help script
  [[ $output == "man "* ]]
  run -1 env PATH="$dir" "$K3THREAD" help script
  is "$output" 'k3thread: help: cannot run man for k3thread-script(5): No such file or directory'
}

@test "help refuses an unknown topic" {
  run -64 k3 help skript
  like "$output" "k3thread: no command 'skript'*"
  run -64 k3 help ''
}

@test "the shell goes on after help" {
  fake_man
  printf 'help script\nexceptions\n' | k3 shell >out
  like "$(head -n 1 out)" 'man *k3thread-script*'
  grep -qx BaseException out
}
