#!/usr/bin/env bats
# start --tty and attach: a thread with a terminal. A user sits at each terminal, which is a pane of tmux.
# shellcheck disable=SC2016,SC2154

load helpers.bash
load terminals.bash

PREFIX=C-\\ # the key in front of d, by which a user leaves a terminal

setup() {
  begin_test
  begin_terminals
}

teardown() {
  end_terminals
}

is_attached() {
  is "$(k3_field "$1" attached)" "$2" >/dev/null
}

has_size() {
  [ "$(stty size <"$(readlink "/proc/$(k3_field "$1" pid)/fd/0")")" = "$2" ]
}

has_logged() {
  [[ $(k3 logs "$1") == *"$2"* ]]
}

@test "--tty gives the command a terminal of 80 by 24, and its output is in the log" {
  k3 start -n a --tty -- sh -c 'test -t 0 && test -t 1 && test -t 2 && stty size && tty && ps -o tpgid= $$'
  k3 join a
  run -0 k3 logs a
  is "${lines[0]}" $'24 80\r'
  like "${lines[1]}" '/dev/pts/*'
  is "$(k3_field a attached)" false
  k3 start -n settings --tty -- stty -a
  k3 join settings
  like "$(k3 logs settings)" '* icrnl * iutf8*icanon *echo *' # Backspace erases a character, not a byte
  seq 100000 >numbers
  k3 start -n b --tty -o "$dir/copy" -- cat numbers
  k3 join b
  tr -d '\r' <copy | cmp - numbers
}

@test "--tty gives the command a TERM where the starter has none" {
  is "$(TERM='' k3 start -w --tty -- sh -c 'echo "$TERM"' </dev/null)" $'xterm\r'
  is "$(TERM=vt100 k3 start -w --tty -- sh -c 'echo "$TERM"' </dev/null)" $'vt100\r'
  is "$(TERM='' k3 start -w --tty --env TERM=ansi -- sh -c 'echo "$TERM"' </dev/null)" $'ansi\r'
}

@test "--tty gives the command the size of the starter's terminal" {
  sit user 31 97
  type_at user 'k3 start -n a --tty -- sh -c "stty size; exec sleep 1000" </dev/null >/dev/null' Enter
  wait_until "$DEADLINE" has_logged a '31 97'
}

@test "start --wait --tty attaches before the command begins: nothing of a short command is lost" {
  sit user 60 97
  cat >line <<'END'
clear
for _ in 1 2 3 4 5 6 7 8; do k3 start -w --tty -- stty size; k3 start -w --tty -- true; done
k3 start -w --tty -- sh -c 'sleep 0.1; exit 5'
echo "ended: $?"
END
  type_at user '. ./line' Enter
  see user 'ended: 5'
  is "$(screen user | grep -c '^60 97$')" 8
  is "$(screen user | grep -c 'has ended]$')" 17
  type_at user 'clear; k3 start -n a --if-absent -w --tty -- cat' Enter
  wait_until "$DEADLINE" is_attached a true
  type_at user hello Enter
  see user $'hello\nhello'
  sit second 30 90
  type_at second 'k3 start -n a --if-absent -w --tty -- cat' Enter
  see second $'hello\nhello'
  wait_until "$DEADLINE" has_size a '30 90'
  k3 daemon -n without -- sleep 1000
  type_at second "$PREFIX" d
  see second '[detached'
  type_at second 'clear; k3 start -n without --if-absent -w --tty -- cat; echo "status $?"' Enter
  see second "has no terminal; start it with --tty"
  see second 'status 64'
}

@test "attach joins the terminal: keys, interrupt, ^\\ ^\\ and ^\\ d" {
  k3 start -n a --tty -- sh -c 'trap "echo interrupted" INT; trap "echo quit" QUIT; echo begun
    while :; do read -r line && echo "<$line>"; done'
  sit user
  type_at user 'k3 attach a' Enter
  see user begun
  is_attached a true
  type_at user 'hello' Enter
  see user '<hello>'
  type_at user C-c
  see user interrupted
  type_at user "$PREFIX" "$PREFIX"
  see user quit
  type_at user "$PREFIX" d
  see user "[detached from thread 'a']"
  wait_until "$DEADLINE" is_attached a false
  is_state a running
  type_at user 'echo "st"ill here' Enter
  see user 'still here'
}

