#!/usr/bin/env bats
# Progress at a terminal: which threads a shutdown, a join or a run waits for.

# shellcheck disable=SC2016,SC2154

load ../cli/helpers

# talk LINE…: runs lines of expect after a start of k3thread WORDS.
talk() {
  local words=$1
  shift
  {
    echo 'set timeout 30'
    echo "spawn -noecho \$env(K3THREAD) $words"
    echo 'expect_after timeout { exit 99 } eof { exit 98 }'
    printf '%s\n' "$@"
    echo 'expect timeout { exit 99 } eof'
    echo 'exit [lindex [wait] 3]'
  } >conversation
  log expect conversation
  TERM=xterm expect conversation
}

script_command() {
  TERM=xterm command script -qec "$1" /dev/null
}

# Starts a thread that runs until the file NAME.go exists.
gated() {
  k3 "$1" --name "$2" -- sh -c 'until [ -e "$0.go" ]; do sleep 0.02; done' "$2"
}

@test "shutdown names the threads that it waits for, and says how to end them" {
  gated start one
  gated start two
  gated daemon service
  run -0 talk shutdown 'expect -exact "waiting for one and 1 more; shutdown --now ends them"' \
    'exec touch one.go' 'expect -exact "waiting for two; shutdown --now ends them"' \
    'exec touch two.go' 'expect -exact "ending service"' 'expect -exact "\r\033\[K"'
  [ ! -e k.sock ]
}

@test "join says how many threads have ended, and which it waits for" {
  for name in one two three; do gated start "$name"; done
  run -0 talk 'join one two three' 'expect -exact "0 of 3 have ended, waiting for one and 2 more"' \
    'exec touch one.go' 'expect -exact "1 of 3 have ended, waiting for two and 1 more"' \
    'exec touch two.go' 'expect -exact "2 of 3 have ended, waiting for three"' \
    'exec touch three.go' 'expect -exact "\r\033\[K"'
}

@test "join --ready says what it waits for" {
  k3 start --name web --ready 'cmd:[ -e up ]' -- sleep 1000
  run -0 talk 'join --ready web' 'expect -exact "waiting for web, which waits for cmd:\[ -e up ]"' \
    'exec touch up' 'expect -exact "\r\033\[K"'
}

@test "run says what a thread that is not ready for a while waits for" {
  cat >script.k3 <<'END'
daemon --name web --ready 'cmd:[ -e up ]' -- sleep 1000
daemon --name soon --ready 'cmd:true' -- sleep 1000
start --name job --needs web -- true
END
  run -0 talk 'run script.k3' \
    'expect -exact "k3thread: run: \047web\047 is not ready yet: it waits for cmd:\[ -e up ]"' \
    'exec touch up' 'expect -exact "3 threads in"'
  unlike "$output" "*'soon' is not ready*"
}

@test "shutdown --now names every thread that is still ending, and shows no advice" {
  k3 start --name one -- sh -c 'trap "" TERM; touch up; until [ -e go ]; do sleep 0.02; done'
  gated daemon service
  wait_until "$DEADLINE" test -e up
  run -0 talk 'shutdown --now' 'expect -exact "ending one"' 'exec touch go'
  unlike "$output" '*waiting for*'
}

@test "the line of progress is no wider than the terminal" {
  gated start "$(printf '%064d' 0 | tr 0 n)"
  in_background at_terminal script_command "stty cols 40; exec '$K3THREAD' shutdown"
  wait_until "$DEADLINE" grep -q 'waiting for' at_terminal.out
  touch "$(printf '%064d' 0 | tr 0 n).go"
  finish at_terminal
  is "$(tr '\r' '\n' <at_terminal.out | sed 's/^.\[K//' | grep -o 'waiting.*')" \
    "waiting for $(printf '%027d' 0 | tr 0 n)"
}

@test "shutdown prints no progress without a terminal, and none when there is nothing to wait for" {
  gated start one
  in_background shutting k3 shutdown
  wait_until "$DEADLINE" grep -q 'shutting down' k.log
  touch one.go
  finish shutting
  is "$(cat shutting.out shutting.err)" ''
  k3 start --name gone -- true
  k3 join gone
  is "$(script_command "'$K3THREAD' shutdown" </dev/null)" ''
}
