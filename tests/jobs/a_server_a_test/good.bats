#!/usr/bin/env bats
# Each test begins with an empty cache.

load cache

@test "the cache is empty" {
    [ "$(redis-cli -p "$PORT" dbsize)" = 0 ]
    redis-cli -p "$PORT" set a 1
}

@test "the cache of another test is another one" {
    [ "$(redis-cli -p "$PORT" dbsize)" = 0 ]
}

@test "a program under test leaves no process behind" {
    k3thread_test redis-cli -p "$PORT" ping
}
