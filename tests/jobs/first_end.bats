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
