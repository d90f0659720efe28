#!/usr/bin/env bats
# A program that is driven through its input: a session with a database stays open, and scripts use it.

# shellcheck disable=SC2154

load job

@test "several scripts use one open session, with a transaction that only its end makes visible" {
  needs sqlite3
  k3thread daemon --name session --input -- sqlite3 -cmd '.echo off' shop.db
  k3thread send session 'create table orders (item text);'
  k3thread send session 'begin;'
  for item in tea milk bread; do
    k3thread send session "insert into orders values ('$item');"
  done
  k3thread send session "select 'there are ' || count(*) from orders;"
  k3thread join --timeout "$DEADLINE" --until 'line:^there are 3$' session
  is "$(sqlite3 shop.db 'select count(*) from orders')" 0

  k3thread send session 'commit;'
  k3thread send session "select 'committed';"
  k3thread join --timeout "$DEADLINE" --until 'line:^committed$' session
  is "$(sqlite3 shop.db 'select count(*) from orders')" 3

  # The end of its input ends the session.
  k3thread send --eof session
  k3thread join session
}
