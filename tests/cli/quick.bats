#!/usr/bin/env bats
# The quick way (cli/quick) does a plain start, join, raise or list before the C library has begun. To
# the caller and to the supervisor it behaves as the slow way does. The quick way leaves -S and its path
# in one word to the slow way, so each test can choose its way.

# helpers.bash sets `dir`; each test has a shell of its own, which may change its directory.
# shellcheck disable=SC2103,SC2154

load helpers

# both WORD…: runs the same command on both ways, which must print and return the same.
both() {
  local quick=0 slow=0
  "$K3THREAD" -S "$K3THREAD_SOCKET" "$@" >quick.out 2>quick.err </dev/null || quick=$?
  "$K3THREAD" -S"$K3THREAD_SOCKET" "$@" >slow.out 2>slow.err </dev/null || slow=$?
  is "$quick" "$slow"
  diff -u slow.out quick.out
  diff -u slow.err quick.err
  status=$quick
}

# The scripts below share a server that answers as it is told to, and the arguments for the two ways.
both_ways='
import contextlib, fcntl, os, pty, random, select, struct, subprocess, termios
K3THREAD = os.environ["K3THREAD"]
SOCKET = os.getcwd() + "/fake.sock"
QUICK, SLOW = ["-S", SOCKET], ["-S" + SOCKET]
listener = socket.socket(socket.AF_UNIX)
listener.bind(SOCKET)
listener.listen()
listener.settimeout(TIMEOUT)

def accept():
    connection = listener.accept()[0]
    connection.settimeout(TIMEOUT)
    return connection

def hear(connection):
    request = b""
    while not request.endswith(b"\n"):
        data = connection.recv(1 << 16)
        if not data:
            break
        request += data
    return request

def go(way, words, answer, at_request=lambda connection: None, **options):
    """Runs WORDS; returns the one request that came, and what the command said."""
    options.setdefault("stdout", subprocess.PIPE)
    process = subprocess.Popen([K3THREAD, *way, *words], stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, **options)
    with accept() as connection:
        request = hear(connection)
        at_request(connection)
        more = b""
        with contextlib.suppress(ConnectionError):  # it may have read all that it needs, and have ended
            for piece in answer if isinstance(answer, list) else [answer]:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            more = hear(connection)
    said = process.communicate(timeout=TIMEOUT)
    assert not select.select([listener], [], [], 0)[0], ("asked twice", words)
    return request, more, (*said, process.returncode)

def compare(words, answer, **options):
    quick, slow = (go(way, words, answer, **options) for way in (QUICK, SLOW))
    assert quick == slow, (words, answer, quick, slow)
    return quick

def result(value):
    return ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%s}\n" % value).encode()

def part(rows):
    return ("{\"jsonrpc\":\"2.0\",\"method\":\"table\",\"params\":{\"table\":\"%s\"}}\n" % rows).encode()

def error(code, name, message):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "error": {
        "code": code, "message": message, "data": {"type": name}}}).encode() + b"\n"
'

# quick_script: runs the Python script on standard input, with the names above.
quick_script() {
  { echo "from client import *" && echo "$both_ways" && cat; } >quick.py
  PYTHONPATH=$ROOT/tests/cli timeout --foreground -s KILL $((120 * SLOWNESS)) "$PYTHON" -S -B quick.py
}

@test "both ways print the same and exit with the same status" {
  k3 start -n e -- sh -c 'exit 7'
  both join e
  is "$status" 7
  k3 start -n one -- sleep 1000
  k3 start -n quote -- echo 'a "b" \ c'
  k3 start -n utf -- echo $'\xc3\xa4' $'\xff'
  k3 join quote utf
  for words in 'list e quote utf' 'ls quote' 'raise one CONT' 'raise one SIGCONT' 'raise 2 cont' \
    'raise nobody' 'raise e' 'raise one Nothing' 'raise one SIGCONT more' 'raise' 'join' \
    'join nobody' 'join 99' 'join 01' 'list 01' 'join 1' 'join e quote' 'join e*' 'join ?' 'list nobody' \
    'list e*' 'list -- e' 'list --json e' 'list -q' 'list --nothing' 'start' 'start --' 'start -n' \
    'start -n one true' 'start -n a/b true' 'start --name' 'start -x true' 'daemon'; do
    # shellcheck disable=SC2086  # a list of words
    both $words
  done
  both join ''
  both raise '' SIGCONT
  both raise one ''
  both raise $'one\n'
  both list $'\xff'
}

