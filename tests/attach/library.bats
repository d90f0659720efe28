#!/usr/bin/env bats
# Programs with the library that attach themselves: what k3thread_attach(3) promises. attached.c has the programs.

# shellcheck disable=SC2016,SC2154  # helpers.bash and run set some names

load ../cli/helpers
load said

attached=$HELPERS/../attach/attached

# begin NAME WHAT [ARGUMENT]: starts a program and waits until it says that it is ready.
begin() {
  local name=$1
  shift
  k3 start -n "$name" -o "$dir/$name.out" -- "$attached" "$@"
  wait_until "$DEADLINE" has_said "$name" ready
}

@test "an exception that is raised from outside is caught as itself, and the program goes on" {
  begin web catch
  k3 raise -m 'bad line' web ValueError
  said web 'main caught ValueError: bad line'
  k3 raise -m $'\xff "\\\n' web OSError
  said web $'main caught OSError: \xff "\\'
  k3 raise -m "$(printf 'x%.0s' {1..300})" web KeyError
  said web "main caught KeyError: $(printf 'x%.0s' {1..255})"
  is "$(k3_field web attached)" true
  k3 raise -m bye web
  run -0 k3 join web
  said web 'main ends: bye'
  is "$(k3_field web exception)" SystemExit
}

@test "an exception that nobody catches ends the process with its status, after the clean-ups, and is the thread's" {
  for row in SystemExit:143 KeyboardInterrupt:130 TimeoutError:124 ValueError:1 OSError:1; do
    exception=${row%:*}
    begin "$exception" uncaught
    k3 raise -m "why $exception" "$exception" "$exception"
    run "-${row#*:}" k3 join "$exception"
    is "$(k3_field "$exception" exception) $(k3_field "$exception" message)" "$exception why $exception"
    is "$(k3_field "$exception" exit_code)" "${row#*:}"
    said "$exception" 'cleaned up'
  done
  said ValueError 'Exception in thread MainThread: ValueError: why ValueError'
  run ! has_said SystemExit 'Exception in thread MainThread: SystemExit: why SystemExit'
}

@test "an exception that is raised again counts as that from outside, and another one does not" {
  begin again rethrow
  k3 raise -m x again TimeoutError
  run -124 k3 join again
  is "$(k3_field again exception) $(k3_field again message) $(k3_field again exit_code)" "TimeoutError x 124"
  begin more rethrow
  k3 raise -m y more IndexError
  run -1 k3 join more
  is "$(k3_field more exception) $(k3_field more message)" "IndexError y"
  begin other rethrow
  k3 raise other ValueError
  run -1 k3 join other
  is "$(k3_field other exception)" null
}

@test "a message with any bytes is that of the thread that ends by it" {
  local message number=0
  for message in $'\xff' $'a\xe4bc' 'a"b\c' $'\t\x01\x1f\x7f' "$(printf 'ä%.0s' {1..100})" "$(printf '\xe4%.0s' {1..255})"; do
    begin "t$((++number))" uncaught
    k3 raise -m "$message" "t$number" ValueError
    run -1 k3 join "t$number"
    k3 list --json "t$number" | "$PYTHON" -I -S -c '
import base64, json, os, sys
message = json.load(sys.stdin)[0]["message"]
bytes = base64.b64decode(message["base64"]) if isinstance(message, dict) else message.encode()
assert bytes == os.fsencode(sys.argv[1]), bytes' "$message"
  done
}

is_running() {
  [ "$(k3 list "$1" | awk 'NR == 2 { print $4 }')" = running ]
}