@test "another key behind ^\\ is dropped as a whole, and Escape alone passes" {
  k3 start -n a --tty -- sh -c 'stty raw -echo; echo begun; exec cat -v'
  sit user
  type_at user 'k3 attach a' Enter
  see user begun
  type_at user "$PREFIX" Up 1 "$PREFIX" ä 2 Up 3 Escape
  see user '12^[[A3^['
}

@test "attach makes the program draw again, by a change of the size, even if it has the size already" {
  k3 start -n a --tty -- sh -c 'trap "stty size" WINCH; echo begun; while :; do sleep 0.01; done'
  sit user
  type_at user 'k3 attach a' Enter
  wait_until "$DEADLINE" has_logged a $'24 79\r\n24 80'
}

# compare PROGRAM…: runs it at one terminal by itself, and at another one in a thread that is attached; KEYS are
# pressed at both, one after the other. The screens must come to be the same, before and after a second attach.
# The first key must clear the message that the program begins with, as drawing the screen again does.
compare() {
  local key
  printf '%q ' "$@" >line
  sit plain 20 70
  sit user 20 70
  type_at plain "clear; $(cat line)" Enter
  type_at user "clear; k3 start -n a --tty -- $(cat line) && clear && k3 attach a" Enter
  wait_until "$DEADLINE" is_attached a true
  wait_until "$DEADLINE" has_size a '20 70' # keys that come while the program draws again may mean something else
  for key in "${KEYS[@]}"; do
    type_at plain "$key"
    type_at user "$key"
    same_screens
  done
  type_at user "$PREFIX" d
  wait_until "$DEADLINE" is_attached a false
  type_at user 'clear; k3 attach a' Enter
  wait_until "$DEADLINE" is_attached a true
  same_screens
  t resize-window -t plain -x 50 -y 15
  t resize-window -t user -x 50 -y 15
  wait_until "$DEADLINE" has_size a '15 50'
  same_screens
}

# Waits until both terminals show the same for two looks, and more than a prompt.
same_screens() {
  wait_until "$DEADLINE" are_same || { screen plain && screen user && return 1; }
}

are_same() {
  screen plain >one
  [ "$(wc -c <one)" -gt 30 ] && same user one && screen plain | cmp -s - one
}

@test "vim looks the same when it is attached, also after a second attach and a new size" {
  seq 300 >numbers
  KEYS=(o 'some text' Escape gg /17 Enter C-w s i)
  compare vim -u NONE -N -n numbers
  type_at user Escape :qa! Enter
  see user "[thread 'a' has ended]"
  k3 join a
}

@test "less looks the same when it is attached, also after a second attach and a new size" {
  seq 300 >numbers
  KEYS=(Space Down /17 Enter)
  compare less numbers
}

@test "top runs in an attached terminal, and draws itself again" {
  k3 start -n a --tty -- top
  sit user
  type_at user 'k3 attach a' Enter
  see user 'PID USER'
  t resize-window -t user -x 100 -y 20
  wait_until "$DEADLINE" has_size a '20 100'
  type_at user "$PREFIX" d
  see user '[detached'
  type_at user 'clear; k3 attach a' Enter
  see user 'PID USER'
  type_at user q
  see user "[thread 'a' has ended]"
}

@test "a prompt of Python is shown at the attach, and works" {
  k3 start -n a --tty -- "$PYTHON" -q
  wait_until "$DEADLINE" has_logged a '>>>'
  sit user
  type_at user 'k3 attach a' Enter
  see user '>>>'
  type_at user 'print(6 * 7)' Enter
  see user 42
  type_at user 'import time; time.sleep(1000)' Enter
  see user 'sleep(1000)'
  type_at user C-c
  see user KeyboardInterrupt
  type_at user C-d
  see user "[thread 'a' has ended]"
  wait_for_state a ended
}