@test "both ways of join report the same of a thread that did not end by itself" {
  k3 start -n signal -- sh -c 'kill -9 $$'
  k3 start -n long -a 100 -- true
  k3 start -n raised -- sleep 1000
  k3 raise long KeyboardInterrupt
  k3 raise raised ValueError -m 'no "good"'
  k3 start -n late -t 0.01 -- sleep 1000
  run -127 k3 start -n nothing -- ./nothing
  k3 start -n $'sp \xc3\xa4' -- true
  for thread in signal long raised late nothing $'sp \xc3\xa4'; do both join "$thread"; done
}

@test "both ways give a command the same environment, arguments, directory and signals" {
  cat >show <<'END'
#!/bin/sh
env | grep -v '^K3THREAD_' | LC_ALL=C sort
pwd
umask
printf '<%s>' "$@"
exec grep -E '^Sig(Blk|Ign)' /proc/self/status
END
  chmod +x show
  mkdir 'in "here"'
  cd 'in "here"'
  umask 027
  for way in "-S $K3THREAD_SOCKET" "-S$K3THREAD_SOCKET"; do
    # shellcheck disable=SC2086  # two words, or one
    id=$(env ODD=$'a\tb\n"c"\\d\x01\x1f\x7f' EMPTY= "$K3THREAD" $way start -- ../show 'a b' '' -x $'\t')
    k3 join "$id"
    k3 logs "$id" >"../$id.log"
  done
  cd ..
  is "$(k3 list -q | wc -l)" 2
  diff -u 1.log 2.log
  grep -q 'in "here"' 1.log
}

@test "both ways send the same bytes, and the quick way sends them before the C library has begun" {
  quick_script <<'EOF'
answers = {"raise": "[{\"id\":1}]", "start": "{\"id\":12}", "daemon": "{\"id\":12}",
           "join": "{\"id\":1,\"name\":\"a\",\"exit_code\":3,\"runs\":1}",
           "list": "{\"table\":\"ID\\tNAME\\n1\\ta\\n\"}", "ls": "{\"table\":\"ID\\tNAME\\n\"}"}
headers = subprocess.run(["readelf", "-lW", K3THREAD], stdout=subprocess.PIPE, check=True).stdout
dynamic = b"INTERP" in headers  # such a program has no quick way, and may have a heap from the first

def has_begun(connection):
    peer = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    heap.append("[heap]" in open("/proc/%d/maps" % peer[0]).read())

for words in (["raise", "a"], ["raise", "12"], ["raise", "a-*", "SIGHUP"],
              ["join", "a"], ["join", "7"], ["join", "1" * 18], ["list"], ["ls", "a", "3", "b*"],
              ["start", "true"], ["start", "--", "-x"], ["start", "-n", "-a", "true", "-n"],
              ["start", "-d", "--name", "a\\b\"", "--daemon", "--", "a\n", "\x7f\x1b"],
              ["daemon", "-n", "x", "sleep", "1"]):
    heap = []
    environment = dict(os.environ, ODD="\x01\"\\\b\f\n\r\t")
    environment[""] = "no name"  # "=no name" is no variable
    said = compare(words, result(answers[words[0]]), at_request=has_begun, env=environment)
    assert dynamic or heap == [False, True], (words, heap)
    assert said[1] == b"" and said[2][2] == (3 if words[0] == "join" else 0), said
EOF
}

