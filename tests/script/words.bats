#!/usr/bin/env bats
# How a line of a script becomes words.

# shellcheck disable=SC2016,SC2028,SC2030,SC2031,SC2154,SC2238

load ../cli/helpers

# words LINE [ARGUMENT…]: prints the words that LINE gives a command, in a script with these arguments.
words() {
  local line=$1
  shift
  printf 'start -- printf "[%%s]" %s\n' "$line" >script
  k3 run --no-prefix script "$@" 2>messages
}

# Prints the same by the system's shell, with a blank for what expands to more than one word.
shell_words() {
  local line=$1
  shift
  sh -fc "IFS=; printf '[%s]' $line" script "$@"
}

# as_shell LINE [ARGUMENT…]: checks that the line is split as the shell splits it.
as_shell() {
  is "$(words "$@")" "$(shell_words "$@")"
}

# refused LINE MESSAGE: checks that the line is an error with its number and this message, and status 64.
refused() {
  printf '# a comment\nstart -- printf %s\n' "$1" >script
  run -64 k3 run script
  like "$output" "script:$((2 + ${3-0})): k3thread: $2"
}

@test "quotes and backslashes mean the same as in the shell" {
  as_shell "a  b	c"
  as_shell "'a b' \"c d\" e\\ f"
  as_shell "'a'\"b\"c"
  as_shell "'' \"\" x"
  as_shell "'\\' \"\\\\ \\\" \\\$x \\a\" \\'"
  as_shell "a#b '#' \\#"
  as_shell "'é ü'"
}

@test "a comment begins with a # at the start of a word" {
  is "$(words 'a # b "')" '[a]'
  is "$(words 'a#b')" '[a#b]'
}

@test "the arguments of a script are expanded" {
  as_shell '"$1" "$2" x"$1"y' 'a b' c
  as_shell '$# ${1} "${2}"' 'a b' c
  as_shell '"$9" ${10} $10' 1 2 3 4 5 6 7 8 9 ten
  as_shell '"$@"' 'a b' '' c
  as_shell 'x"$@"y' 'a b' c
  as_shell '$1 $2 "$3" x' '' 'b  c'
  as_shell 'x$*y' 'a b' c
  is "$(words '"$*"' 'a b' c)" '[a b c]'
  is "$(words '$0')" '[script]'
}

@test "\$@ without arguments gives no word" {
  is "$(words 'a "$@" b')" '[a][b]'
  is "$(words 'a $@ b')" '[a][b]'
  is "$(words 'a """$@" b')" '[a][][b]'
}

@test "README's recipe for a queue of jobs takes files of any name" {
  mkdir bin
  printf '#!/bin/sh\nprintf "[%%s]\\n" "$@"\n' >bin/flac
  chmod +x bin/flac
  ln -s "$K3THREAD" bin/k3thread
  touch "it's.wav" 'a b.wav' '"$x`.wav' 'a\b&.wav'
  sed -n 's/^\$ \(printf.*k3thread run --slots 4 .*--each flac .*\)$/\1/p' "$ROOT/README.md" >recipe
  [ -s recipe ]
  PATH=$dir/bin:$PATH bash recipe 2>messages | grep -o '\[[^-].*' | LC_ALL=C sort >taken
  printf '[%s]\n' *.wav | LC_ALL=C sort | diff - taken
}

@test "variables are expanded, and never split or matched against files" {
  export NAME='a  b' EMPTY='' STAR='*'
  is "$(words '$NAME "$NAME" x${NAME}y')" '[a  b][a  b][xa  by]'
  is "$(words '$STAR * "$STAR"')" '[*][*][*]'
  as_shell '$EMPTY "$EMPTY" ${NOTHING} "${NOTHING}" x'
}

