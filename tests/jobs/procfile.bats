#!/usr/bin/env bats
# A web application's Procfile: a web server, a queue, a worker, a watcher of style sheets, and a release step.

# shellcheck disable=SC2016,SC2154

load job

write_application() {
  needs redis-server redis-cli sqlite3 curl
  free_ports WEB QUEUE
  # esbuild stops watching when its input ends. So does cat.
  file_of_readme 'A Procfile' Procfile | sed 's/esbuild .*/cat; echo "I stop watching"/' | file Procfile
  file worker.sh <<'END'
until redis-cli -p "$QUEUE" ping; do sleep 0.1; done
while job=$(redis-cli -p "$QUEUE" --raw blpop jobs 0); do
  echo "work:" $job
done
END
  echo 'sqlite3 "$DATABASE" "create table if not exists users (name text)"' >migrate.sh
  file .env <<END
DATABASE="application.db"
QUEUE=$QUEUE
PORT=$WEB
END
  echo hello >index.html
}

# The release step, and then the application in the background.
start_application() {
  bash -c "$(command_of_readme 'A Procfile' 1)"
  is "$(sqlite3 application.db .tables)" users
  in_background application bash -c "exec $(command_of_readme 'A Procfile' 2)"
  wait_until "$DEADLINE" grep 'web *| Serving HTTP on 127.0.0.1' application.out
  wait_until "$DEADLINE" grep 'worker *| PONG' application.out
}

@test "the release step runs alone, then the other entries together, until Ctrl-C" {
  write_application
  start_application
  is "$(curl -fsS "http://127.0.0.1:$WEB/index.html")" hello
  redis-cli -p "$QUEUE" rpush jobs resize
  wait_until "$DEADLINE" grep 'worker *| work: jobs resize' application.out

  kill -INT "${background[application]}"
  finish application 130
  run ! grep 'I stop watching' application.out
  grep 'css *no .*KeyboardInterrupt' application.err
}

@test "the first process that ends ends all, and the run says which it was" {
  write_application
  start_application
  redis-cli -p "$QUEUE" shutdown
  finish application 0
  # Without its queue the worker ends too, perhaps before the queue has ended.
  grep -E "'(queue|worker)' ended \(exit 0\), which ends all" application.err
}