@test "the slow way reads a reply that is not plain, and no request is sent twice" {
  quick_script <<'EOF'
table = "ID\\tNAME\\tRESULT\\tCOMMAND\\n1\\ta\\t-\\tsleep 1\\n"
for words in (["raise", "a"], ["start", "true"], ["join", "a"], ["list"]):
    for answer in (error(-32003, "InvalidThreadIdError", "no live thread 'a'"),
                   error(-32007, "FileNotFoundError", "cannot run 'x': \u00e4 \"q\" \n"),
                   error(-32603, None, "out of memory"),
                   b"", b"{", b"\n", b"nothing\n", b"\0\n", result("null"), result("{}"),
                   result("[]"), result("12"), result("{\"id\":1}"), result("{\"id\":-1}"),
                   result("{\"id\":1.5}"), result("{\"id\":" + "1" * 30 + "}"),
                   result("{\"table\":1}"), result("{\"table\":\"" + table + "\"}"),
                   result("{\"table\":\"" + table * 300 + "\"}"),
                   result("{\"table\":\"" + table + "2\\tx\\u001b\\t-\\tb\\n\"}"),
                   result("{\"table\":\"" + table + "2\\t\u00e4\\t-\\tb\\n\"}"),
                   result("{\"table\":\"" + table + "2\\t\\\\t\\\"\\t \\t  \\n\"}"),
                   result("{\"table\":\"\"}"), result("{\"table\":\"x\"}"),
                   result("{\"table\":\"" + "x\\t" * 40 + "\\n\"}"),
                   b"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":[{\"id\":1}]}\n",
                   b"{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"table\":\"ID\\n7\\n\"}}\n" +
                   result("{\"table\":\"8\\n\"}"),
                   [result("[{\"id\":1}]")[:20], result("[{\"id\":1}]")[20:]],
                   result("{\"id\":1,\"name\":\"a\",\"exit_code\":0,\"runs\":1}"),
                   result("{\"id\":1,\"name\":\"a\",\"exit_code\":255,\"runs\":2}"),
                   result("{\"id\":1,\"name\":\"a\",\"exit_code\":0,\"runs\":0}"),
                   result("{\"id\":1,\"name\":\"a\\\"b\",\"exit_code\":4,\"runs\":1}"),
                   result("{\"id\":1,\"name\":{\"base64\":\"/w==\"},\"exit_code\":4,\"runs\":1}"),
                   result("{\"id\":1,\"name\":\"a\",\"signal\":9,\"runs\":1}"),
                   result("{\"id\":1,\"name\":\"a\",\"exit_code\":0,\"exception\":\"TimeoutError\",\"runs\":1}"),
                   result("{\"id\":1,\"name\":\"a\",\"exit_code\":127,\"message\":\"cannot\",\"runs\":0}")):
        compare(words, answer)
EOF
}

@test "both ways print a long table that comes in parts, and leave an odd one to the slow way" {
  quick_script <<'EOF'
head, row, wide = "ID\\tNAME\\tCOMMAND\\n", "1\\ta\\tsleep 1\\n", "12345678901\\t\\\\b\\\"c\\\\\\\\\\tx\\n"
end = result("{\"table\":\"%s\"}" % row)
long = [part(head + row)] + [part(row * 300 + wide)] * 3
for answer in ([part(head)], [part(head), end], [part(head + row), part(wide), end], [*long, end],
               [part(head + row), result("{\"table\":\"%s\"}" % wide)],
               [part(head), part(""), end], [part(""), part(head), end], [part(head), result("{\"table\":\"\"}")],
               [part(head), part("1\\t2\\n"), end], [part(head), part("1\\t2\\t3\\t4\\n"), end],
               [part(head), part("1\\t2\\t3"), end], [part(head), part("1\\t2\\t3\\t"), end],
               [part(head), part("1\\t\u00e4\\t3\\n"), end], [part(head), part("1\\t\\u00e4\\t3\\n"), end],
               [part(head), part("1\\t2\\t3\\r\\n"), end], [part(head), part("1\\t2\\t\x7f\\n"), end],
               [part(head), part(row)[:40]], [part(head), b"\n", end], [part(head), b"{}\n", end],
               [*long, error(-32603, None, "out of memory")], [*long], [*long, end, end], [*long, end, b"x"],
               [*long, part("1\\t2\\n"), end], [*long, result("[]")]):
    whole = b"".join(answer)
    cut = random.randrange(len(whole))
    for pieces in (whole, answer, [whole[:cut], whole[cut:]]):
        compare(["list"], pieces)
for _ in range(int(os.environ.get("ROUNDS", "20" if os.environ.get("SANITIZE") else "100"))):
    whole = bytearray(b"".join([part(head + row), part(row + wide), end]))
    at = random.randrange(len(whole))
    whole[at:at + random.randrange(3)] = random.choice(
        [b"", b"\\", b"\"", b"}", b"\xff", b"\x7f", b"\\t", b"\\n", b"\n", bytes([random.randrange(256)])])
    compare(["list"], bytes(whole))
printed = []
for way in (QUICK, SLOW):  # more than is written at a time
    with open("long", "w+b") as output:
        go(way, ["list"], [*long * 20, end], stdout=output)
        output.seek(0)
        printed.append(output.read())
assert printed[0] == printed[1] and len(printed[0]) > 1 << 18, len(printed[0])
EOF
}

@test "both ways read damaged replies alike" {
  quick_script <<'EOF'
seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
print("SEED=%d" % seed)
random.seed(seed)
plain = [(["start", "true"], result("{\"id\":12}")), (["raise", "a"], result("[{\"id\":1}]")),
         (["join", "a"], result("{\"id\":1,\"name\":\"a\",\"exit_code\":3,\"runs\":1}")),
         (["list"], result("{\"table\":\"ID\\tA\\n1\\t\\\"\\\\x\\n\"}"))]
for _ in range(int(os.environ.get("ROUNDS", "40" if os.environ.get("SANITIZE") else "200"))):
    words, answer = random.choice(plain)
    answer = bytearray(answer)
    for _ in range(random.randrange(1, 3)):
        at = random.randrange(len(answer))
        answer[at:at + random.randrange(3)] = random.choice(
            [b"", b"\\", b"\"", b"}", b"\xff", b"0", b"9", b",", b"\n", bytes([random.randrange(256)])])
    compare(words, bytes(answer))
EOF
}

@test "both ways cut a table to the width of the terminal" {
  quick_script <<'EOF'
answer = part("ID\\tCOMMAND\\tX\\n1\\tsleep 1000\\tx\\n") + result("{\"table\":\"10\\t\\t    \\n\"}")
for width in (0, 1, 4, 5, 6, 14, 15, 16, 80):
    shown = []
    for way in (QUICK, SLOW):
        mine, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, width, 0, 0))
        go(way, ["list"], answer, stdout=theirs)
        os.close(theirs)
        shown.append(os.read(mine, 10000))
        os.close(mine)
    assert shown[0] == shown[1] and shown[0].count(b"\n") == 3, (width, shown)
EOF
}

