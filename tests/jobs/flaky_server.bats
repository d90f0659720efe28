#!/usr/bin/env bats
# A server that is slow to come up, and dies now and then.

# shellcheck disable=SC2154

load job

# It needs a moment before it listens, and dies of each fourth request. Without a licence it does not come up.
write_server() {
  needs curl jq
  free_ports PORT
  touch licence
  file server.py <<'END'
import http.server, itertools, os, sys, time
requests = itertools.count(1)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/health" and next(requests) % 4 == 0:
            os._exit(3)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"served\n")
time.sleep(0.2)
if not os.path.exists("licence"):
    sys.exit("no licence")
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
END
}

# fetch: gets an answer of the server, whatever happens to it meanwhile; fails if the server is gone for good.
fetch() {
  until curl -fsS "http://127.0.0.1:$PORT/page"; do
    k3thread join --ready --timeout "$DEADLINE" server || return
  done
}

@test "a server that dies is restarted, and a client that waits until it is ready gets every answer" {
  write_server
  k3thread daemon --name server --restart on-failure --ready "http://127.0.0.1:$PORT/health" -- python3 server.py
  in_background watch k3thread watch
  for _ in {1..6}; do
    fetch
  done >answers
  is "$(sort answers | uniq -c | xargs)" '6 served'
  is "$(k3thread list --json server | jq '.[0].runs')" 2
  k3thread shutdown --now
  finish watch
  is "$(grep -c 'server (1) restarted: exit 3; run 2 begins' watch.out)" 1
}

@test "a server that cannot come up is given up, and its clients hear of it" {
  write_server
  k3thread daemon --name server --restart on-failure:2 --ready "http://127.0.0.1:$PORT/health" -- python3 server.py
  fetch
  rm licence
  fetch
  fetch
  run -125 fetch
  like "$output" "*thread 'server' (id 1) ended before it was ready*"
  is "$(k3thread list --json server | jq '.[0].runs')" 3
  is "$(k3thread logs -n 1 server)" $'--- run 3, after exit 1 ---\nno licence'
}
