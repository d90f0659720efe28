#!/usr/bin/env bats
# What goes wrong in suites.

load cache

@test "a test fails" {
    redis-cli -p "$PORT" ping | grep PANG
}

@test "a test hangs" {
    redis-cli -p "$PORT" blpop nothing 0
}

@test "a test loses its server" {
    redis-cli -p "$PORT" shutdown nosave
    redis-cli -p "$PORT" ping
}