@test "attach leaves the screen below what the program has drawn, and begins a new line only within a line" {
  for output in 'in a line' 'a line\n' '\033[5;5Hdrawn' '\033[?1049h\033[5;5Hdrawn' '\033[?1049h\033[5;5Hdrawn\033[?1049lback\n'; do
    k3 start --tty -- sh -c 'stty -echo; printf "$0"; exec sleep 1000' "$output"
  done
  python3 - "$K3THREAD" "$DEADLINE" <<'END'
import os, pty, signal, sys

signal.alarm(int(sys.argv[2]))
for thread, (shown, below) in enumerate((
        (b"in a line", b"\r\n"), (b"a line\r\n", b""), (b"\033[5;5Hdrawn", b"\033[999;1H\r\n"),
        (b"\033[?1049h\033[5;5Hdrawn", b"\033[?1049l"), (b"drawn\033[?1049lback\r\n", b"")), 1):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], ["k3thread", "attach", str(thread)])
    output = b""
    while not output.endswith(shown):
        output += os.read(terminal, 4096)
    os.write(terminal, b"\034d")
    rest = b""
    while not rest.endswith(b"]\r\n"):
        rest += os.read(terminal, 4096)
    assert rest == below + b"[detached from thread 'Thread-%d']\r\n" % thread, (thread, rest)
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
END
}

@test "several clients may watch, and the client that attached last types" {
  k3 start -n a --tty -- sh -c 'echo begun; exec cat'
  sit first 20 60
  sit second 22 62
  type_at first 'k3 attach a' Enter
  see first begun
  wait_until "$DEADLINE" has_size a '20 60'
  type_at second 'k3 attach --read-only a' Enter
  see second begun
  type_at second 'not this' Enter
  type_at first 'one' Enter
  see first $'one\none'
  see second $'one\none'
  wait_until "$DEADLINE" has_size a '20 60'
  type_at second C-c
  see second '[detached'
  type_at second 'clear; k3 attach a' Enter
  wait_until "$DEADLINE" has_size a '22 62'
  type_at first 'nor this' Enter
  type_at second 'two' Enter
  see first $'two\ntwo'
  type_at second "$PREFIX" d
  wait_until "$DEADLINE" has_size a '20 60'
  type_at first 'three' Enter
  see first $'three\nthree'
  [[ $(k3 logs a) != *this* ]]
}

@test "a client that is stopped or killed harms no other client" {
  k3 start -n a --tty --stop-signal HUP -- sh
  sit first
  sit second
  type_at first 'exec '"$K3THREAD"' attach a' Enter
  wait_until "$DEADLINE" is_attached a true
  pid=$(t list-panes -t first -F '#{pane_pid}')
  kill -STOP "$pid"
  k3 send a 'seq 300000; echo fin""ished'
  wait_until "$DEADLINE" has_logged a finished
  type_at second 'k3 attach a' Enter
  see second finished
  kill -KILL "$pid"
  type_at second 'echo al""ive' Enter
  see second alive
  type_at second "$PREFIX" d
  wait_until "$DEADLINE" is_attached a false
}

@test "a signal ends attach also at a terminal that takes no more output" {
  k3 start -n a --tty -- yes
  python3 - "$K3THREAD" "$DEADLINE" <<'END'
import os, subprocess, sys, time

program, deadline = sys.argv[1], float(sys.argv[2])
master, terminal = os.openpty()  # nobody reads from the master
attach = subprocess.Popen([program, "attach", "a"], stdin=terminal, stdout=terminal, stderr=terminal)

def written():
    with open(f"/proc/{attach.pid}/io") as lines:
        return int(dict(line.split(": ") for line in lines)["wchar"])

end, before = time.monotonic() + deadline, 0
while before < 8192 or written() != before:  # the terminal still takes something
    assert time.monotonic() < end, "the terminal is not full"
    before = written()
    time.sleep(0.1)
attach.terminate()
try:
    assert attach.wait(deadline) == -15, attach.returncode
finally:
    attach.kill()
END
  wait_until "$DEADLINE" is_attached a false
}

