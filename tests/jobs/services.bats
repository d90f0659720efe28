#!/usr/bin/env bats
# Services for tests: a database and a cache that are ready when the tests begin, and gone when they end.

# shellcheck disable=SC2016,SC2154

load job

@test "tests find their database and cache ready; afterwards no process of them is left" {
  needs initdb postgres psql redis-server redis-cli
  free_ports DB CACHE
  of_readme 'Services for a test run' sh | sed "s/5432/$DB/; s/6379/$CACHE/g" | file tests.k3 755
  file run-tests 755 <<'END'
#!/bin/sh
set -e
sql() { psql -h 127.0.0.1 -p "$DB" -U test postgres -qAtc "$1"; }
sql 'create table t (n int); insert into t values (42)'
n=$(sql "select n from t limit 1")
redis-cli -p "$CACHE" set "$1" "$n"
redis-cli -p "$CACHE" get "$1"
END
  run -0 as_user ./tests.k3 fast
  like "$output" '*tests | OK*tests | 42*'
  refute_leaks

  # The status of the tests is that of the run, and a service's log is at hand. The database is there already.
  sed -i 's/initdb -D.*/test -d data/' tests.k3
  run -1 as_user k3thread run -q --logs logs tests.k3 fast
  grep 'relation "t" already exists' logs/db.log

  # A service that cannot start says why, and does not keep the tests waiting.
  sed -i "s/-p $DB/-p $CACHE/" tests.k3
  run -125 as_user k3thread run tests.k3 fast
    like "$output" "*the daemon 'db' failed*'tests' was not run: thread 'db'*"
}
