# Terminals, which are panes of tmux: a user sits down at one, types, and looks at its screen.
# shellcheck shell=bash disable=SC2154  # dir and commands are those of helpers.bash

# begin_terminals: for setup(), behind begin_test.
begin_terminals() {
  # What the programs show does not depend on the tester's settings.
  unset TMUX LESS TOPRC VIMINIT EXINIT PYTHONSTARTUP NO_COLOR
  export HOME=$dir LC_ALL=C.UTF-8 PS1='$ ' TERM=screen PYTHON_BASIC_REPL=1
  alias_of_k3=$(printf 'k3() { %q "$@"; }' "$K3THREAD")
  printf '%s\n' "$alias_of_k3" "PS1='$ '" >bashrc
}

# end_terminals: for teardown(), and all of it.
end_terminals() {
  end_test_after end_tmux
}

end_tmux() {
  tmux -S "$dir/tmux" kill-server 2>/dev/null || :
  wait_until "$DEADLINE" no_tmux
}

no_tmux() {
  ! tmux -S "$dir/tmux" list-sessions 2>/dev/null
}

t() {
  tmux -S "$dir/tmux" -f /dev/null "$@"
}

# sit NAME [ROWS COLUMNS]: a user sits down at a terminal with a shell.
sit() {
  t new-session -d -s "$1" -y "${2:-24}" -x "${3:-80}" "bash --rcfile $dir/bashrc -i" \; set -g status off 3>&-
  wait_until "$DEADLINE" shows "$1" '$'
}

# type NAME KEY…: the user presses keys.
type_at() {
  local name=$1
  shift
  t send-keys -t "$name" "$@"
}

# screen NAME: prints what the terminal shows, without empty lines at the end.
screen() {
  t capture-pane -p -t "$1"
}

shows() {
  [[ $(screen "$1") == *"$2"* ]]
}

# see NAME TEXT: waits until the terminal shows TEXT.
see() {
  wait_until "$DEADLINE" shows "$1" "$2" || { screen "$1" && return 1; }
}

# same NAME FILE: succeeds if the terminal shows what FILE holds.
same() {
  [ "$(screen "$1")" = "$(cat "$2")" ]
}
