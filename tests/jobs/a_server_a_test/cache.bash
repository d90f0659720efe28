# shellcheck shell=bash
# Each test of the suites here has a cache of its own, at the port PORT.

load "$HELPER"

setup() {
    k3thread_setup
    PORT=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
    k3thread_service cache --ready "tcp:127.0.0.1:$PORT" -- redis-server --port "$PORT" --save ''
}

teardown() {
    k3thread_teardown
}
