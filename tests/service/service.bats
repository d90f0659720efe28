# A suite that uses k3thread for its services, with the helper that make install ships.

setup_file() {
    load k3thread.bash
    export K3THREAD=${K3THREAD:-$PWD/build/k3thread}
    k3thread_setup
    cp "$BATS_TEST_DIRNAME/service.bats" "$K3THREAD_DIRECTORY/page"
    # Port 0: the server chooses a free port, and prints it.
    k3thread_service web --directory "$K3THREAD_DIRECTORY" --ready 'line:^Serving HTTP' -- \
        python3 -u -m http.server --bind 127.0.0.1 0
    PORT=$("$K3THREAD" logs web | sed -n 's/.* port \([0-9]*\) .*/\1/p')
    export PORT
}

teardown_file() {
    load k3thread.bash
    k3thread_teardown
}

fetch() {
    python3 -c 'import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' "http://127.0.0.1:$PORT/$1"
}

@test "the server serves when the first test begins" {
    fetch page >"$BATS_TEST_TMPDIR/page"
    cmp "$BATS_TEST_TMPDIR/page" "$BATS_TEST_DIRNAME/service.bats"
}

@test "all tests use one server, and can read its log" {
    fetch page >/dev/null
    "$K3THREAD" logs web | grep -q '"GET /page HTTP/1.1" 200'
}

@test "a service that cannot start fails its setup and shows why" {
    load k3thread.bash
    run k3thread_service broken --ready tcp:127.0.0.1:1 -- sh -c 'echo no such luck >&2; exit 4'
    [ "$status" -ne 0 ]
    [[ $output == *"no such luck"* ]]
}

@test "a service without a name, or without a setup, is refused with a word" {
    load k3thread.bash
    run k3thread_service
    [ "$status" -eq 64 ]
    [[ $output == *"usage: k3thread_service NAME"* ]]
    K3THREAD_SOCKET='' run k3thread_service lonely -- sleep 1000
    [ "$status" -eq 64 ]
    [ "$output" = 'k3thread_service: call k3thread_setup first' ]
}

@test "teardown leaves no process" {
    load k3thread.bash
    k3thread_setup
    k3thread_service nap -- sh -c 'setsid sleep 1000 & exec sleep 1000'
    pid=$("$K3THREAD" list --json nap | python3 -c 'import json, sys
print(json.load(sys.stdin)[0]["pid"])')
    k3thread_teardown
    if kill -0 "$pid" 2>/dev/null; then false; fi
}