@test "attach shows the thread's end, also when it is ended or restarted from outside" {
  k3 start -n a --tty -- sh -c 'echo run; exec cat'
  sit user
  type_at user 'k3 attach a' Enter
  see user run
  k3 restart a
  see user $'run\nrun'
  type_at user 'again' Enter
  see user $'again\nagain'
  k3 raise --wait a
  see user "[thread 'a' has ended]"
  k3 restart a
  type_at user 'clear; k3 attach a' Enter
  see user run
}

@test "attach rings the bell for keys that the thread has not read for long, and goes on when it reads" {
  k3 start -n a --tty -- sh -c 'stty raw -echo; echo begun; until [ -e go ]; do sleep 0.02; done; exec cat'
  sit user
  type_at user 'clear; k3 attach a' Enter
  see user begun
  wait_until "$DEADLINE" rings
  touch go
  wait_until "$DEADLINE" shows user xxxx
}

rings() {
  head -c 20000 /dev/zero | tr '\0' x | t load-buffer -
  t paste-buffer -t user
  [ "$(t display-message -p -t user '#{window_bell_flag}')" = 1 ]
}

@test "start --wait --tty attaches, and exits as the command did" {
  sit user
  type_at user 'k3 start -w --tty -- sh -c "read -r x; echo \"<\$x>\"; exit 7"; echo "status $?"' Enter
  wait_until "$DEADLINE" is_attached 1 true
  type_at user words Enter
  see user '<words>'
  see user 'status 7'
  type_at user 'clear; k3 start -n b -w --tty -- cat; echo "status $?"' Enter
  wait_until "$DEADLINE" is_attached b true
  type_at user "$PREFIX" d
  see user 'status 0'
  is_state b running
  # Without a terminal there is nothing to attach.
  is "$(k3 start -w --tty -- echo words </dev/null)" $'words\r'
}

@test "a signal to start --wait --tty raises SystemExit in the thread, and ends start when the thread has ended" {
  python3 - "$K3THREAD" "$DEADLINE" <<'END'
import os, pty, signal, sys

signal.alarm(int(sys.argv[2]))
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], ["k3thread", "start", "-w", "-n", "a", "--tty", "--", "sh", "-c",
                           "trap 'echo asked; exit 3' TERM; echo up; while :; do sleep 0.01; done"])
output = b""
while b"up" not in output:
    output += os.read(terminal, 4096)
os.kill(pid, signal.SIGTERM)
while b"]\r\n" not in output:
    output += os.read(terminal, 4096)
assert b"[detached from thread 'a']\r\n" in output, output
assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGTERM
END
  is "$(k3_field a state) $(k3_field a exception)" 'ended SystemExit'
  has_logged a asked
}

@test "attach and send work in the shell" {
  sit user
  type_at user 'k3 start -n a --tty -- cat; k3 shell' Enter
  see user 'k3thread>'
  type_at user 'attach a' Enter
  wait_until "$DEADLINE" is_attached a true
  type_at user one Enter
  see user $'one\none'
  type_at user "$PREFIX" d
  see user '[detached'
  type_at user 'send a two' Enter
  wait_until "$DEADLINE" has_logged a $'two\r\ntwo'
  type_at user 'send --eof a' Enter 'join a' Enter 'echo' Enter
  wait_for_state a ended
}

@test "send writes to a terminal, and --eof ends its input, even within a line" {
  k3 start -n a --tty -- sh -c 'stty -echo; echo begun; exec cat'
  wait_until "$DEADLINE" has_logged a begun
  k3 send a one
  printf 'two' | k3 send --timeout "$LIMIT" a
  wait_until "$DEADLINE" has_logged a one
  k3 send --eof a three
  k3 join a
  is "$(k3 logs a | tr -d '\r')" $'begun\none\ntwothree'
}

