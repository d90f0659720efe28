# Services for a bats suite, as threads of k3thread: see k3thread(7), IN BATS.
#
#     setup_file() {
#         load /usr/local/share/k3thread/k3thread.bash
#         k3thread_setup
#         k3thread_service redis --ready tcp:127.0.0.1:6379 -- redis-server --port 6379
#     }
#     teardown_file() { k3thread_teardown; }
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
    local name=$1
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
