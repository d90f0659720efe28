#!/bin/sh
# Who may include whom. A file may include the system's headers, and of the project's own only what
# the first line that fits the file allows.
set -eu
cd "$(dirname "$0")/.."

name='[a-z0-9_]+'
# What knows nothing of threads: words, bytes, numbers.
plain='cli/(text|status|duration|suggest|clock|times|directory|kernel|logfile)\.h'
wire="cli/(place|lock|bell|socket|reason|exceptions|result|rpc/$name)\.h|$plain"
supervisor="cli/supervisor/$name\.h"
front="cli/((commands/|script/|rpc/)?$name)\.h"

# The headers that FILE may include.
allowed() {
    case $1 in
    # The library knows nothing above it.
    lib/*)                  echo "$name\.h" ;;
    cli/text.* | cli/status.* | cli/duration.* | cli/suggest.* | cli/clock.* | cli/times.* | cli/directory.* | cli/kernel.* | cli/logfile.*) echo "$plain" ;;
    # The wire knows bytes and JSON.
    cli/rpc/*)              echo "cli/rpc/$name\.h|$plain" ;;
    cli/place.* | cli/lock.* | cli/bell.* | cli/socket.* | cli/reason.* | cli/exceptions.* | cli/result.*) echo "k3thread\.h|$wire" ;;
    # The supervisor knows the library's public face and the wire, but no command.
    cli/supervisor/*)       echo "k3thread\.h|$wire|$supervisor" ;;
    # Two commands are a supervisor; every other one is a client.
    cli/commands/supervise.c | cli/commands/run.c) echo "k3thread\.h|$front|$supervisor" ;;
    # What is done before the C library has begun knows nothing else.
    cli/quick/*)            echo "cli/quick/$name\.h|cli/(status|rpc/escape|rpc/limits)\.h" ;;
    cli/client.* | cli/launch.*) echo "cli/(client|launch|quick/quick)\.h|$wire" ;;
    cli/*)                  echo "$front" ;;
    esac
}

# Prints each include of FILE that is not allowed.
check() {
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\(.*\)".*/\1/p' "$1" |
        grep -Ev "^($(allowed "$1"))\$" | sed "s|.*|$1 must not include \"&\"|"
    # Angle brackets are for the system's headers, not a way around.
    grep -Hn '#[[:space:]]*include[[:space:]]*<\(k3thread\.h\|cli/\|lib/\)' "$1"
}

findings=$(find lib cli -name '*.[chS]' | sort | while read -r file; do check "$file" || true; done)
[ -z "$findings" ] || { echo "$findings" >&2; exit 1; }
