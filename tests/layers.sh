#!/bin/sh
# Who may include whom. A file may include the system's headers, and of the project's own only what
# the first line that fits the file allows.
set -eu
cd "$(dirname "$0")/.."

cli='cli/(place|exceptions|rpc/[a-z0-9_]+)\.h'
front='cli/([a-z0-9_]+|rpc/[a-z0-9_]+|commands/[a-z0-9_]+|script/[a-z0-9_]+)\.h'
supervisor='cli/supervisor/[a-z0-9_]+\.h'

# The headers that FILE may include.
allowed() {
    case $1 in
    # The library knows nothing above it.
    lib/*)                          echo '(lib/)?[a-z0-9_]+\.h' ;;
    # The wire knows bytes and JSON.
    cli/rpc/*)                      echo 'cli/rpc/[a-z0-9_]+\.h' ;;
    cli/place.* | cli/exceptions.*) echo "k3thread\.h|$cli" ;;
    # The supervisor knows the library's public face and the wire, but no command.
    cli/supervisor/*)               echo "k3thread\.h|$cli|$supervisor" ;;
    # The two commands that are a supervisor; every other one is a client.
    cli/commands/supervise.c | cli/commands/run.c) echo "k3thread\.h|$front|$supervisor" ;;
    cli/client.*)                   echo "cli/client\.h|$cli" ;;
    cli/*)                          echo "$front" ;;
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