@test "list shows the threads of a program, and raise finds each by name and by id" {
  begin web workers
  is "$(k3 list web/ | awk '{ $3 = ""; print $1, $2, $4, $5 }' | tail -n +2 | head -n 7)" \
    "1/1 web/MainThread running no
1/2 web/early running yes
1/3 web/worker-1 running yes
1/4 web/worker-2 running yes
1/5 web/late delayed yes
1/6 web/a\\x2fb\\x2a running yes
1/7 web/\\x37 running yes"
  wait_until "$DEADLINE" is_running web/soon # it was delayed
  k3 list --json web/ | "$PYTHON" -I -S -c '
import json, os, sys
for thread in json.load(sys.stdin):
    assert os.path.exists("/proc/%d" % thread["tid"]), thread'
  k3 raise -m one web/worker-1 ValueError
  k3 raise -m two 'web/worker-*' KeyError
  k3 raise -m three 1/2 KeyError
  k3 raise 'web/a\x2fb\x2a' EOFError
  k3 raise 'web/\x37' EOFError
  k3 raise 'web/\xff' EOFError
  k3 raise 'web/ä "x"' EOFError
  said web 'worker-1 caught ValueError: one' 'worker-1 caught KeyError: two' 'worker-2 caught KeyError: two' \
    'early caught KeyError: three' 'a/b* caught EOFError: ' '7 caught EOFError: ' $'\xff caught EOFError: ' \
    'ä "x" caught EOFError: '
  run -3 k3 raise web/worker-3 ValueError
  run -3 k3 raise web/99 ValueError
}

@test "the name of a thread has its characters as they are, and each byte that is no character in hexadecimal" {
  begin web names
  k3 list --json web/ | "$PYTHON" -I -S -c '
import json, sys
plain = [chr(code) for code in (0x7e, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0x10000, 0x40000, 0x10ffff)]
other = [b"\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80"]
escaped = ["".join("\\x%02x" % byte for byte in name) for name in other] + ["\\xc2A", "\\xe1\\x80A"]
names = [thread["name"] for thread in json.load(sys.stdin)][1:]
assert names == ["web/" + name for name in plain + escaped], names'
}

@test "a thread that waits out its delay is ended by an exception, and leaves the list" {
  begin web workers
  k3 raise web/late
  wait_until "$DEADLINE" eval '! k3 list web/late 2>/dev/null'
}

@test "watch is told of each thread that begins and ends, however short its life" {
  k3 start -n first -- sleep 1000
  in_background watch k3 watch
  wait_until "$DEADLINE" eval 'k3 raise first CONT; [ -s watch.out ]'
  begin web brief 200
  wait_until "$DEADLINE" eval '[ "$(grep -c "web/Thread-.* inner-ended" watch.out)" = 200 ]'
  is "$(grep -c 'web/Thread-.* inner-started' watch.out)" 200
  is "$(k3 list -q web/)" 2/1
}

@test "a published type is raised by its name, published before or after the attach" {
  begin web publish
  for type in Reload Late Odd_one; do
    k3 raise -m hi web "$type"
    said web "main caught $type: hi"
  done
  is "$(k3_field web state)" stopping # Late is a TimeoutError
  k3 raise web
  k3 join web
}

@test "the published types of a process are offered where one of them can be raised, and nowhere else" {
  begin web publish
  k3 start --name other -- sleep 1000
  k3 completion --at -- raise web '' | cut -f 1 >web.words
  for type in Reload Late Odd_one SystemExit HUP; do grep -qx "$type" web.words; done
  k3 completion --at -- raise -m hi web/worker '' | cut -f 1 | cmp - web.words
  k3 completion --at -- raise "$(k3_field web id)" '' | cut -f 1 | cmp - web.words
  k3 completion --at -- raise other '' | cut -f 1 | diff - web.words >unlike || :
  is "$(sed -n 's/^> //p' unlike)" $'Reload\nLate\nOdd_one'
  for thread in 'we*' none --all; do
    is "$(k3 completion --at -- raise "$thread" '' | grep -c -e Reload -e SystemExit)" 1
  done
  PYTHONPATH=$ROOT/tests/cli "$PYTHON" -S -B -c 'from client import *
names = [e["name"] for e in call("exceptions", thread="web")]
assert names[-3:] == ["Reload", "Late", "Odd_one"], names
assert len(call("exceptions")) == len(call("exceptions", thread="other")) == len(names) - 3
fails(-32003, "InvalidThreadIdError", "exceptions", thread="none")'
}