@test "a default replaces a variable that is unset or empty" {
  export NAME=value EMPTY=
  as_shell '${NAME:-x} ${EMPTY:-x} ${NOTHING:-x} ${1:-y}'
  as_shell '"${NOTHING:-a b}" "${NOTHING:-$NAME}" ${NOTHING:-${EMPTY:-deep}}'
  as_shell '"${NOTHING:-it'"'"'s}" ${NOTHING:-"}"}'
  is "$(words '${NOTHING:-a b}')" '[a b]'
  # The default may be all arguments, which have no effect where the default is not used.
  as_shell 'x "${NOTHING:-$@}" y' 'a b' c
  as_shell 'x "${NAME:-$@}" y' 'a b' c
  as_shell 'x "${NAME:-$*}" y' 'a b' c
  as_shell 'x ${NAME:-"$@"} y' 'a b' c
  as_shell 'x "${NAME:-$@}" y'
  as_shell '${@:-none}' 'a b' c
  as_shell '${@:-none} "${*:-none}" ${#:-none}'
  as_shell '"${NOTHING:-"a b"c}"'
  as_shell $'${NOTHING:-a\\\nb} "${NOTHING:-c\\\nd}"'
}

@test "a dollar sign before anything that is no name is a dollar sign" {
  as_shell '$ a$ "$" $. "a$"'
}

@test "~ is the home directory" {
  HOME=/home/x is "$(HOME=/home/x words '~ ~/a a~ "~" ~b')" '[/home/x][/home/x/a][a~][~][~b]'
}

@test "a line continues after a backslash, and inside quotes" {
  is "$(words $'a \\\n  b\\\nc')" '[a][bc]'
  is "$(words $'"a\\\nb" \'c\nd\'')" $'[ab][c\nd]'
}

@test "lines may end with a carriage return, and the last line may have no newline" {
  printf 'start --name a -- printf [%%s] x\r\njoin a\r\nlist -q' >script
  is "$(k3 run --no-prefix script 2>/dev/null)" $'[x]\n1'
  # shellcheck disable=SC1003  # the backslash is meant
  printf 'start -- printf [%%s] x\\' >script
  is "$(k3 run --no-prefix script 2>/dev/null | od -An -c | tr -d ' ')" '[x\]\n'
}

@test "a line that cannot be split into words is an error that says why" {
  refused "'a" "unterminated ' quote"
  refused '"a' 'unterminated " quote'
  refused '${A:-x' 'unterminated ${'
  refused '${A' 'bad substitution: ${A'
  refused '${A:-"}' 'unterminated " quote'
  refused '${A b}' 'bad substitution: ${A b}'
  refused '${}' 'bad substitution: ${}'
  refused '${#A}' 'bad substitution: ${#A}'
  refused '$?' 'bad substitution: \$\?'
  refused "\$'a'" 'bad substitution: *'
  refused '$(ls)' 'no command substitution here*'
  refused '`ls`' 'no command substitution here*'
  refused '"`ls`"' 'no command substitution here*'
  refused "$(printf '${A:-%.0s' {1..1000})" 'substitutions are nested too deeply'
  refused 'a | b' "unexpected '|'; quote it, or use sh -c *"
  refused 'a &' "unexpected '&'*"
  refused 'a > b' "unexpected '>'*"
  refused $'a \\\n b \\\n c;' "unexpected ';'*" 2
  refused $'a \'b\n c\' "d' 'unterminated " quote' 1
}

@test "an error names the line in which the quote was opened" {
  printf 'list\n\nlist "a\nb\nc' >script
  run -64 k3 run script
  like "${lines[-1]}" 'script:3: k3thread: unterminated " quote'
}

@test "a quote that is never closed is an error, even if the input never ends" {
  run -64 --separate-stderr k3 run - < <(echo "list 'a" && exec yes)
  is "${stderr_lines[-1]}" "stdin:1: k3thread: unterminated ' quote"
}

@test "bytes that are no text arrive unchanged" {
  printf 'start -- printf %%s "\377\001"\n' >script
  is "$(k3 run --no-prefix script 2>/dev/null | od -An -tx1)" ' ff 01 0a'
}

@test "a NUL byte in a script is refused" {
  printf 'list \0\n' >script
  run -64 k3 run script
  is "$output" 'script:1: k3thread: the line holds a NUL byte'
}

@test "a line that expands to more than an exec accepts is refused" {
  long=$(head -c 100000 /dev/zero | tr '\0' x)
  { printf 'start -- true' && for _ in {1..100}; do printf ' "$1"'; done; } >script
  run -64 k3 run script "$long"
  is "$output" 'script:1: k3thread: the line is too long with all that it expands to'
}
