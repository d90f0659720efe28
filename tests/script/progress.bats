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
  unlike "$output" '*and 0 more*'
  run -0 talk 'join one'
  is "$output" ''
}

@test "join --ready says what it waits for" {
  k3 start --name first -- sleep 1000
  k3 start --name web --ready 'cmd:[ -e up ]' -- sleep 1000
  run -0 talk 'join --ready first 2' 'expect -exact "1 of 2 are ready, waiting for 2, which waits for cmd:\[ -e up ]"' \
    'exec touch up' 'expect -exact "\r\033\[K"'
  like "$output" $'*0 of 2 are ready, waiting for first and 1 more\r\e\[K1 of 2*'
}

@test "join --ready says what one thread waits for, and removes that before it says why the thread was not ready" {
  k3 start --name web --ready 'cmd:[ -e up ]' -- sh -c 'until [ -e end ]; do sleep 0.02; done'
  run -125 talk 'join --ready web' 'expect -exact "waiting for web, which waits for cmd:\[ -e up ]"' 'exec touch end' \
    'expect -exact "\r\033\[Kk3thread: join: NotReadyError: "'
  unlike "$output" '*are ready*'
}

@test "join --until says which condition has not been shown, and by how many threads" {
  k3 start --name first -- sleep 1000
  k3 start --name web -- sleep 1000
  run -0 talk 'join --until cmd:./up w* first' \
    'expect -exact "0 of 2 have shown it, waiting for web and 1 more, until this holds: cmd:./up"' \
    'exec ln -s /bin/true up' 'expect -exact "\r\033\[K"'
  run -0 talk 'join --until cmd:true first'
  like "$output" $'*\r\e\\[Kwaiting for first, until this holds: cmd:true\r\e\[K'
}

@test "run says what a thread that is not ready for a while waits for" {
  cat >script.k3 <<'END'
daemon --name web --ready 'cmd:[ -e up ]' -- sleep 1000
daemon --name soon --ready 'cmd:true' -- sleep 1000
start --name job --needs web -- true
END
  run -0 talk 'run script.k3' \
    'expect -exact "k3thread: run: \047web\047 is not ready yet: it waits for cmd:\[ -e up ]"' \
    'exec touch up' 'expect -exact "3 ok, "'
  unlike "$output" "*'soon' is not ready*"
}

@test "shutdown --now names every thread that is still ending, and shows no advice" {
  k3 start --name one -- sh -c 'trap "" TERM; touch up; until [ -e go ]; do sleep 0.02; done'
  gated daemon service
  wait_until "$DEADLINE" test -e up
  run -0 talk 'shutdown --now' 'expect -exact "ending one"' 'exec touch go'
  unlike "$output" '*waiting for*'
}