@test "attach, detach and publish return their errors, and keep errno" {
  k3 start -n web -o web.out -- "$attached" errors
  k3 join web
  is "$(cat web.out)" "detach -2
publish -5001 -5002
publish -5002 -17
publish 0 -17
publish -28
attach 0
errno 77
again 0
detach 0 -2"
  run -90 "$attached" catch
  K3THREAD_SOCKET=$dir/k.sock K3THREAD_ID=1 run -90 "$attached" catch
  is "$output" "attach: -3"
  k3 start -n nap -- sleep 1000
  K3THREAD_SOCKET=$dir/k.sock K3THREAD_ID=2 run -90 "$attached" catch
  is "$output" "attach: -1"
  K3THREAD_SOCKET=$dir/k.sock K3THREAD_ID=2 run -90 "$attached" short
  is "$output" "attach: -24"
  unset K3THREAD_ID
  run -90 "$attached" catch
  is "$output" "attach: -2"
}

@test "a program may detach and attach any number of times" {
  begin web again 100
  k3 raise web ValueError
  said web 'main caught ValueError: '
  [[ ${SANITIZE-} = *thread* ]] || is "$(find "/proc/$(k3_field web pid)/task" -mindepth 1 -maxdepth 1 | wc -l)" 2
}

@test "a forked child is not attached, and may attach when its parent has detached" {
  needs_no_sanitizer thread "it starts no thread in a forked child"
  begin web fork
  said web 'child: -2 -16' 'parent: 0'
  k3 raise web ValueError
  said web 'child caught ValueError: '
  k3 raise web # the child catches it, and the parent gets its signal
  run -143 k3 join web
  said web 'child ends: '
}

@test "a program that another program takes the place of may attach again" {
  begin web exec
  wait_until "$DEADLINE" k3 list web/
  k3 raise web ValueError
  said web 'main caught ValueError: '
}

@test "the hidden thread keeps no process alive" {
  needs_no_sanitizer thread "it has a thread of its own"
  k3 start -n web -- "$attached" last
  run -0 k3 join -t "$LIMIT" web
}

