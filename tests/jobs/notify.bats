#!/usr/bin/env bats
# Servers that notify systemd: they say themselves when they are ready, and what they are doing.

# shellcheck disable=SC2154

load job

@test "redis and PostgreSQL are ready when they notify it, and list shows what they say" {
  needs redis-server redis-cli initdb postgres psql
  free_ports DB CACHE
  k3 start -n cache --ready notify -- redis-server --port "$CACHE" --save '' --supervised systemd
  # A server of another user than the supervisor's is a process of the thread all the same.
  mkdir db
  user=(env)
  if [ "$(id -u)" = 0 ]; then
    chmod a+x . && chown 65534 db
    user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  fi
  "${user[@]}" initdb -D db/data -U test -A trust --no-sync >initdb.log
  k3 start -n db --ready notify -- "${user[@]}" postgres -D db/data -p "$DB" -k "$dir/db" -c listen_addresses=127.0.0.1
  k3 join --ready -t "$DEADLINE" cache db
  is "$(redis-cli -p "$CACHE" ping)" PONG
  is "$(psql -h 127.0.0.1 -p "$DB" -U test postgres -qAtc 'select 42')" 42
  is "$(k3_field cache status)" 'Ready to accept connections'
  like "$(k3 list cache)" '*ready * Ready to accept connections *'
  k3 raise --wait cache
  k3 raise --wait db SIGINT
}
