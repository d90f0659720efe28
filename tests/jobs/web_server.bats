#!/usr/bin/env bats
# nginx in front of an application: reloads, logs that are rotated, and an end that drops no request.

# shellcheck disable=SC2154

load job

write_job() {
  needs nginx curl
  free_ports FRONT BACK
  echo 'one' >page
  mkdir temporary
  chmod 711 . # the workers of nginx are another user if this is root
  file nginx.conf <<END
daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
    access_log access.log;
    client_body_temp_path temporary; proxy_temp_path temporary; fastcgi_temp_path temporary;
    uwsgi_temp_path temporary; scgi_temp_path temporary;
    server {
        listen 127.0.0.1:$FRONT;
        location / { proxy_pass http://127.0.0.1:$BACK; }
        location /static { return 200 'first'; }
    }
}
END
  file application.py <<'END'
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open("request", "w").write("begun")
        time.sleep(0.5)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"answered")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
END
  k3thread daemon --name application --ready "tcp:127.0.0.1:$BACK" -- python3 application.py "$BACK"
  k3thread daemon --name front --needs application --stop-signal SIGQUIT \
    --ready "http://127.0.0.1:$FRONT/static" -- nginx -p "$dir" -c nginx.conf -e stderr
  k3thread join --ready front
}

fetch() {
  curl -fsS "http://127.0.0.1:$FRONT/$1"
}

# Succeeds if a request gets into the log.
is_written() {
  fetch static && [ -s "$1" ]
}

serves() {
  [ "$(fetch static)" = "$1" ]
}

@test "a reload and a rotation of logs are signals to the thread, which goes on" {
  write_job
  is "$(fetch static)" first
  sed -i 's/first/second/' nginx.conf
  k3thread raise front HUP
  wait_until "$DEADLINE" serves second

  mv access.log access.log.1
  k3thread raise front USR1
  wait_until "$DEADLINE" is_written access.log
}

@test "an end by SystemExit lets the request end that the server has begun to answer" {
  write_job
  in_background client fetch ''
  wait_for_file request
  k3thread raise --wait front SystemExit
  finish client
  is "$(cat client.out)" answered
  run -0 k3thread join front
}