@test "a line of progress that was removed is not removed once more by the next output" {
  gated start one
  gated start two
  in_background t script_command "printf 'join one two\nlist -q\n' | '$K3THREAD' shell"
  wait_until "$DEADLINE" grep -q '0 of 2 have ended' t.out
  touch one.go two.go
  finish t
  like "$(cat t.out)" $'*0 of 2*\r\e[K1\r\n2\r'
  unlike "$(cat t.out)" $'*\r\e[K\r\e[K*'
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

# --- run with slots ---

# at_terminal WORDS: runs k3thread WORDS at a terminal, in the background as t. What the terminal gets is in t.out.
at_terminal() {
  in_background t script_command "exec '$K3THREAD' $1"
}

# shows TEXT: waits until the line of progress is TEXT, or begins so.
shows() {
  wait_until "$DEADLINE" grep -qF $'\r\e[K'"$1" t.out
}

rows() {
  "$PYTHON" -I -S "$BATS_TEST_DIRNAME/rows.py" "$@" t.out
}

# gate NAME STATUS: the line of a script that starts a thread which exits with STATUS when NAME.go exists.
gate() {
  echo "start --name $1 -- sh -c 'until [ -e $1.go ]; do sleep 0.02; done; exit $2'"
}

@test "run with slots says how many threads are done, failed, running and waiting, and how long the rest takes" {
  { echo 'daemon --name d -- sleep 1000'; gate a 0; gate b 3; gate c 0; gate e 0; gate f 0; gate g 0; } >s.k3
  at_terminal 'run --slots 2 s.k3'
  shows '0 done, 0 failed, 2 running, 4 waiting'
  touch a.go
  shows '1 done, 0 failed, 2 running, 3 waiting'
  touch b.go
  shows '1 done, 1 failed, 2 running, 2 waiting, about 1s left' # a third of the threads is over
  touch c.go e.go f.go g.go
  finish t 3
  is "$(rows --lines | grep -c '^[01] done, 0.*left')" 0
  is "$(rows | head -2 | sed 's/failed, .*/failed/')" "k3thread: run: 6 ok, 1 failed
NAME  DAEMON  TIME  RESULT"
}

@test "run says that it ends daemons, and how many of them" {
  for i in 1 2; do
    echo "daemon --name d$i -- sh -c 'trap \"until [ -e d$i.go ]; do sleep 0.02; done; exit\" TERM; touch up$i; while :; do sleep 0.01; done'"
  done >s.k3
  echo "start --name a -- sh -c 'until [ -e up1 ] && [ -e up2 ]; do sleep 0.02; done'" >>s.k3
  at_terminal 'run --slots 2 s.k3'
  shows '1 done, 0 failed, 0 running, 0 waiting, ending 2 daemons'
  touch d1.go
  shows '1 done, 0 failed, 0 running, 0 waiting, ending 1 daemon'
  touch d2.go
  finish t
}

@test "the line of progress of run --each estimates the rest when all words were read" {
  mkfifo words
  at_terminal 'run --slots 2 --each sh -c "until [ -e \$0.go ]; do sleep 0.02; done" <words'
  exec 5>words
  touch x.go
  printf 'x\ny\n' >&5
  shows '1 done, 0 failed, 1 running, 0 waiting'
  echo z >&5
  shows '1 done, 0 failed, 2 running, 0 waiting'
  is "$(rows --lines | grep -c left)" 0
  exec 5>&-
  shows '1 done, 0 failed, 2 running, 0 waiting, about 1s left'
  touch y.go z.go
  finish t
}

@test "the line of progress does not stand in the way of output, messages and the output of the script" {
  { gate a 0; gate b 0; gate c 4; echo 'start --name talker -- sh -c "echo hello; printf prompt; touch said; until [ -e c.go ]; do sleep 0.02; done; echo ed"'
    echo 'join a b'; echo list c; echo slots; echo 'join talker'; echo 'join c'; } >s.k3
  at_terminal 'run --slots 9 s.k3'
  shows '0 done, 0 failed, 4 running'
  wait_until "$DEADLINE" test -e said
  wait_until "$DEADLINE" grep -q prompt t.out
  touch a.go
  touch b.go
  wait_until "$DEADLINE" grep -qF $'\e[K9' t.out
  touch c.go
  finish t 4
  is "$(rows | sed '/^$/d; s/^3 .*/3 c/; s/\(run: .* failed\), .*/\1/; s/  */ /g' | head -8)" "talker | hello
talker | prompt
ID NAME TID PID STATE DAEMON TIME RESULT COMMAND
3 c
9
talker | ed
s.k3:9: k3thread: join: status 4
k3thread: run: 3 ok, 1 failed"
}

@test "the line of progress is drawn ten times a second at most, and costs no output" {
  seq 600 >words
  at_terminal 'run --slots 4 --each true <words'
  finish t
  seconds=$(rows | sed -n 's/k3thread: run: 600 ok, \([0-9]*\)\..* s$/\1/p')
  [ "$(rows --lines | wc -l)" -le $(((seconds + 1) * 10)) ]
  seq 100 >words
  at_terminal 'run --slots 4 --each sh -c "echo begun; echo done" <words'
  finish t
  is "$(rows | grep -c '| begun$')" 100
  is "$(rows | grep -c '| done$')" 100
}

@test "the line of progress of a run is cut to the width of the terminal" {
  gate a 0 >s.k3
  in_background t script_command "stty cols 20; exec '$K3THREAD' run --slots 2 s.k3"
  shows '0 done, 0 failed, 1'
  touch a.go
  finish t
  is "$(rows --lines | head -1)" '0 done, 0 failed, 1'
}

@test "run shows no line of progress without slots, with -q, at a dumb terminal, or in a pipe" {
  echo 'start -- sh -c "until [ -e end ]; do sleep 0.02; done"' >s.k3
  in_background a script_command "'$K3THREAD' run s.k3"
  in_background b script_command "'$K3THREAD' run -q --slots 2 s.k3"
  in_background c script_command "TERM=dumb '$K3THREAD' run --slots 2 s.k3"
  in_background d script_command "'$K3THREAD' run --slots 2 s.k3 | cat"
  in_background e script_command "'$K3THREAD' run --slots 2 s.k3 2>&1 >out | cat"
  at_terminal 'run --slots 2 s.k3'
  shows '0 done, 0 failed, 1 running'
  # The others have begun no later than a moment after this one, and draw their lines after the same time.
  shows '0 done, 0 failed, 1 running, 0 waiting'
  wait_until "$DEADLINE" has_drawn_twice
  touch end
  for name in a b c d e t; do finish "$name"; done
  is "$(grep -l 'done,' ./*.out)" ./t.out
}

# Succeeds when a second line was drawn, a second after the first.
has_drawn_twice() {
  [ "$(rows --lines | wc -l)" -ge 2 ]
}
