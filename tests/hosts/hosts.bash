# shellcheck shell=bash
# What the tests of other machines share.

# shellcheck disable=SC2154

load ../script/runs

# free_ports COUNT: prints so many free ports of the loopback address.
free_ports() {
  "$PYTHON" -I -S -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))' "$1"
}