@test "attach and --tty refuse an impossible request, with one line that gives the reason" {
  k3 start -n plain -- sleep 1000
  k3 start -n a --tty -- sleep 1000
  run -64 --separate-stderr k3 attach a </dev/null
  like "$stderr" 'k3thread: attach: standard input and output must be a terminal; *'
  run -64 k3 attach
  run -64 k3 attach a b
  run -64 k3 attach 'a*'
  run -64 --separate-stderr k3 start --tty --input=file -- cat
  is "$stderr" "k3thread: start: ValueError: --tty: the terminal is the command's input, so --input takes no FILE"
  sit user 24 120
  type_at user 'k3 attach plain' Enter
  see user "ValueError: thread 'plain' (id 1) has no terminal; start it with --tty"
  type_at user 'k3 attach nobody' Enter
  see user "InvalidThreadIdError: no thread 'nobody'"
  k3 start -n own --tty -e K3="$K3THREAD" -- sh -c '"$K3" attach own; echo "status $?"; exec sleep 1000'
  wait_until "$DEADLINE" has_logged own 'status 64'
  has_logged own 'this is the terminal of that thread'
}

@test "the socket's attach replays the log since the last clear, at most 64 KiB, without terminal queries" {
  cat >draw <<'END'
printf 'gone\033[2J\033[H\033[6nshown\033]11;?\007\033[?1h\033[cmore\033P$qm\033\\end'
read -r x
seq 20000
read -r x
printf '\033[?1049hother'
read -r x
printf '\033[?1049lback'
read -r x
END
  k3 start -n a --tty -- sh draw
  wait_until "$DEADLINE" has_logged a end
  script <<'END'
def output(client, end):
    data = b""
    while end not in data:
        data += base64.b64decode(client.receive()["params"]["data"]["base64"])
    return data

def attached(end, **params):
    client = Client()
    assert client.call("terminal", thread="a", **params)["name"] == "a"
    return client, output(client, end)

client, data = attached(b"end", read_only=True)
assert b"gone" not in data, data
assert b"\033[H\033[2J" in data[:data.index(b"shown")], data
assert b"shown\033[?1hmoreend" in data, data
assert data.endswith(b"\033[?1h"), data
try:
    client.call("send", thread="a", text="x")
    raise AssertionError("a client that only watches typed")
except Failure as failure:
    assert failure.type == "RuntimeError", failure
call("send", thread="a", text="\n")
output(client, b"20000\r\n")
other, data = attached(b"20000\r\n")
assert 64000 < len(data) < 65700, len(data)
assert b"\r\n18000\r\n" in data and b"\n9000\r\n" not in data
call("send", thread="a", text="\n")
output(other, b"other")
client, data = attached(b"other")
assert b"20000" not in data and data.startswith(b"\033[?1049h"), data
call("send", thread="a", text="\n")
output(other, b"back")
client, data = attached(b"back")
assert not data.startswith(b"\033[?1049h"), data[:100]
call("send", thread="a", text="\n")
while True:
    params = client.receive()["params"]
    if "thread" in params:
        assert params["thread"]["state"] == "ended", params
        break
fails(-32003, "InvalidThreadIdError", "terminal", thread="a")
fails(-32002, "ValueError", "terminal", thread="a", rows=-1)
fails(-32002, "ValueError", "terminal", thread="a", columns=100000)
fails(-32001, "TypeError", "terminal", thread="a", read_only=1)
fails(INVALID_PARAMS, "TypeError", "terminal")
fails(-32002, "ValueError", "start", command=["true"], tty=True, input="/dev/null")
fails(-32001, "TypeError", "start", command=["true"], tty=1)
END
}

@test "the terminal gets the size of the next client when the client that types changes to watching or to another terminal" {
  k3 start -n a --tty -- cat
  k3 start -n b --tty -- cat
  script <<'END'
def has_size(rows):
    pid = call("list", threads=["a"])[0]["pid"]
    end = time.monotonic() + TIMEOUT
    with open(f"/proc/{pid}/fd/0") as terminal:
        while os.get_terminal_size(terminal.fileno()).lines != rows:
            assert time.monotonic() < end, (rows, os.get_terminal_size(terminal.fileno()))
            time.sleep(0.01)

first, second = Client(), Client()
first.send("terminal", thread="a", rows=30, columns=90)
has_size(30)
second.send("terminal", thread="a", rows=40, columns=90)
has_size(40)
second.send("terminal", thread="a", rows=40, columns=90, read_only=True)
has_size(30)
second.send("terminal", thread="a", rows=41, columns=90)
has_size(41)
second.send("terminal", thread="b", rows=41, columns=90, read_only=True)
has_size(30)
END
}