@test "the hidden thread is not listed, handles no signal, and does nothing while nothing comes" {
  begin web signals
  pid=$(k3_field web pid)
  for _ in {1..20}; do kill -USR1 "$pid"; done
  said web 'signal 10 in main'
  run ! has_said web 'signal 10 in another thread'
  hidden=$(grep -lx k3thread-attach /proc/"$pid"/task/*/comm)
  like "$(grep SigBlk "${hidden%comm}status")" '*fffffffe7ffbfeff'
  is "$(k3 list -q web/)" 1/1
  before=$(grep ctxt "${hidden%comm}status")
  sleep 0.5
  is "$(grep ctxt "${hidden%comm}status")" "$before"
  begin other hidden
  said other 'listed 1'
}

@test "SystemExit for a main that waits in exit keeps the exit rule, and the grace ends it" {
  k3 start -n web --grace 0.5 -o web.out -- "$attached" exit
  wait_until "$DEADLINE" has_said web ready
  k3 raise web ValueError
  wait_until "$DEADLINE" grep -q 'Exception in thread MainThread: ValueError' web.out
  is "$(k3_field web exception)" null
  k3 raise web/worker ValueError
  said web 'worker caught ValueError: '
  k3 raise web/worker
  run -1 k3 join web
  said web 'exits'
  is "$(k3_field web exception)" ValueError
}

@test "a full queue fails the raise, and a busy main has the exception in its queue" {
  begin web full
  for _ in {1..64}; do k3 raise web ValueError; done
  run -1 k3 raise web ValueError
  like "$output" "*SendRaiseError: thread 'web': too many exceptions are pending in it; try again later"
  begin busy busy
  k3 raise busy ValueError
  is "$(k3_field busy state)" running
  k3 raise busy KILL
}

@test "a program that loses its connection connects anew, and gives up when it is refused" {
  needs_no_sanitizer thread "it has a thread of its own"
  script "$attached" <<'FAKE'
import array, fcntl, struct, subprocess, termios
listener = socket.socket(socket.AF_UNIX)
listener.bind("fake")
listener.listen()
listener.settimeout(TIMEOUT)
only_main = True

def serve(refuse=False):
    """Accepts an attach. Returns the connection and the lines that come."""
    connection = listener.accept()[0]
    connection.settimeout(TIMEOUT)
    lines = connection.makefile("rb")
    request = json.loads(lines.readline())
    assert request == {"jsonrpc": "2.0", "id": 1, "method": "attach", "params": {"thread": 5}}, request
    if refuse:
        connection.sendall(b'{"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"x"}}\n')
        return connection, lines
    permit = os.eventfd(0, os.EFD_NONBLOCK) if hasattr(os, "eventfd") else os.pipe2(os.O_NONBLOCK)[0]
    connection.sendmsg([b'{"jsonrpc": "2.0" , "method":"permit"}\n'],
                       [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [permit]))])
    connection.sendall(b'{"jsonrpc":"2.0","x":[1,-2.5e3,{"y":null},[],{}],"result":{"attached":true},"id":1}\n')
    news = json.loads(lines.readline())["params"]["started"]
    assert not only_main or [thread["name"] for thread in news] == ["MainThread"], news
    return connection, lines, permit

def begin(*words):
    """Starts a program and attaches it. Returns the program, the connection, the lines that come, and the permit."""
    program = subprocess.Popen([sys.argv[1], *words], env={"K3THREAD_SOCKET": "fake", "K3THREAD_ID": "5"},
                               stdout=subprocess.PIPE)
    connection, lines, permit = serve()
    told = json.loads(lines.readline())  # k3thread_attach waits for the reply to this
    connection.sendall(json.dumps({"jsonrpc": "2.0", "id": told["id"], "result": {}}).encode() + b"\n")
    return program, connection, lines, permit

def hang_up(connection, lines):
    """Hangs up five times. Each time the program waits longer before it connects. Returns what serve() returned."""
    # The first connection may have been a long one, so that the count of the attempts begins anew.
    for pause in (0.02, 0.02, 0.04, 0.08, 0.16):
        connection.close()
        lines.close()
        lost = time.monotonic()
        connection, lines, permit = serve()
        assert time.monotonic() - lost >= pause, (pause, time.monotonic() - lost)
    return connection, lines, permit

def send_in_pieces(connection, line):
    """Sends the second half of LINE when the program has read the first."""
    half = len(line) // 2
    connection.sendall(line[:half])
    deadline = time.monotonic() + TIMEOUT
    while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0] > 0:
        assert time.monotonic() < deadline
        os.sched_yield()
    connection.sendall(line[half:])

program, connection, lines, permit = begin("catch")
assert program.stdout.readline() == b"ready\n"
connection.close()
lines.close()
connection, lines, permit = serve()
answers = []
# Without a permit nothing is raised; with one, whatever the spelling.
for permits, text in ((0, b'"x"'), (1, b'"\\u00e9\\ud83d\\ude00\\/\\n"'), (1, b'{"base64":"/w=="}'), (1, b'7')):
    if permits and hasattr(os, "eventfd_write"):
        os.eventfd_write(permit, 1)
    send_in_pieces(connection, b'{"id":9,"method":"raise","params":{ "message": %s , "exception":"KeyError"},"jsonrpc":"2.0"}\n'
                       % text)
    if text != b'7':
        answer = json.loads(lines.readline())
        while answer.get("id") != 9:
            answer = json.loads(lines.readline())
        answers.append(answer)
if hasattr(os, "eventfd"):
    assert [("result" in answer) for answer in answers] == [False, True, True], answers
    assert program.stdout.readline() == "main caught KeyError: \u00e9\U0001f600/\n".encode()
    assert program.stdout.readline() == b"\n"
    assert program.stdout.readline() == b"main caught KeyError: \xff\n"
connection, lines, permit = hang_up(connection, lines)
connection.close()
lines.close()
serve(refuse=True)
wait_until("the hidden thread has ended", lambda: len(os.listdir("/proc/%d/task" % program.pid)) == 1)
program.kill()
program.wait()
# The threads that begin meanwhile do not shorten the pauses.
only_main = False
program, connection, lines, permit = begin("brief", "1000000000")
hang_up(connection, lines)
program.kill()
program.wait()
FAKE
}
