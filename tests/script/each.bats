#!/usr/bin/env bats
# run --each: a command with each word of standard input.

# shellcheck disable=SC2016,SC2028,SC2030,SC2031,SC2154

load runs

# each WORD…: run -q --no-prefix --each, one at a time, so that the order of the output is known.
each() {
  k3 run -q --no-prefix --slots 1 --each "$@"
}

# The names in the file r.json, one a line.
names() {
  "$PYTHON" -I -S -c 'import json; print(*(t["name"] for t in json.load(open("r.json"))["threads"]), sep="\n")'
}

@test "each line is a word, last or in place of {}" {
  is "$(printf 'a b\n$c\n' | each printf '<%s>\n' x)" $'<x>\n<a b>\n<x>\n<$c>'
  is "$(printf '1\n2\n' | each echo a{}b{} {} c)" $'a1b1 1 c\na2b2 2 c'
  is "$(printf 'echo\n' | each '{}' x)" x
}

@test "words are passed on byte for byte, as xargs does" {
  printf '\357\273\277bom\n\377\376\n  \t x \n"q\\\n\r\n\nlast without newline' >words
  each "$PYTHON" -I -S -c 'import os, sys; os.write(1, os.fsencode(sys.argv[1]) + b"|\n")' <words >ours
  xargs -d '\n' -n 1 "$PYTHON" -I -S -c 'import os, sys; os.write(1, os.fsencode(sys.argv[1]) + b"|\n")' \
    <words >theirs
  cmp ours theirs
}

@test "with --null, NUL bytes end the words" {
  printf 'a\nb\0c' | k3 run -q --no-prefix --slots 1 -0 --each printf '<%s>' >out
  is "$(cat out)" '<a
b>
<c>'
}

@test "a word with a NUL byte is refused, and ends the run" {
  run -64 k3 run -q --each echo < <(printf 'a\nb\0c\n')
  like "$output" '*stdin:2: k3thread: the word holds a NUL byte; *--null*'
}

@test "each thread has the name of its word" {
  printf '%s\n' a b/c.wav 'x*?[]\:y' 17 '' a "$(printf 'x%.0s' {1..70})" $'\t' >words
  k3 run -q --json r.json --each true <words
  is "$(names)" "$(printf '%s\n' a b_c.wav x______y word-17 empty a-2 "$(printf 'x%.0s' {1..56})" _)"
  printf '%s\n' 'é'{1..40} | tr -d '\n' | k3 run -q --json r.json --each true
  like "$(names)" 'é*'
  printf '日%.0s' {1..30} | k3 run -q --json r.json --each true
  is "$(names)" "$(printf '日%.0s' {1..18})"
}

@test "the status is that of the first command that fails, and all words are run" {
  printf '0\n3\n0\n4\n' | { run -3 k3 run --slots 1 --json r.json --each sh -c 'exit $1' sh && echo "$output" >out; }
  like "$(head -1 out)" 'k3thread: run: 2 ok, 2 failed, *s'
  like "$(grep '^word-4' out)" 'word-4 *exit 4'
}

@test "a command that cannot be run ends the run" {
  run -127 k3 run -q --each /no/such < <(echo x)
  like "$output" '*stdin:1: k3thread: start: FileNotFoundError: *'
  run -126 k3 run -q --each / < <(echo x)
}

@test "as many commands run at a time as there are processors, or as --slots says" {
  seq 40 >words
  k3 run -q --each sh -c 'mkdir "up.$1"; set -- "$1" up.*; echo $(($# - 1)); rmdir "up.$1"' sh <words >counts
  is "$(wc -l <counts)" 40
  [ "$(sed 's/.*| //' counts | sort -n | tail -n 1)" -le "$(getconf _NPROCESSORS_ONLN)" ]
  k3 run -q --no-prefix --slots 1 --each sh -c 'mkdir "up.$1"; set -- "$1" up.*; echo $(($# - 1)); rmdir "up.$1"' sh <words >counts
  is "$(sort -u counts)" 1
}

@test "a word's command begins before the next word is there" {
  mkfifo words
  in_background run sh -c '"$K3THREAD" run -q --each touch <words'
  exec {words}>words
  echo first >&"$words"
  wait_until "$DEADLINE" test -e first
  echo second >&"$words"
  exec {words}>&-
  wait_until "$DEADLINE" test -e second
}

@test "no words are no threads, and wrong usage is told" {
  run -0 k3 run --each echo </dev/null
  is "$output" ''
  run -64 k3 run --each
  like "${lines[0]}" 'k3thread: run: no command behind --each'
  run -64 k3 run --each --procfile x echo
  run -64 k3 run -0 script
  like "${lines[0]}" 'k3thread: run: --null goes with --each'
  run -64 k3 run --each=x echo
}

@test "thousands of words, each once" {
  seq 3000 | k3 run -q --no-prefix --each echo | sort -n | cmp - <(seq 3000)
}

@test "while many threads wait, no more words are read" {
  cat >look <<'EOF'
#!/bin/sh
[ "$K3THREAD_ID" = 1 ] || exit 0
n=0 same=0
until [ "$n" -ge 1000 ] && [ "$same" = 10 ]; do
  m=$("$K3THREAD" list -q | wc -l)
  same=$(((same + 1) * (m == n))) n=$m
done
echo "$n"
EOF
  chmod +x look
  many=$(yes | k3 run -q --no-prefix --any --slots 1 --each ./look 2>messages)
  [ "$many" -lt 2000 ]
}

@test "--each gives many equal words of many digits names that are not too long" {
  printf -v digits '%060d' 7
  yes "$digits" | head -n 101 | k3 run -q --json r.json --each true
  is "$("$PYTHON" -c 'import json; print(len({t["name"] for t in json.load(open("r.json"))["threads"]}))')" 101
}