@test "a program that draws nothing has its size again after a second, and a terminal of one column becomes larger" {
  k3 start -n silent --tty -- sleep 1000
  k3 start -n narrow --tty -- sh -c 'trap "stty size" WINCH; echo begun; while :; do sleep 0.01; done'
  k3 join -t "$LIMIT" --until line:begun narrow
  script <<'END'
def columns():
    with open("/proc/%d/fd/0" % call("list", threads=["silent"])[0]["pid"]) as terminal:
        return os.get_terminal_size(terminal.fileno()).columns

clients = [Client() for _ in range(4)]
clients[0].call("terminal", thread="silent", rows=24, columns=80)
began = time.monotonic()
assert columns() == 79
for client, drawn in (clients[1], "24 1"), (clients[2], "24 1 24 2 24 1"):
    client.call("terminal", thread="narrow", rows=24, columns=1)
    wait_until(drawn, lambda: " ".join(call("logs", thread="narrow")["text"].split("\r\n")[1:-1]) == drawn)
wait_until("the size is right again", lambda: columns() == 80)
assert 0.9 < time.monotonic() - began < 10
# A client that attaches while the size is wrong makes it right at once.
clients[0].call("terminal", thread="silent", rows=24, columns=80)
assert columns() == 79
clients[3].call("terminal", thread="silent", rows=24, columns=80)
assert columns() == 80
END
}

@test "a client that reads nothing from the socket costs little memory, and other clients see everything" {
  needs_no_sanitizer address 'it keeps freed memory'
  k3 start -n a --tty -- sh -c 'read -r x; seq 400000; echo end; read -r x'
  script "$(supervisor_pid)" <<'END'
def memory():
    return int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%s/status" % sys.argv[1]).read()).group(1))

import re
silent = [Client() for _ in range(8)]
for client in silent:
    client.send("terminal", thread="a")
reader = Client()
reader.call("terminal", thread="a", read_only=True)
before = memory()
call("send", thread="a", text="\n")
data = b""
while b"end\r\n" not in data:
    data = data[-100:] + base64.b64decode(reader.receive()["params"]["data"]["base64"])
assert memory() - before < 16000, (before, memory())
END
}

@test "processes that a command leaves behind at a terminal are ended, and their output is in the log" {
  k3 start -n a --tty --grace 20 -- sh -c '(trap "seq 20000; echo cleaned; exit" TERM; trap "" HUP
    touch up; while :; do sleep 0.05; done) & while [ ! -e up ]; do sleep 0.01; done; echo bye'
  k3 join a
  has_logged a bye
  has_logged a cleaned
}

@test "a command at a terminal whose output goes to a slow reader waits for it, and no byte is lost" {
  mkfifo log
  exec 9<>log
  exec 8<log
  k3 start -n a --tty -o "$dir/log" -- sh -c 'seq 50000; touch printed'
  exec 9>&-
  run ! timeout 0.2 sh -c 'until [ -e printed ]; do sleep 0.01; done'
  tr -d '\r' <&8 >copy
  seq 50000 | cmp - copy
  run -0 k3 join a
  # The same when the command has ended before its output was taken.
  exec 9<>log
  exec 8<log
  k3 start -n b --tty -o "$dir/log" -- sh -c 'printf %067000d 0; echo >ended'
  exec 9>&-
  wait_for_file ended
  is "$(wc -c <&8)" 67000
  exec 8<&-
}

@test "a thread with --tty fails like any other if its log cannot be opened" {
  run -1 --separate-stderr k3 start -n a --tty -o /nowhere/log -- true
  like "$stderr" "k3thread: start: FileNotFoundError: cannot open the output '/nowhere/log': *"
  run -127 --separate-stderr k3 start -n b --tty -- nothing-of-that-name
  like "$stderr" "*'nothing-of-that-name'*"
  mkfifo pipe
  in_background reader head -n 1 pipe
  wait_until "$DEADLINE" k3 start -n c --tty -o "$dir/pipe" -- sh -c 'seq 100000; sleep 0.1; seq 100000; echo over >over'
  finish reader
  k3 join c
  is "$(cat over)" over
}
