# Services for a bats suite, as threads of k3thread, and a check for leaks: see k3thread(7), IN BATS.
#
#     setup_file() {
#         load /usr/local/share/k3thread/k3thread.bash
#         k3thread_setup
#         k3thread_service redis --ready tcp:127.0.0.1:6379 -- redis-server --port 6379
#     }
#     teardown_file() { k3thread_teardown; }
#     @test "the client leaves no process behind" {
#         k3thread_test ./client
#     }
#
# It works in setup and teardown too, for services of a single test.

# Makes a directory for a supervisor of the suite's (or test's) own.
k3thread_setup() {
    K3THREAD_DIRECTORY=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/k3thread.XXXXXX") || return
    export K3THREAD_DIRECTORY K3THREAD_SOCKET=$K3THREAD_DIRECTORY/k.sock
}

# k3thread_service NAME [OPTION…] -- COMMAND…: starts a daemon thread and waits until it is ready, or
# runs if there is no --ready. It has 30 seconds, or K3THREAD_READY_TIMEOUT.
k3thread_service() {
    local name=${1-}
    if [ $# -lt 2 ]; then
        echo 'k3thread_service: usage: k3thread_service NAME [OPTION...] -- COMMAND...' >&2
        return 64
    fi
    if [ -z "${K3THREAD_SOCKET:-}" ]; then # the service would outlive the tests
        echo 'k3thread_service: call k3thread_setup first' >&2
        return 64
    fi
    shift
    "${K3THREAD:-k3thread}" daemon --name "$name" "$@" 3>&- >/dev/null || return
    "${K3THREAD:-k3thread}" join --ready --timeout "${K3THREAD_READY_TIMEOUT:-30}" "$name" >/dev/null
}

# Ends all services, and prints their output: bats shows it if a test failed.
k3thread_teardown() {
    local status=0
    [ -n "${K3THREAD_DIRECTORY:-}" ] || return 0
    if [ -S "$K3THREAD_SOCKET" ]; then
        "${K3THREAD:-k3thread}" logs -n 20 '*' || :
        "${K3THREAD:-k3thread}" shutdown --now || status=$?
    fi
    rm -rf "$K3THREAD_DIRECTORY"
    unset K3THREAD_DIRECTORY K3THREAD_SOCKET
    return "$status"
}

# k3thread_test COMMAND…: runs the command, and fails if it leaves a process behind, which the message names.
# Otherwise it ends as the command does. All output goes to standard output, and the input is empty. It needs
# no k3thread_setup; after k3thread_setup the command finds the suite's supervisor.
k3thread_test() {
    local name=${1-}
    if [ $# = 0 ]; then
        echo 'k3thread_test: no command' >&2
        return 64
    fi
    if declare -F -- "$1" >/dev/null; then
        echo "k3thread_test: '$1' is a function; k3thread_test runs programs, such as bash -c '...'" >&2
        return 64
    fi
    name=${name##*/}
    [[ $name =~ ^[A-Za-z_][A-Za-z0-9._-]{0,63}$ ]] || name='command'
    # A command of a run gets the socket of the run, which holds this command alone.
    [ -z "${K3THREAD_DIRECTORY:-}" ] ||
        set -- env -u K3THREAD_ID -u K3THREAD_NAME "K3THREAD_SOCKET=$K3THREAD_SOCKET" "$@"
    "${K3THREAD:-k3thread}" run --quiet --no-prefix --leaks=fail - "$@" 3>&- <<<"start --name $name -- \"\$@\""
}
