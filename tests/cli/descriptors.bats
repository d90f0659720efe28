#!/usr/bin/env bats
# The descriptors of the processes of k3thread: none stays open that nobody needs, and none gets into a command.

# shellcheck disable=SC2154

load helpers
load ../attach/process

# Threads of every kind, and clients that wait for them.
begin_everything() {
  rm -f attached
  begin process well
  k3 raise process ValueError
  k3 start -n quiet -- sleep 1000
  in_background watch "$K3THREAD" watch
  in_background logs "$K3THREAD" logs -f '*'
  in_background join "$K3THREAD" join quiet
  in_background bounded "$K3THREAD" join -t 1000 quiet
  in_background line "$K3THREAD" join --until line:never quiet
  in_background waiting "$K3THREAD" start --wait -n waiting -- sleep 1000
  k3 start -n input -i -- cat
  k3 send input hello
  k3 start -n terminal --tty -- sh -c 'echo hello; exec cat'
  in_background attach script -qec "'$K3THREAD' attach terminal" /dev/null
  k3 start -n limited --log-limit 4096 -- sh -c 'seq 10000; exec sleep 1000'
  k3 start -n output -o out -- sh -c 'echo hello; exec sleep 1000'
  k3 start -n file --input="$K3THREAD" -- sleep 1000
  k3 start -n after -a 1000 -- true
  k3 start -n needing --needs quiet:ended -- true
  k3 start -n leashed --leash $$ -- sleep 1000
  k3 start -n restarting -r always -- true
  k3 start -n limit -t 1000 -- sleep 1000
  k3 start -n leaving -- sh -c 'setsid sleep 1000 & exec sleep 1000'
  k3 start -n fd --ready 5 -- sleep 1000
  k3 start -n tcp --ready "tcp:127.0.0.1:$port" -- sleep 1000
  in_background ready "$K3THREAD" join --ready tcp
  k3 start -n unix --ready unix:none.sock -- sleep 1000
  k3 start -n http --ready "http://127.0.0.1:$port/" -- sleep 1000
  k3 start -n text --ready line:never -- sleep 1000
  k3 start -n check --ready 'cmd:sleep 1000' -- sleep 1000
  k3 start -n notify --ready notify -- sleep 1000
  printf 'A=1\n' >variables
  k3 start -n variables --env-file variables -- sh -c 'exec sleep 1000'
  k3 logs -n 1 terminal
}

read_everything() {
  script <<'PY'
client = Client()
for n, (thread, follow) in enumerate([("quiet", True), ("limited", False), ("output", True), ("missing", False)]):
    client.send("read", reader=n, open=True, thread=thread, follow=follow)
client.send("read", reader=1, close=True)
client.send("watch", events=[])
client.send("look", threads=["quiet"])
last = client.send("version")
while client.receive().get("id") != last:
    pass
client.close()
PY
}

# Starts and other requests that fail, at each step that can.
refuse_everything() {
  run -127 k3 start -- ./missing
  run -126 k3 start -- /etc/passwd
  run -64 k3 start -C missing -- true
  run -1 k3 start -o missing/file -- true
  run -1 k3 start --input=missing -- true
  run -127 k3 start --call missing.so:function
  run -64 k3 start --ready tcp:127.0.0.1 -- true
  run -3 k3 start --needs missing -- true
  run -64 k3 start --leash 0 -- true
  run -1 k3 start -o file --ready unix:k.sock -- sleep 1000
  run -3 k3 join missing
  run -3 k3 logs missing
  run -3 k3 send missing word
  run -124 k3 join -t 0.01 quiet
}

end_everything() {
  k3 raise --wait=20 leaving
  k3 raise --wait=20 terminal
  k3 raise --wait=20 '*' SIGKILL
  kill "${background[watch]}"
  local name
  for name in "${!background[@]}"; do [ "$name" = supervise ] || finish "$name" '*'; done
  k3 clear
}

# descriptors PID…: prints the files that the processes have open, and for each whether a command would have it, too.
# The files that the test itself has do not count: its children have them.
descriptors() {
  "$PYTHON" -I -S - "$BASHPID" "$@" <<'PY'
import os, re, sys
def descriptors(pid):
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            with open(f"/proc/{pid}/fdinfo/{fd}") as info:
                flags = int(re.search(r"flags:\s*(\d+)", info.read())[1], 8)
            yield int(fd), os.readlink(f"/proc/{pid}/fd/{fd}"), "closed" if flags & os.O_CLOEXEC else "kept"
        except FileNotFoundError:
            pass  # it was closed meanwhile
of_test = set(descriptors(sys.argv[1]))
for pid in sys.argv[2:]:
    print(*(f"{pid}: {fd} {path} {flag}" for fd, path, flag in sorted(set(descriptors(pid)) - of_test) if fd > 2), sep="\n")
PY
}

kept() {
  descriptors "$@" | grep ' kept$'
}

count() {
  descriptors "$@" | wc -l
}

has_at_most() {
  [ "$(count "$2")" -le "$1" ]
}

@test "after threads, clients and failures of every kind, the supervisor has the descriptors of before" {
  free_ports port
  in_background supervise "$K3THREAD" supervise --slots=100 --jobserver
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
  for round in 1 2; do
    begin_everything
    refuse_everything
    read_everything
    supervisor=$(supervisor_pid)
    is "$(kept "$supervisor" "$(guardian_pid)" "${background[@]}")" ''
    end_everything
    [ "$round" = 2 ] || before=$(count "$supervisor")
  done
  wait_until "$DEADLINE" has_at_most "$before" "$supervisor" || { descriptors "$supervisor" && false; }
}

@test "a shell keeps no descriptor of its commands" {
  mkfifo words
  "$K3THREAD" shell <words >out 2>&1 3>&- &
  background[shell]=$!
  exec 9>words
  for round in 1 2; do
    printf '%s\n' 'start -n a -- echo up' 'join a' 'logs a' 'logs -f a' "logs -f 'a*'" 'logs -n 1 a' 'list' 'start --wait -- true' \
      'raise nobody' 'start -n i -i -- cat' 'send --eof i word' 'join --any a i' 'watch --help' 'version' 'clear' \
      "start -n end$round -- touch end$round" "join end$round" "start -- sh -c 'echo >over$round'" >&9
    wait_for_file "over$round"
    [ "$round" = 2 ] || before=$(count "${background[shell]}")
  done
  is "$(kept "${background[shell]}")" ''
  wait_until "$DEADLINE" has_at_most "$before" "${background[shell]}" || { descriptors "${background[shell]}" && false; }
  exec 9>&-
  finish shell '*'
}
