#!/usr/bin/env bats
# start --input and send: bytes for a thread's command.
# shellcheck disable=SC2016,SC2154

load helpers.bash

# idle NAME: starts a command that has an input, and reads nothing.
idle() {
  k3 start -n "$1" --input -- sleep 1000
}

# lines_of LETTER: prints its 100,000 lines.
lines_of() {
  seq -f "$1%.0f" 100000
}

@test "send writes TEXT and a newline, and --eof ends the input" {
  k3 start -n a -i -- cat
  k3 send a hello '  two  words'
  k3 send a ''
  k3 send a -- --eof
  is_state a running
  k3 send --eof a bye
  k3 join a
  is "$(k3 logs a)" $'hello   two  words\n\n--eof\nbye'
}

@test "send without TEXT copies standard input, also after a part of it was read" {
  k3 start -n a -i -- cat
  seq 3 | k3 send a
  { read -r _ && k3 send a; } < <(printf 'no\nyes')
  k3 send a </dev/null
  is_state a running
  k3 send --eof a <<<'not this'
  k3 join a
  is "$(k3 logs a)" $'1\n2\n3\nyes'
}

@test "send copies every byte of a large binary input" {
  head -c 3000000 /dev/urandom >bytes
  k3 start -n a -i -o "$dir/copy" -- cat
  k3 send a <bytes
  k3 send --eof a
  k3 join a
  cmp bytes copy
}

@test "send writes a TEXT that is longer than a socket takes at once" {
  local word
  printf -v word '%100000s' word
  k3 start -n a -i -o "$dir/copy" -- cat
  timeout "$DEADLINE" "$K3THREAD" send --eof a "$word"{,,,,,,,,,}
  k3 join a
  is "$(wc -c <copy)" 1000010
}

@test "send passes the beginning of a line on when its end does not come" {
  k3 start -n a -i -o "$dir/copy" -- cat
  mkfifo fifo
  exec 9<>fifo
  printf 'name? ' >&9
  in_background sender bash -c "exec '$K3THREAD' send a <fifo 9>&-"
  wait_until "$DEADLINE" grep -q 'name? $' copy
  echo one >&9
  exec 9>&-
  finish sender
  is "$(cat copy)" 'name? one'
}

@test "the lines of two senders do not mix" {
  k3 start -n a -i -o "$dir/both" -- cat
  lines_of b >other-lines
  in_background other bash -c "'$K3THREAD' send a <other-lines"
  lines_of a | k3 send a
  finish other
  k3 send --eof a
  k3 join a
  is "$(grep '^a' both)" "$(lines_of a)"
  is "$(grep '^b' both)" "$(lines_of b)"
  is "$(wc -l <both)" 200000
}

@test "send to a command that does not read waits for --timeout, and reports the bytes that were not taken" {
  idle a
  head -c 200000 /dev/zero >zeros
  run -124 --separate-stderr k3 send -t 0.2 a <zeros
  is "$stderr" "k3thread: send: TimeoutError: thread 'a' (id 1) does not read its input; 65536 bytes were taken, 134464 bytes were not"
  idle b
  run -124 --separate-stderr k3 send -t 0 b "$(printf %100000s word)"
  is "$stderr" "k3thread: send: TimeoutError: thread 'b' (id 2) does not read its input; 65536 bytes were taken, 34465 bytes were not"
  echo text >line
  run -124 --separate-stderr k3 send -t 0 a <line
  is "$stderr" "k3thread: send: TimeoutError: thread 'a' (id 1) does not read its input; 0 bytes were taken, 5 bytes were not"
}

@test "a sender that waits delays no other client, and ends with the thread" {
  idle a
  head -c 100000 /dev/zero >zeros
  in_background waiting bash -c "'$K3THREAD' send a <zeros"
  wait_until "$DEADLINE" is_full a
  k3 start -n b -i -- cat
  k3 send --eof b text
  k3 join b
  is "$(k3 logs b)" text
  k3 raise --wait a
  finish waiting 3
  like "$(cat waiting.err)" "k3thread: send: InvalidThreadIdError: thread 'a' (id 1) has ended and reads no more; 6* bytes were taken, 3* bytes were not"
}

