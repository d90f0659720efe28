# shellcheck shell=bash
# What the jobs share. A job is a script that does what people do with k3thread, on real programs. Its directory
# is empty.

# shellcheck disable=SC2154

load ../cli/helpers

# Where Debian keeps programs that are no commands of every user.
PATH=$PATH:/usr/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)

setup() {
  begin_test
  export XDG_RUNTIME_DIR=$dir TMPDIR=$dir
  mkdir bin
  cp "$K3THREAD" bin/k3thread # an ordinary user may have no access to the directory of the sources
  PATH=$dir/bin:$PATH
  K3THREAD=$dir/bin/k3thread
}

# needs PROGRAM…: skips the job if a program is missing.
needs() {
  local program
  for program; do
    command -v "$program" >/dev/null || skip "there is no $program here (tests/deps.sh jobs installs it)"
  done
}

# as_user COMMAND…: runs the command as an ordinary user, to whom it gives the job's directory: PostgreSQL does
# not run as root.
as_user() {
  if [ "$(id -u)" = 0 ]; then
    chown -R 65534:65534 "$dir"
    set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
  fi
  log "$@"
  HOME=$dir timeout --foreground -s KILL "$DEADLINE" "$@"
}

# file NAME [MODE]: writes a file of the job from standard input.
file() {
  cat >"$1"
  chmod "${2:-644}" "$1"
}

# of_readme HEADING LANGUAGE: prints the first block in LANGUAGE below HEADING, of any level, in README.md.
of_readme() {
  awk -v heading="$1" -v fence="\`\`\`$2" '
    /^##+ / { title = $0; sub(/^#+ /, "", title); inside = title == heading }
    /^```$/ && shown { exit }
    shown { print }
    inside && $0 == fence { shown = 1 }' "$ROOT/README.md"
}

# file_of_readme HEADING NAME: prints the file that README.md shows below HEADING by `cat NAME`.
file_of_readme() {
  of_readme "$1" console | awk -v cat="$ cat $2" '/^\$ / { shown = $0 == cat; next } shown { print }'
}

# command_of_readme HEADING NUMBER: prints a command that README.md shows below HEADING; a `cat` does not count.
command_of_readme() {
  of_readme "$1" console | sed -n '/^\$ cat/d; s/^\$ //p' | sed -n "$2p"
}
