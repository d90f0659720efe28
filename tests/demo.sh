#!/bin/sh
# make demo: shows the main job on real commands, with a supervisor of its own that is gone at the end.
set -eu

program=${K3THREAD:?make demo sets it}
dir=$(mktemp -d)
socket=$dir/demo.sock
# No process stays behind, whatever happens.
trap '"$program" -S "$socket" shutdown --now >/dev/null 2>&1 || :; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

say() { printf '\n# %s\n' "$*"; }

# Shows a command as a person would type it, and runs it; the commands of the demo talk to its own
# supervisor.
k3thread() {
    printf '$ k3thread'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./=+-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$program" -S "$socket" "$@"
}

# As k3thread(), but prints the exit status of the command.
k3thread_status() {
    status=0
    k3thread "$@" || status=$?
    printf '$ echo $?\n%s\n' "$status"
}

# Waits until a command succeeds, five seconds at most.
wait_until() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || return 1
        sleep 0.05
    done
}

is_running() { "$program" -S "$socket" list --json "$1" | grep -q '"state": *"running"'; }

# Succeeds if no process of the demo is left. Such a process has the socket's path in its environment or
# among its arguments; the pattern comes from a file, so that the search does not find itself.
nothing_left() {
    printf '%s' "$socket" >"$dir/pattern"
    [ ! -e "$socket" ] && ! grep -lF -f "$dir/pattern" /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null
}

say 'Start three threads. Nothing runs yet: the first start brings a supervisor up by itself.'
k3thread start --name web --after 0.2 -- sh -c 'echo serving; sleep 1000 & wait'
k3thread daemon --name db -- sh -c 'echo ready; exec sleep 1000'
k3thread start --name job -- sh -c 'echo working; exit 7'
wait_until is_running web
k3thread list

say 'Join waits for the end of a thread and exits as its command did.'
k3thread_status join job

say 'Raise an exception in a thread: its command ends, and all that its command started.'
k3thread raise --wait web SystemExit
k3thread_status join web
k3thread list

say 'An error says what it is.'
k3thread_status raise web

say 'What a command printed is kept.'
k3thread logs job

say 'Shutdown ends the daemon threads and the supervisor.'
k3thread shutdown

say 'Nothing is left behind.'
wait_until nothing_left >/dev/null || { nothing_left >&2; exit 1; }
echo 'No process, no socket.'