# is_full THREAD: succeeds if its input takes not one byte more.
is_full() {
  local status=0
  k3 send -t 0 "$1" x 2>/dev/null || status=$?
  [ "$status" = 124 ]
}

@test "a sender that is killed leaves its place to the next one" {
  idle a
  head -c 100000 /dev/zero >zeros
  in_background killed bash -c "exec '$K3THREAD' send a <zeros"
  wait_until "$DEADLINE" is_full a
  in_background next k3 send a text
  kill -KILL "${background[killed]}"
  finish killed 137
  k3 raise a SIGKILL
  finish next '[03]'
}

@test "the next run reads the input that one run has not read" {
  k3 start -n a -i -r always:2 -- sh -c 'read -r line; echo "$line"'
  k3 send a one
  wait_until "$DEADLINE" is_logged a one
  k3 send a two
  k3 send a three
  k3 join a
  is "$(k3 logs a | grep -v '^---')" $'one\ntwo\nthree'
}

is_logged() {
  [[ $(k3 logs "$1") == *"$2"* ]]
}

@test "restart opens an input again that was ended, also of a thread that has ended" {
  k3 start -n a -i -- sh -c 'cat; sleep 1000'
  k3 send --eof a one
  wait_until "$DEADLINE" is_logged a one
  k3 restart a
  k3 send --eof a two
  wait_until "$DEADLINE" is_logged a two
  k3 raise --wait a
  k3 restart a
  k3 send --eof a three
  wait_until "$DEADLINE" is_logged a three
}

@test "the bytes that are sent to a thread whose command has not begun are not lost" {
  k3 start -n a -i --after 0.3 -- cat
  k3 send --eof a early
  k3 join a
  is "$(k3 logs a)" early
}

@test "send refuses a thread that takes no input, with one line that gives the reason" {
  k3 start -n none -- sleep 1000
  run -64 --separate-stderr k3 send none x
  is "$stderr" "k3thread: send: ValueError: thread 'none' (id 1) has no open input; start it with --input"
  k3 start -n closed -i -- sh -c 'exec <&-; touch closed; exec sleep 1000'
  wait_until "$DEADLINE" test -e closed
  run -1 --separate-stderr k3 send closed x
  is "$stderr" "k3thread: send: RuntimeError: thread 'closed' (id 2) has closed its input; 0 bytes were taken, 2 bytes were not"
  idle ended
  k3 send --eof ended
  run -1 --separate-stderr k3 send ended x
  like "$stderr" "*: the input of thread 'ended' (id 3) was closed before; 0 bytes *"
  k3 raise --wait ended
  run -3 --separate-stderr k3 send ended x
  is "$stderr" "k3thread: send: InvalidThreadIdError: thread 'ended' (id 3) has ended"
  run -3 --separate-stderr k3 send nobody x
  is "$stderr" "k3thread: send: InvalidThreadIdError: no thread 'nobody'"
  run -3 --separate-stderr k3 send nobody </dev/null
  is "$stderr" "k3thread: send: InvalidThreadIdError: no thread 'nobody'"
  run -64 k3 send none </dev/null
  run -64 k3 send 'n*' x
  run -64 k3 send
  run -64 k3 send -t soon none x
  idle open
  run -1 --separate-stderr k3 send open </
  is "$stderr" 'k3thread: send: cannot read standard input: Is a directory'
}

@test "start --wait --input copies the caller's input to its end" {
  is "$(echo words | k3 start --wait -i -- cat)" words
  echo words >file
  is "$(k3 start --wait --input -- cat <file)" words
  is "$({ read -r _ && k3 start --wait --input -- cat; } < <(printf 'a\nb\n'))" b
  is "$(k3 start --wait -- cat </proc/self/status)" ''
  head -c 2000000 /dev/urandom >bytes
  k3 start --wait -i -- cat <bytes >copy
  cmp bytes copy
  run -0 --separate-stderr k3 start --wait -i -- cat </
  is "$stderr" 'k3thread: start: cannot read standard input: Is a directory'
}

@test "start --wait --input ends with the thread, even if its input does not end" {
  mkfifo fifo
  exec 9<>fifo
  echo first >&9
  is "$(k3 start --wait -i -- head -n 1 <&9)" first
  run -7 k3 start --wait -i -- sh -c 'exit 7' <&9
}

