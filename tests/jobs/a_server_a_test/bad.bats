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

@test "a program under test leaves a server behind" {
    k3thread_test sh -c "redis-server --port 0 --unixsocket $BATS_TEST_TMPDIR/left.sock --daemonize yes --save ''
        until redis-cli -s $BATS_TEST_TMPDIR/left.sock ping; do sleep 0.05; done"
}