@test "both ways report output that cannot be written" {
  k3 start -n one -- sleep 1000
  for words in 'list one' 'start -- true'; do
    for output in /dev/full closed; do
      for way in "-S $K3THREAD_SOCKET" "-S$K3THREAD_SOCKET"; do
        status=0
        # shellcheck disable=SC2086  # lists of words
        if [ "$output" = closed ]; then
          "$K3THREAD" $way $words >&- 2>"${#way}.err" || status=$?
        else
          "$K3THREAD" $way $words >"$output" 2>"${#way}.err" || status=$?
        fi
        is "$status" 1
      done
      diff -u ./*.err
    done
  done
}

@test "both ways find the same supervisor, or none" {
  unset K3THREAD_SOCKET
  own=$dir/k3thread-$(id -u)
  k3 start -n default -- sleep 1000
  k3 -L other start -n other -- sleep 1000
  like "$(k3 list)" '*default*'
  like "$(k3 -L other list)" '*other*'
  like "$(K3THREAD_SOCKET='' k3 list)" '*default*'
  like "$(K3THREAD_SOCKET=$own/other.sock k3 list)" '*other*'
  like "$(K3THREAD_SOCKET=$own/other.sock k3 -L default list)" '*default*'
  like "$(K3THREAD_SOCKET=/nowhere k3 -S "$own/other.sock" list)" '*other*'
  like "$(cd "$own" && k3 -S other.sock list)" '*other*'
  run -69 k3 -L third list
  run -69 k3 -S "$dir/none" join x
  for wrong in '-L a/b' '-L .a' '-S /' '-L a -S /b'; do
    # shellcheck disable=SC2086  # a list of words
    run -64 k3 $wrong list
  done
  k3 -L other shutdown --now
  k3 shutdown --now
}

@test "the quick way asks no supervisor that belongs to another user" {
  [ "$(id -u)" = 0 ] || skip 'needs root'
  quick_script <<'EOF'
ready, tell = os.pipe()
child = os.fork()
if child == 0:
    os.setresuid(65534, 65534, 65534)
    listener.listen()  # from here on the peer is this user
    os.write(tell, b"x")
    with accept() as connection:
        os._exit(hear(connection) != b"")
os.read(ready, 1)
done = subprocess.run([K3THREAD, "raise", "x"], env=dict(os.environ, K3THREAD_SOCKET=SOCKET),
                      stderr=subprocess.PIPE, text=True)
assert done.returncode == 1 and "belongs to user 65534" in done.stderr, done
assert os.waitpid(child, 0)[1] == 0
EOF
}

@test "no request is sent again although the caller's directory has gone since" {
  quick_script <<'EOF'
os.mkdir("a")
for way in (QUICK, SLOW):
    for what in ("rename", "remove"):
        def move(connection):
            os.rename("a", "b") if what == "rename" else os.rmdir("a")
        request, more, said = go(way, ["start", "./x"], error(-32007, "FileNotFoundError", "cannot run"),
                                 at_request=move, cwd="a")
        assert b"/a\"" in request and said[1:] == (b"k3thread: start: FileNotFoundError: cannot run\n", 1)
        os.rename("b", "a") if what == "rename" else os.mkdir("a")
EOF
}

@test "a set-id program does not pass on the variables that it was given for its loader" {
  needs_root
  needs_no_sanitizer address 'its library cannot be found by such a program'
  chmod 755 .
  install -m 2755 -g 1 "$K3THREAD" secure
  quick_script <<'EOF'
K3THREAD = os.getcwd() + "/secure"
os.chmod(SOCKET, 0o777)
environment = dict(os.environ, LD_LIBRARY_PATH="/x", TMPDIR="/y")
quick, slow = (go(way, ["start", "true"], result("{\"id\":1}"), env=environment, group=1000)
               for way in (QUICK, SLOW))
assert quick == slow and b"LD_LIBRARY_PATH" not in quick[0], (quick, slow)
EOF
}

@test "both ways wait for a reader that takes a part of a table" {
  quick_script <<'EOF'
import threading
answer = result("{\"table\":\"" + "".join("%d\\tsleep 1000 and more words\\n" % i for i in range(100)) + "\"}")
mine, theirs = socket.socketpair()
theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the least there is
theirs.setblocking(False)

def fill():
    try:
        while True:
            theirs.send(b"z")
    except BlockingIOError:
        pass

def is_asleep():
    """Whether the only child sleeps."""
    with open("/proc/self/task/%d/children" % os.getpid()) as children:
        with open("/proc/%s/stat" % children.read().split()[0]) as stat:
            return stat.read().rpartition(") ")[2].startswith("S")

def read_late():
    """From when there is no room again, and the writer waits for that."""
    global shown, slept
    end = time.monotonic() + 10
    while len(mine.recv(4096, socket.MSG_PEEK)) <= len(before) and time.monotonic() < end:
        time.sleep(0.002)
    while not (slept := is_asleep()) and time.monotonic() < end:
        time.sleep(0.002)
    while shown.count(b"\n") < 100:
        shown += mine.recv(300)

for way in (QUICK, SLOW):
    shown = b""
    fill()
    mine.recv(1)  # room for one piece, which is not all
    before = mine.recv(4096, socket.MSG_PEEK)
    reader = threading.Thread(target=read_late)
    reader.start()
    request, more, said = go(way, ["list"], answer, stdout=theirs)
    reader.join(TIMEOUT)
    assert slept, way
    assert said[2] == 0 and shown.count(b"\n") == 100, (way, said, shown[-100:])
EOF
}

@test "neither way sends a raise of a name that no exception can have" {
  quick_script <<'EOF'
for way in (QUICK, SLOW):
    done = subprocess.run([K3THREAD, *way, "raise", "a", "No-such"], stderr=subprocess.PIPE, timeout=TIMEOUT)
    assert done.returncode == 64 and b"no exception 'No-such'" in done.stderr, done
    assert not select.select([listener], [], [], 0)[0], way
EOF
}

@test "a table that cannot be written to its end is reported, and is not written twice" {
  for i in {1..30}; do k3 start -n "thread-$i" -- true; done
  k3 join --all
  k3 list >whole
  [ "$(stat -c %s whole)" -gt 1024 ]
  [ "$(stat -c %s whole)" -lt 4096 ]
  # shellcheck disable=SC2016
  run -1 --separate-stderr bash -c 'ulimit -f 1; trap "" XFSZ; exec "$K3THREAD" list >part'
  like "$stderr" 'k3thread: *cannot write to standard output*'
  cmp part <(head -c 1024 whole)
}