@test "start --wait --input works at a terminal, up to the terminal's end of file" {
  cat >talk.exp <<'END'
set timeout 30
spawn -noecho $env(K3THREAD) start --wait -i -- sh -c {while read -r line; do echo "<$line>"; done; echo over}
send "one\r"
expect "<one>"
send "\004"
expect "over"
expect eof
END
  expect talk.exp
}

@test "--input may name a descriptor of the caller: a file's name is found, and start --wait copies a pipe" {
  echo words >file
  for input in /dev/stdin /dev/fd/0 /proc/self/fd/0; do
    is "$(k3 start --wait --input="$input" -- cat <file)" words
    is "$(echo words | k3 start --wait --input="$input" -- cat)" words
    k3 start -n a --input="$input" -- cat <file
    k3 join a
    is "$(k3 logs a)" words
    run -64 --separate-stderr k3 start --input="$input" -- cat < <(cat file)
    like "$stderr" "k3thread: start: ValueError: --input: $input is no file that has a name; *"
  done
  is "$(k3 start --wait --input=<(echo substituted) -- cat)" substituted
  is "$(k3 start --wait --input=/dev/fd/4 -- cat 4<file)" words
  is "$(k3 start --wait --input=/proc/self/cwd/file -- cat)" words
  for descriptor in '4>>file' '4<&-' '4>/dev/null'; do
    eval "run -64 --separate-stderr k3 start --wait --input=/dev/fd/4 -- cat $descriptor"
    is "$stderr" 'k3thread: start: ValueError: --input: /dev/fd/4 is not open for reading'
  done
  echo 'start --wait --input=/dev/stdin -- cat' >script
  is "$(echo piped | k3 run -q --no-prefix script)" piped
  is "$(k3 run -q --no-prefix script <file)" words
  echo 'start --wait --input=/dev/fd/4 -- cat' >script
  run -64 k3 run -q script 4< <(cat file)
}

@test "send and --input work in a script" {
  cat >script <<'END'
start -n a -i -- cat
send a one two
send --eof a
join a
END
  like "$(k3 run script)" '*one two*'
}

@test "the socket's send takes bytes, tells how many were taken, and refuses bad values" {
  idle a
  k3 start -n b -i -- cat
  script <<'END'
data = {"base64": base64.b64encode(bytes(range(256)) * 300).decode()}
failure = fails(-32005, "TimeoutError", "send", thread="a", text=data, timeout=0)
assert failure.data["taken"] == 65536, failure.data
fails(INVALID_PARAMS, "TypeError", "send", text="x")
fails(-32001, "TypeError", "send", thread="a", eof=1)
fails(INVALID_PARAMS, "TypeError", "send", thread="a", more=1)
fails(-32001, "TypeError", "send", thread="a", text=1)
fails(-32001, "TypeError", "send", thread="a", text={"base64": "?"})
fails(-32002, "ValueError", "send", thread="a", timeout=-1)
fails(-32003, "InvalidThreadIdError", "send", thread="c", text="x")
assert call("send", thread="b", text="h\u00e9") == {"id": 2, "taken": 3}
assert call("send", thread=2) == {"id": 2, "taken": 0}
END
}

@test "the bytes that wait for all commands have one limit, which the key that ends a terminal's input cannot exceed" {
  idle a
  k3 start -n t --tty -- sleep 1000
  script <<'END'
piece = "x" * (4 << 20)
client = Client()
for _ in range(15):
    client.send("send", thread="a", text=piece)
wait_until("the pieces are read", lambda: client.unread() == 0)
failure = fails(-32009, "RuntimeError", "send", thread="t", text=piece, eof=True, timeout=0)
assert failure.message == "too many bytes wait for commands that do not read them", failure
client.send("send", thread="a", text=piece)
wait_until("the last piece is read", lambda: client.unread() == 0)
fails(-32009, "RuntimeError", "send", thread="a", text="x", timeout=0)
fails(-32009, "RuntimeError", "send", thread="t", eof=True, timeout=0)
client.close()
wait_until("room", lambda: call("send", thread="t", eof=True)["taken"] == 0)
END
}
