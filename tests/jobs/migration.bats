#!/usr/bin/env bats
# A database, a migration when it is ready, and the application when the migration has succeeded.

# shellcheck disable=SC2154

load job

write_job() {
  needs initdb postgres psql curl
  free_ports DB WEB
  file application.k3 <<'END'
start  --name initdb -- initdb -D data -A trust -U test --no-sync
daemon --name db --needs initdb:succeeded --stop-signal SIGINT \
       --ready 'line:ready to accept connections' -- postgres -D data -p $DB -k .
start  --name migration --needs db -- psql -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p $DB -U test postgres -f migration.sql
daemon --name application --needs migration:succeeded --ready http://127.0.0.1:$WEB/ -- python3 application.py
start  --name tests --needs application -- curl -fsS http://127.0.0.1:$WEB/
END
  file application.py <<'END'
import http.server, os, subprocess
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sql = ["psql", "-h", "127.0.0.1", "-p", os.environ["DB"], "-U", "test", "postgres", "-qAtc"]
        answer = subprocess.run(sql + ["select name from users"], capture_output=True)
        self.send_response(500 if answer.returncode else 200)
        self.end_headers()
        self.wfile.write(answer.stdout)
http.server.HTTPServer(("127.0.0.1", int(os.environ["WEB"])), Handler).serve_forever()
END
}

@test "the application begins after its migration, and not at all if the migration fails" {
  write_job
  echo "create table users (name text); insert into users values ('ada');" >migration.sql
  run -0 as_user k3thread run application.k3
  like "$output" '*tests | ada*'

  # The same migration again: the table is there already.
  sed -i 's/initdb -D.*/true/' application.k3
  run -3 as_user k3thread run -q application.k3
  like "$output" '*migration | *relation "users" already exists*'
  like "$output" "*'application' was not run: *'migration'*"
  refute_leaks
}
