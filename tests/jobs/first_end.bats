#!/usr/bin/env bats
# Five threads, of which the first end matters: a file is fetched from five mirrors, and the fastest one wins.

# shellcheck disable=SC2154

load job

# Each mirror has a port. All take the connection; only the third one answers soon.
start_mirrors() {
  needs curl
  free_ports A B C D E
  file mirror.py <<'END'
import http.server, sys, threading
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if sys.argv[2] == "slow":
            threading.Event().wait(1000)
        super().do_GET()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
END
  echo content >file
  for port in "$A" "$B" "$C" "$D" "$E"; do
    k3thread daemon --name "mirror-$port" --ready "tcp:127.0.0.1:$port" -- \
      python3 mirror.py "$port" "$([ "$port" = "$C" ] || echo slow)"
  done
  k3thread join --ready 'mirror-*'
}

@test "the fastest of five downloads ends the run, and with it the other four" {
  start_mirrors
  run -0 k3thread run --any --slots 5 --each curl -fsS -o copy 'http://127.0.0.1:{}/file' \
    < <(printf '%s\n' "$A" "$B" "$C" "$D" "$E")
  like "$output" "*'word-$C' ended (exit 0), which ends all*"
  is "$(grep -c SystemExit <<<"$output")" 4
  is "$(cat copy)" content
}

@test "at the shell, join --any names the download that was first, and the others are ended by a pattern" {
  start_mirrors
  for port in "$A" "$B" "$C" "$D" "$E"; do
    k3thread start --name "from-$port" -- curl -fsS -o "copy-$port" "http://127.0.0.1:$port/file"
  done
  run -0 k3thread join --any 'from-*'
  is "$output" "from-$C"
  is "$(cat "copy-$C")" content
  k3thread raise --wait 'from-*'
  run -0 k3thread list --live --quiet 'from-*'
  is "$output" ''
}

@test "a log says when a slow service can be used, and join --until waits for that" {
  needs redis-server redis-cli
  free_ports CACHE
  k3thread daemon --name cache -- redis-server --port "$CACHE" --save ''
  k3thread join --timeout "$DEADLINE" --until 'line:Ready to accept connections' cache
  is "$(redis-cli -p "$CACHE" ping)" PONG
}
