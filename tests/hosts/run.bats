#!/usr/bin/env bats
# Commands on other machines. Here `sh` stands for each machine, which is this one.

# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load hosts

# Prints the ids of the agents of this test, and of the processes of NAME's agent.
agents() {
  pgrep -f "^[^ ]*k3thread agent" | while read -r pid; do
    ! tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qx "TMPDIR=$dir" || echo "$pid"
  done
}

agent_of() {
  local pid
  for pid in $(agents); do
    ! tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "MACHINE=$1" || echo "$pid"
  done
}

@test "a command runs on the first machine of the list with a free slot" {
  script_of 'start -n 1st -- sh -c "echo \$K3THREAD_HOSTNAME; until [ -e go ]; do sleep 0.02; done"' \
    'start -n 2nd -- sh -c "echo \$K3THREAD_HOSTNAME; until [ -e go ]; do sleep 0.02; done"' \
    'start -n 3rd -- sh -c "echo \$K3THREAD_HOSTNAME; touch go"' 'start -n 4th -- sh -c "echo \$K3THREAD_HOSTNAME"'
  run_on 'a:1 b:1,c' script
  is "$(sort out)" $'1st | a\n2nd | b\n3rd | c\n4th | c'
}

@test "logs shows the output of a run on its machines, which do not have the files" {
  needs_root
  mkdir front
  printf '#!/bin/sh\nmount -t tmpfs none "%s/front" && exec "$@"\n' "$dir" >hide
  chmod +x hide
  script_of 'start -n a --host a -- sh -c "echo one; echo two"' 'join a' \
    'start -n b --host b -- sh -c "k3thread logs -f a >1; k3thread logs -n1 a >2; k3thread logs -f \"[a]\" >3"' \
    'start -n c --host b -- k3thread start --wait -- echo three' 'join c'
  PATH=${K3THREAD%/*}:$PATH XDG_RUNTIME_DIR='' TMPDIR=$dir/front k3 run --hosts a,b --via "unshare -m $dir/hide" script >out
  is "$(cat 1 2 3)" $'one\ntwo\ntwo\na | one\na | two'
  grep -qx 'c | three' out
}

@test "--host names the machine, and others do not wait for the threads that wait for it" {
  script_of 'start -n 1 --host b -- true' # a name is not all digits
  run -64 run_on a,b script
  script_of 'start -n x1 --host b -- sh -c "until [ -e go ]; do sleep 0.02; done"' \
    'start -n x2 --host b -- sh -c "echo \$K3THREAD_HOSTNAME"' \
    'start -n y -- sh -c "echo \$K3THREAD_HOSTNAME; touch go"'
  run_on a:1,b:1 script
  is "$(cat out)" $'y | a\nx2 | b'
}

@test "a machine without a number of slots has as many as it has processors" {
  script_of 'start -n first -- sh -c "until [ -e go ]; do sleep 0.02; done"' 'start -n last -- true' 'join --ready first' \
    'list last' 'daemon -- touch go'
  via='taskset -c 0' run_on a script
  grep -q '^2 .*last .* queued ' out
}

@test "each command has its run's directory and environment, and knows its machine, thread and slot" {
  mkdir d
  script_of 'start -n a -C d -e X=1 -- sh -c "pwd; echo \$X \$Y \$K3THREAD_HOSTNAME \$K3THREAD_ID \$K3THREAD_NAME \$K3THREAD_SLOT; umask"'
  umask 027
  Y=2 K3THREAD_HOSTNAME=no run_on 'm:2' script
  is "$(cat out)" "a | $dir/d
a | 1 2 m 1 a 0
a | 0027"
}

@test "commands that use one connection after the other have each their own environment" {
  script_of 'start -n a -- sh -c "echo \$X"' 'start -n b -e X=2 -- sh -c "echo \$X"' \
    'start -n c -e X=3 -- sh -c "echo \$X"' 'start -n d -- sh -c "echo \$X"' 'start -n e -- sh -c "echo \$X"'
  X=1 run_on 'm:1' script
  is "$(cat out)" 'a | 1
b | 2
c | 3
d | 1
e | 1'
}

@test "threads for one busy machine hold up neither others nor daemons, and run in order" {
  script_of 'start -n first --host b -- sh -c "until [ -e go ]; do sleep 0.05; done"' \
    'start -n x1 --host b -- sh -c "echo x1 >>order"' 'start -n x2 --host b -- sh -c "echo x2 >>order"' \
    'daemon -n d --host b -- sh -c "touch go; exec sleep 1000"' 'start -n x3 --host b -- sh -c "echo x3 >>order"' \
    'start -n y --needs d -- true' 'raise x2 SystemExit'
  run_on 'a:1,b:1' script
  is "$(cat order)" 'x1
x3'
}

@test "a directory that is missing on the machine gives 125" {
  script_of 'start -n a -C d -- true'
  mkdir d
  # The directory is gone when the command is to start: each machine could have other directories.
  via="sh -c 'until $K3THREAD -S k3thread-run.*/run.sock list a >/dev/null 2>&1; do sleep 0.05; done; rmdir d; exec sh'"
  run -125 run_on m script
  grep -q "cannot enter '$dir/d': No such file or directory (on host 'm')" messages
}

@test "statuses, signals and exceptions are those of one machine" {
  script_of 'start -n seven -- sh -c "exit 7"' 'start -n killed -- sh -c "kill -KILL \$\$"' \
    'start -n late -t 0.1 -- sleep 1000' 'start -n missing --after 0.01 -- ./missing' \
    'start -n asked -g 5 -- sh -c "trap \"echo asked; exit 8\" TERM; echo up; while :; do sleep 0.01; done"' \
    'join --until line:up asked' 'raise -w -m "that is it" asked ValueError' \
    'start -n hup -- sh -c "trap \"echo hup; exit 9\" HUP; echo up; while :; do sleep 0.01; done"' \
    'join --until line:up hup' 'raise hup HUP'
  run_on m:9 --json result.json script || :
  grep -q '^seven  *m .* exit 7$' messages
  grep -q '^killed  *m .* SIGKILL$' messages
  grep -q '^late  *m .* TimeoutError, SIGTERM$' messages
  grep -q "^missing  *m .* exit 127" messages
  grep -q '^asked  *m .* ValueError, exit 8: that is it' messages
  grep -q '^hup  *m .* exit 9$' messages
  grep -qx 'asked | asked' out
  grep -qx 'hup | hup' out
  grep -q '"host": *"m"' result.json
}

@test "a start without a command that can be run fails as on one machine" {
  script_of 'start -- sh -c "until [ -e go ]; do sleep 0.02; done"' 'join --until line:x -t 0 1' # nothing
  echo text >text && chmod +x text
  script_of 'start -n first -- true' 'join first' 'start -- ./missing'
  run -127 run_on m script
  grep -q "FileNotFoundError: cannot run './missing': No such file or directory (on host 'm')" messages
}

@test "probes look where the thread is, and needs hold across machines" {
  free_ports port
  script_of "daemon -n web --host b --ready tcp:127.0.0.1:$port -- python3 -m http.server --bind 127.0.0.1 $port" \
    'daemon -n said --host a --ready line:^ready -- sh -c "sleep 0.1; echo ready; exec sleep 1000"' \
    "start -n get --host a --needs web --needs said -- curl -sS -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:$port/"
  run_on a,b script
  grep -qx 'get | 200' out
  grep -q '^web  *b  *yes .*SystemExit' messages
}

@test "a thread that is not ready in time ends, also by its output" {
  script_of 'start -n a --ready line:never --ready-timeout 0.2 -- sleep 1000' \
    'start -n b --ready unix:never --ready-timeout 0.2 -- sleep 1000'
  run -124 run_on m script
  grep -q '^a .*TimeoutError.*: not ready within 0.2 s: line:never' messages
  grep -q '^b .*TimeoutError.*: not ready within 0.2 s: unix:never' messages
}

@test "the output is whole, in order, and in the log" {
  script_of 'start -n a -- seq 100000' 'start -n b -- seq 100000' 'start -n c -o file -- echo into the file'
  run_on a:1,b:1 --logs logs script
  sed -n 's/^a | //p' out | cmp - <(seq 100000)
  cmp logs/b.log <(seq 100000)
  is "$(cat file)" 'into the file'
  is "$(stat -c %a file)" "$(printf '%o' $((0666 & ~$(umask))))"
  is "$(stat -c %a logs/b.log)" 600
}

@test "output may hold every byte" {
  head -c 100000 /dev/urandom >random
  script_of 'start -n a -- cat random'
  run_on m --logs logs script
  cmp random logs/a.log
}

@test "a slow reader makes the command wait, and no memory is filled" {
  script_of 'start -n a -- sh -c "head -c 60000000 /dev/zero; echo whole >whole"'
  k3 run -q --no-prefix --hosts m --via "$via" script | head -c 60000000 | wc -c >count
  is "$(cat count)" 60000000
  [ -e whole ]
}

@test "a slow reader of the file of --output gets all bytes, and the command waits for it" {
  mkfifo fifo
  script_of 'start -n a -o fifo -- sh -c "head -c 8000000 /dev/zero; touch whole"'
  in_front run -q --hosts m --via "$via" script
  exec 4<fifo
  wait_until "$DEADLINE" is_full fifo
  [ ! -e whole ]
  is "$(slowly <&4 | wc -c)" 8000000
  exec 4<&-
  finish run
}

# Copies the input in small pieces, with pauses.
slowly() {
  "$PYTHON" -I -S -c '
import os, time
while data := os.read(0, 4096):
    os.write(1, data)
    time.sleep(0.0005)'
}

# Succeeds if somebody has written to FIFO, and it takes no more.
is_full() {
  "$PYTHON" -I -S -c '
import os, select, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)
sys.exit(bool(select.select([], [fd], [], 0)[1]))' "$1"
}

@test "a raise ends a command whose output nobody reads, and a reader that goes ends it by SIGPIPE" {
  mkfifo fifo
  exec 4<>fifo
  script_of 'start -n a -o fifo -- sh -c "echo >up; exec yes"' 'start -n b --after 0.01 -- sh -c "until [ -e full ]; do sleep 0.02; done; k3thread raise -w a"'
  PATH=${K3THREAD%/*}:$PATH in_front run --hosts m:2 --via "$via" script
  wait_until "$DEADLINE" is_full fifo
  touch full
  finish run
  grep -q '^a .*SystemExit, SIGTERM' run.err
  exec 4<&-
  script_of 'start -n a -o fifo -- yes'
  head -c 100000 fifo >/dev/null 3>&- &
  run -141 run_on m script
  grep -q '^a .*SIGPIPE' messages
}

@test "input goes to the command: what is sent, and a file of this machine" {
  echo from here >file
  script_of 'start -n a -i -- sh -c "read x; echo got \$x; cat"' 'send a one' 'send a two' 'send --eof a' \
    'start -n b --input=file -- cat' 'start -n c -- cat'
  run_on m:9 script
  grep -qx 'a | got one' out
  grep -qx 'a | two' out
  grep -qx 'b | from here' out
}

@test "the whole run is reached from each machine" {
  script_of 'start -n a --host a -- sh -c "k3thread start -n inner --host b -- sh -c \"echo on \\\$K3THREAD_HOSTNAME\" >/dev/null; k3thread join inner; k3thread list"' 'join a'
  PATH=${K3THREAD%/*}:$PATH run_on a,b script
  grep -qx 'inner | on b' out
  grep -q '^a | 2 *inner *b .*ended' out
}

@test "without descriptors the carrier and an agent let their clients wait, do not spin, and serve them later" {
  script_of 'start -n a -- sh -c "touch up; until [ -e go ]; do sleep 0.02; done; k3thread list -q a"' 'join a'
  PATH=${K3THREAD%/*}:$PATH in_front run --hosts m:2 --via "$via" script
  wait_until "$DEADLINE" test -e up
  carrier=$(pgrep -P "${background[run]}" -x k3-carrier)
  short_of_descriptors "$carrier"
  socket=$(echo "$dir"/k3thread-run.*/run.sock.hosts) # the run has this directory, an agent has none
  K3THREAD_SOCKET=${socket%.hosts} in_background start k3 start -n b -- echo fine
  rests "$carrier"
  rich_in_descriptors "$carrier"
  finish start
  wait_for_text run.out '^b | fine$'
  agent=$(pgrep -P "$carrier" -x k3-agent)
  short_of_descriptors "$agent"
  touch go
  rests "$agent"
  rich_in_descriptors "$agent"
  finish run
  grep -qx 'a | 1' run.out
}

@test "restart and --restart run a command again, and its output goes on" {
  script_of 'start -n a -r on-failure:2 -- sh -c "echo again; exit 3"' \
    'start -n b -- sh -c "echo begin; exec sleep 1000"' 'join --until line:begin b' 'restart b' \
    'join --until line:begin b' 'raise -w b'
  run -3 run_on m:9 script
  is "$(grep -c 'a | again' out)" 3
  is "$(grep -c 'b | begin' out)" 2
}

@test "a run that cannot begin leaves the marks of the earlier runs in the log" {
  script_of 'start -n a -r on-failure:2 --input=file -- sh -c "echo >>runs; echo up; [ ! -e second ] || rm file; >second; exit 1"' \
    'start -n b --needs a:ended -- sh -c "k3thread logs a >shown"'
  echo >file
  PATH=${K3THREAD%/*}:$PATH run_on m:2 script || :
  is "$(cat shown)" $'up\n--- run 2, after exit 1 ---\nup'
}

@test "neither supervisor of a run keeps a descriptor of a command that has ended on a machine" {
  echo input >input
  cat >count <<'END'
#!/bin/sh
for pid in $PPID $(k3thread version | sed -n 's/^supervisor .*pid \([0-9]*\)).*/\1/p'); do ls "/proc/$pid/fd" | wc -l; done | xargs
END
  chmod +x count
  for round in 1 2; do
    lines=('-- true' '-- echo' '-- sleep 0.01' '--input=input -- cat' '-o file -- echo' '-a 0.01 -- ./missing' '--tty -- echo'
      '--log-limit 4096 -- seq 3000' '--ready 3 -- sh -c "echo >&3"' '--ready line:a -- sh -c "echo a"' '-t 0.01 -- sleep 1000'
      "-r on-failure:1 -- sh -c '[ -e again$round ] || { touch again$round; exit 1; }'" '-- sh -c "sleep 1000 &"')
    printf 'start %s\n' "${lines[@]}"
    echo "start -n in$round -i -- cat"
    echo "send --eof in$round"
    echo "start -n end$round --needs in$round:ended -- ./count"
    echo "join end$round"
  done >script
  PATH=${K3THREAD%/*}:$PATH run_on m:1 script || : # one connection, which all of them use
  like "$(cat out messages)" "*end1 | * *end2 | *"
  is "$(sed -n 's/^end2 | //p' out)" "$(sed -n 's/^end1 | //p' out)"
}

@test "what a command left behind is reported and ended" {
  script_of 'start -n a -- sh -c "setsid sleep 1000 & echo \$! >pid"'
  run_on m script
  refute_alive "$(cat pid)"
  grep -q '^a .*, left .*sleep' messages
}

@test "each process that was left behind is listed once, however often the agent reports it" {
  local one='{"pid":11,"command":["one"],"seconds":1,"listens":[]}' two='{"pid":12,"command":["two"],"seconds":1,"listens":[]}'
  cp "$BATS_TEST_DIRNAME/agent.py" .
  via="$PYTHON -I -S agent.py '{ }' '{\"left\":[$one],\"left_listed\":1,\"left_count\":1}'"
  via+=" '{\"left\":[$one,$two],\"left_listed\":2,\"left_count\":3}'"
  via+=" '{\"left\":[$one,$two],\"left_listed\":2,\"left_count\":3,\"exit_code\":1,\"state\":\"ended\"}'"
  script_of 'start -n a -r on-failure:1 -- false'
  run -1 run_on m --json result.json script
  "$PYTHON" -c '
import json
t = json.load(open("result.json"))
t = (t["threads"] if isinstance(t, dict) else t)[0]
assert [p["pid"] for p in t["left"]] == [11, 12, 11, 12], t' # of two runs
}

@test "a frame of no known kind cuts the connection to a machine, also on a channel that nobody has opened" {
  local kind
  cp "$BATS_TEST_DIRNAME/agent.py" .
  via="$PYTHON -I -S agent.py '{\"state\":\"ended\"}'"
  script_of 'start -n a -- true'
  for kind in 00 07; do
    FIRST_FRAME=4d000000${kind}000000 run -125 run_on m script
    # The thread has the same words, not only that its connection was cut.
    grep -q "^a .*ConnectionError.*it broke the rules of the connection; --via must pass bytes on unchanged" messages
  done
}

@test "a command that its agent refuses ends with 125 and the words of the agent" {
  cp "$BATS_TEST_DIRNAME/agent.py" .
  script_of 'start -n a -- true'
  via="$PYTHON -I -S agent.py '{\"code\":-32009,\"message\":\"the agent is shutting down\"}'"
  run -125 run_on m script
  grep -q "host 'm': the agent is shutting down" messages
}

@test "a command that was killed just before its machine was lost has not come to an end of its own" {
  cp "$BATS_TEST_DIRNAME/agent.py" .
  script_of 'start -n a -- false'
  for signal in 9 15 1; do
    via="$PYTHON -I -S agent.py '{ }' '{\"state\":\"ended\",\"signal\":$signal}'"
    LAST=1 run -125 run_on m script
    grep -q "^a .*ConnectionError, exit 125: host 'm' is lost" messages
    run -$((128 + signal)) run_on m script
  done
}

@test "processor time and memory are those of the command" {
  script_of 'start -n a -- python3 -c "x = b\"x\" * 50000000; [i for i in range(1000000)]"'
  run_on m --json result.json script
  "$PYTHON" -c '
import json
t = json.load(open("result.json"))
t = (t["threads"] if isinstance(t, dict) else t)[0]
assert t["max_rss"] > 50000000 and t["cpu"]["user"] > 0, t'
}

@test "the first Ctrl-C interrupts the commands on every machine" {
  script_of 'start -n a -- sh -c "trap \"echo int; exit 1\" INT; echo up; while :; do sleep 0.01; done"' \
    'start -n b -- sh -c "trap \"echo int; exit 1\" INT; echo up; while :; do sleep 0.01; done"'
  in_background run env -u K3THREAD_SOCKET "$PYTHON" -I -S -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$K3THREAD" run --hosts a:1,b:1 --via "$via" script
  wait_for_text run.out '^a | up'
  wait_for_text run.out '^b | up'
  kill -INT "${background[run]}"
  finish run 130
  grep -qx 'a | int' run.out
  grep -qx 'b | int' run.out
}

@test "a lost machine ends its commands with ConnectionError and 125, and the others go on" {
  script_of 'start -n a --host a -- sh -c "setsid sleep 1000 & echo \$! >pid; echo up; exec sleep 1000"' \
    'start -n b --host b -- sh -c "echo up; until [ -e go ]; do sleep 0.02; done; echo fine"' \
    'start -n c --host a --needs b:ended -- echo never'
  in_front run --hosts a,b --via "$via" script
  wait_for_text run.out '^a | up'
  wait_for_text run.out '^b | up'
  kill -KILL "$(agent_of a)"
  wait_for_text run.err "host 'a' is lost"
  wait_until 8 is_finished "$(cat pid)" # sooner than by the lease
  touch go
  finish run 125
  grep -q "^a  *a .*ConnectionError, exit 125: host 'a' is lost" run.err
  grep -q "^c  *a .*ConnectionError, exit 125: host 'a' is lost" run.err
  grep -qx 'b | fine' run.out
  ! grep never run.out || false
}

@test "a thread in the queue fails when a slot is free, if its machine was lost meanwhile, and the next one runs" {
  script_of 'start -n first --host b -- sh -c "echo up; until [ -e go ]; do sleep 0.02; done"' 'join --until line:up first' \
    'start -n lost --host a -- echo never' 'start -n next --host b -- echo fine'
  in_front run --slots 1 --hosts a,b --via "$via" script
  wait_for_text run.out '^first | up'
  kill -KILL "$(agent_of a)"
  wait_for_text run.err "host 'a' is lost"
  touch go
  finish run 125
  grep -q "^lost  *a .*ConnectionError, exit 125: host 'a' is lost" run.err
  grep -qx 'next | fine' run.out
}

@test "--reschedule runs what a lost machine ran on another one, and nothing runs twice without it" {
  local script='start -n a -- sh -c "echo \$K3THREAD_HOSTNAME >>ran; until [ -e go ]; do sleep 0.02; done"'
  script_of "$script"
  in_front run --hosts a:1,b:1 --via "$via" --reschedule script
  wait_for_file ran
  kill -KILL "$(agent_of a)"
  wait_until "$DEADLINE" grep -qx b ran
  touch go
  finish run
  is "$(cat ran)" $'a\nb'
  grep -q '^a  *b .*exit 0 (2 runs)' run.err

  rm ran go
  script_of "${script/start/start -r always}"
  in_front run --hosts a:1,b:1 --via "$via" script
  wait_for_file ran
  kill -KILL "$(agent_of a)"
  finish run 125
  is "$(cat ran)" a
}

@test "--reschedule ends a run whose last machine is lost" {
  script_of 'start -n a -- sh -c "echo up; exec sleep 1000"'
  in_front run --hosts a:1 --via "$via" --reschedule script
  wait_for_text run.out '^a | up'
  kill -KILL "$(agent_of a)"
  finish run 125
  grep -q "^a .*ConnectionError" run.err
}

@test "a killed run, supervisor or carrier leaves nothing on the machines" {
  local victim
  script_of 'start -n a -- sh -c "setsid sleep 1000 & echo \$! >pid; echo up; exec sleep 1000"'
  for victim in run supervisor carrier; do
    rm -f pid
    in_front run --hosts a --via "$via" script
    wait_for_text run.out '^a | up'
    case $victim in
    run) kill -KILL "${background[run]}" ;;
    supervisor) kill -KILL "$(pgrep -P "$(pgrep -P "${background[run]}" -x k3-guardian)")" ;;
    carrier) kill -KILL "$(pgrep -P "${background[run]}" -x k3-carrier)" ;;
    esac
    finish run '*'
    wait_until 15 no_agents
  done
}

# Prints the pids of the processes of NAME's agent: the agent, its guardian and its supervisor.
processes_of() {
  local agent guardian
  agent=$(agent_of "$1")
  guardian=$(pgrep -P "$agent" -x k3-guardian)
  echo "$agent" "$guardian" "$(pgrep -P "$guardian")"
}

@test "a signal to a process of a machine loses it, and raises nothing in its threads" {
  local signal which pids
  script_of 'start -n a -- sh -c "echo \$K3THREAD_HOSTNAME >>ran; until [ -e go ]; do sleep 0.02; done"'
  while read -r signal which; do
    rm -f ran go
    in_front run --hosts a:1,b:1 --via "$via" --reschedule script
    wait_for_file ran
    read -ra pids <<<"$(processes_of a)" # agent, guardian, supervisor
    kill -"$signal" "${pids[which]}"
    wait_until "$DEADLINE" grep -qx b ran
    touch go
    finish run
    grep -q '^a  *b .*exit 0 (2 runs)' run.err
  done <<<$'TERM 0\nHUP 1\nTERM 2\nKILL 2'
}

@test "everything on a machine ends when its guardian is killed, before it runs elsewhere" {
  script_of 'start -n a -- sh -c "exec 9>lock; flock -n 9 || touch overlap; echo \$K3THREAD_HOSTNAME >>ran
    setsid sh -c \"trap : TERM; until [ -e go ]; do sleep 0.02; done\" & until [ -e go ]; do sleep 0.02; done"'
  in_front run --hosts a:1,b:1 --via "$via" --reschedule script
  wait_for_file ran
  kill -KILL "$(pgrep -P "$(agent_of a)" -x k3-guardian)"
  wait_until "$DEADLINE" grep -qx b ran
  touch go
  finish run
  refute_file overlap
}

@test "a command that reaches a machine and takes no input ends when the carrier is killed" {
  script_of 'start -n a -- true'
  in_front run --hosts a --via 'sh -c "echo \$\$ >pid; exec sleep 1000"' script
  wait_for_file pid
  kill -KILL "$(pgrep -P "${background[run]}" -x k3-carrier)"
  finish run 125
  wait_until "$DEADLINE" refute_alive "$(cat pid)"
}

no_agents() {
  [ -z "$(agents)" ]
}

@test "a machine that cannot be reached is named with the words of its command" {
  via='sh -c "test {} = b && exec sh; echo no way to {} >&2; exit 255"'
  script_of 'start -n a --host a -- true' 'start -n b -- echo fine'
  run -125 run_on a,b script
  grep -qx 'a: no way to a' messages
  grep -qx "k3thread: run: host 'a' is lost: no way to a" messages
  grep -q "^a .*ConnectionError, exit 125: host 'a' is lost: no way to a" messages
  grep -qx 'b | fine' out
}

@test "the end of a command is explained by what it wrote just before, not by an old line, nor if a signal ends it" {
  script_of 'start -n a -- sh -c "touch up; exec sleep 1000"'
  # It is no parent of the agent's pipes, which stay open when it ends.
  cat >reach <<'END'
echo "Warning: added 'a' to the list of known hosts." >&2
exec 3<&0
sh <&3 3<&- &
echo $$ >reach-pid
until [ -e words ]; do sleep 0.02; done
cat words >&2
exit 3
END
  via='sh ./reach'
  for words in '' 'no way'; do
    rm -f up words
    in_front run --hosts a --via "$via" script
    wait_until "$DEADLINE" test -e up
    printf '%s' "${words:+$words$'\n'}" >words.new
    mv words.new words
    finish run 125
    grep -qx "k3thread: run: host 'a' is lost: ${words:-'sh' ended with status 3}" run.err
  done
  rm -f up words
  in_front run --hosts a --via "$via" script
  wait_until "$DEADLINE" test -e up
  kill -KILL "$(cat reach-pid)"
  finish run 125
  grep -qx "k3thread: run: host 'a' is lost: 'sh' was ended by signal 9" run.err
}

@test "a command whose output cannot be kept for lack of memory loses its machine with that reason" {
  # Without an end of line the output is kept.
  via='sh -c "touch up; until [ -e go ]; do sleep 0.02; done; head -c 200000 /dev/zero; exec sh"'
  script_of 'start -n a -- true'
  in_front run --hosts a --via "$via" script
  wait_until "$DEADLINE" test -e up
  prlimit --as=1: --pid "$(pgrep -P "${background[run]}" -x k3-carrier)"
  touch go
  finish run 125
  grep -qx "k3thread: run: host 'a' is lost: cannot read the output of its command: Cannot allocate memory" run.err
}

@test "a command that ends while another process writes to its messages without end loses its machine at once" {
  via='sh -c "yes >&2 & exit 3"'
  script_of 'start -n a -- true'
  in_front run --hosts a --via "$via" script
  wait_for_text run.err "host 'a' is lost"
  finish run 125
}

@test "no machine at all ends every thread with 125" {
  script_of 'start -n a -- true' 'start -n b --after 0.01 -- true'
  via=./missing
  run -125 run_on a,b script
  grep -q "^a .*ConnectionError" messages
  grep -q "^b .*ConnectionError" messages
  grep -q "cannot run './missing': No such file" messages
}

@test "what a login prints does not disturb" {
  via='sh -c "echo Welcome; echo; echo k3thread-agent of no meaning; exec sh"'
  script_of 'start -n a -- echo fine'
  run_on a script
  is "$(cat out)" 'a | fine'
}

@test "a machine that answers with nonsense is lost, and the run ends" {
  script_of 'start -n a -- true'
  for via in 'sh -c "echo k3thread-agent up 1 4; head -c 100000 /dev/urandom"' \
    'sh -c "yes"' 'sh -c "echo k3thread-agent up 99 4"' 'sh -c "echo k3thread-agent need vax"' 'cat'; do
    run -125 run_on a script
    grep -q "host 'a' is lost" messages
  done
}

# Succeeds if something follows the line by which an agent says that it is up.
has_beat() {
  [ "$(sed '1,2d' agent.out | wc -c)" -gt 0 ]
}

@test "what an agent sends ends with a newline, because srun passes on whole lines only" {
  mkfifo input
  in_background agent sh -c '"$K3THREAD" agent <input | cat'
  exec 8>input
  wait_until "$DEADLINE" has_beat
  exec 8>&-
  finish agent
  is "$(tail -c 1 agent.out | od -An -c)" '  \n'
}

@test "another processor is named" {
  script_of 'start -n a -- true'
  via='sh -c "echo k3thread-agent need vax; cat >/dev/null"'
  run -125 run_on a script
  grep -q "host 'a' is lost: its processor is vax, and this program is for $(uname -m); install k3thread .* there" messages
}

# hidden PROGRAM: makes a copy of k3thread that the machines of this test lack.
hidden() {
  needs_root
  [ -z "${SANITIZE-}" ] || skip 'a program with sanitizers needs libraries, so it is not sent'
  unshare -m true 2>/dev/null || skip 'the kernel refuses namespaces'
  mkdir bin
  cp "$K3THREAD" bin/only-here
  K3THREAD=$dir/bin/only-here
  via='unshare -m sh -c "mount --bind /dev/null bin/only-here; PATH=/usr/bin:/bin exec sh"'
}

@test "the program is sent where it is missing, and is removed at the end" {
  hidden
  script_of 'start -n a -- sh -c "readlink /proc/\$PPID/exe; command -v k3thread; k3thread list -q"'
  PATH=/usr/bin:/bin run_on a script
  cat out
  grep -q '^a | /.*/k3thread-run\..*/k3thread' out
  is "$(tail -1 out)" 'a | 1'
  program=$(sed -n '2s/^a | //p' out)
  refute_file "$program"
  refute_file "${program%/*}"
}

@test "a greeting without an end of line does not hide the answers of a machine" {
  hidden
  via='sh -c "printf Welcome; exec unshare -m sh -c \"mount --bind /dev/null bin/only-here; PATH=/usr/bin:/bin exec sh\""'
  script_of 'start -n a -- echo fine'
  timeout 20 "$K3THREAD" run --hosts a --via "$via" script >out
  is "$(cat out)" 'a | fine'
}

@test "a program that does not arrive whole is not run" {
  hidden
  # A byte of the program's beginning is another one there. The script has no such byte.
  via='sh -c "stdbuf -o0 tr \\\\177 \\\\176 | unshare -m sh -c \"mount --bind /dev/null bin/only-here; PATH=/usr/bin:/bin exec sh\""'
  script_of 'start -n a -- true'
  run -125 run_on a script
  grep -q "host 'a' is lost: the program did not arrive whole" messages
  [ -z "$(find "$dir" -path '*k3thread-run*' -name k3thread)" ]
}

@test "the program is sent where another program has its name, whatever that answers" {
  hidden
  for answer in 'echo k3thread 0.0.1' 'cat' 'exit 1'; do
    mkdir -p other
    printf '#!/bin/sh\n%s\n' "$answer" >other/k3thread
    chmod +x other/k3thread
    via='unshare -m sh -c "mount --bind /dev/null bin/only-here; PATH=$PWD/other:/usr/bin:/bin exec sh"'
    script_of 'start -n a -- echo fine'
    run_on a script
    is "$(cat out)" 'a | fine'
  done
}

@test "a program that was sent and cannot run there says why" {
  hidden
  via='unshare -m sh -c "mount --bind /dev/null bin/only-here; umount -l /proc; PATH=/usr/bin:/bin exec sh"'
  script_of 'start -n a -- true'
  run -125 run_on a script
  grep -q "host 'a' is lost: the program that was sent does not run there: k3thread: agent: cannot read /proc/self/exe" messages
}

@test "a machine does not wait for the program for ever" {
  hidden
  printf '#!/bin/sh\n[ "$1" = 1 ] || touch limited\nshift; exec /usr/bin/timeout 0.3 "$@"\n' >bin/timeout
  chmod +x bin/timeout
  via="sh -c \"{ stdbuf -o0 head -c 20000; until [ -e end ]; do sleep 0.02; done; } |
    unshare -m sh -c 'mount --bind /dev/null bin/only-here; PATH=$dir/bin:/usr/bin:/bin exec sh'\""
  script_of 'start -n a -- true'
  run -125 run_on a script
  touch end
  [ -e limited ]
  grep -q "host 'a' is lost: the program did not arrive whole" messages
}

@test "a connection that breaks before the program is sent leaves no directory" {
  hidden
  via='sh -c "unshare -m sh -c \"mount --bind /dev/null bin/only-here; PATH=/usr/bin:/bin exec sh\" | true"'
  script_of 'start -n a -- true'
  run -125 run_on a script
  wait_until "$DEADLINE" no_directory_of_agents
}

no_directory_of_agents() {
  [ -z "$(find "$dir" -maxdepth 1 -name 'k3thread-run.*')" ]
}

@test "the program goes to a directory that lets it be executed" {
  hidden
  via='unshare -m sh -c "mount --bind /dev/null bin/only-here; mount -t tmpfs -o noexec none no; PATH=/usr/bin:/bin exec sh"'
  mkdir no
  script_of 'start -n a -- sh -c "readlink /proc/\$PPID/exe"'
  XDG_RUNTIME_DIR=$dir/no run_on a script
  unlike "$(cat out)" "*$dir/no/*"
  like "$(cat out)" "a | */k3thread-run.*/k3thread"
}

@test "the program goes to a directory that has room for it" {
  hidden
  via='unshare -m sh -c "mount --bind /dev/null bin/only-here; mount -t tmpfs -o size=100k none no; PATH=/usr/bin:/bin exec sh"'
  mkdir no
  script_of 'start -n a -- sh -c "readlink /proc/\$PPID/exe"'
  XDG_RUNTIME_DIR=$dir/no run_on a script
  unlike "$(cat out)" "*$dir/no/*"
  like "$(cat out)" "a | */k3thread-run.*/k3thread"
  via='unshare -m sh -c "mount --bind /dev/null bin/only-here; mount -t tmpfs -o size=100k none no; for d in /dev/shm /tmp; do mount --bind no \$d; done; PATH=/usr/bin:/bin HOME=/dev/shm TMPDIR= exec sh"'
  XDG_RUNTIME_DIR=$dir/no run -125 run_on a script
  grep -q "host 'a' is lost: no directory there takes a program of [0-9]* bytes; make room, or install k3thread there" messages
}

@test "--hosts takes commas, blanks, newlines and a file" {
  script_of 'start --host a -- true' 'start --host b -- true' 'start --host c -- true'
  run_on $'a:1,b\n c:2' script
  printf 'a:1 # the first\nb\n\nc\n' >list
  run_on @list script
}

@test "bad lists and options are refused with their reason" {
  script_of 'start -- true'
  refused "--hosts: 'a:x': the slots of a host are a number from 1 to" --hosts a:x script
  refused "--hosts: 'a:0': the slots" --hosts a:0 script
  refused "--hosts: the host 'a' stands twice" --hosts a,b,a script
  refused "--hosts: '-oProxyCommand=x' is no name of a host" --hosts=-oProxyCommand=x script
  refused '--hosts: the list names no host' --hosts ' ,' script
  refused '--hosts: missing: No such file' --hosts @missing script
  refused '--hosts: /dev/zero: it holds a NUL byte' --hosts @/dev/zero script
  refused '--via goes with --hosts' --via 'ssh {}' script
  refused '--reschedule goes with --hosts' --reschedule script
  refused '--jobserver and --hosts exclude each other' --jobserver --hosts a script
  refused '--via: ' --hosts a --via 'ssh "' script
  refused '--via: it names no command' --hosts a --via '' script
}

refused() {
  local words=$1
  shift
  run -64 k3 run "$@"
  like "$output" "*$words*"
}

@test "start refuses a machine that the run does not have" {
  script_of 'start --host c -- true'
  run -64 run_on a,b script
  grep -q "ValueError: no host 'c'; there are: a b" messages
  script_of 'start --host a -- true'
  run -64 k3 run script
  like "$output" "*ValueError: there are no other machines; --host goes with run --hosts*"
}

@test "an ordinary supervisor has no hosts later, and executes nothing for another one" {
  k3 start -n nap -- sleep 1000
  script <<'END'
c = Client()
for method, params, error in [
    ("hosts", {"hosts": [{"name": "a", "socket": "/x"}]}, -32009),
    ("execute", {"id": 1, "name": "a", "host": "a", "start": {"command": ["true"]}}, -32009),
    ("end", {"exception": "SystemExit"}, -32009),
    ("follow", {"thread": 1}, -32009),
    ("arrive", {"thread": 1, "exception": "SystemExit"}, -32009),
    ("resize", {"rows": 1, "columns": 1}, -32009),
    ("host", {"name": "a"}, -32002),
]:
    try:
        raise SystemExit(f"{method}: {c.call(method, **params)}")
    except Failure as failure:
        assert failure.code == error, (method, failure)
END
}

@test "a supervisor takes its hosts once, from a list that makes sense, and what its carrier says of them" {
  k3 start -- true
  script <<'END'
def host(name, socket="/nosuch", **more):
    return {"name": name, "socket": socket, **more}

def refused(message, *hosts):
    assert message in fails(-32002, "ValueError", "hosts", hosts=list(hosts)).message

refused("must be a list of one host or more")
for bad in {}, host(7), {"name": "a"}, host("a", 7), host("a", slots=0), host("a", slots=-1), host("a", slots=1 << 40), \
        host("a", slots="4"), host("a", slots=2.5), host("a", slots=True), 7:
    refused('needs a "name" and a "socket"', host("z"), bad)
refused('needs a "name" and a "socket"', host("a", slots=1000001))
refused("the host 'a' stands twice", host("a", slots=1000000), host("b"), host("a"))
assert call("hosts", hosts=[host("h%02d" % i) for i in range(12)]) == {}
refused("this supervisor has its hosts already", host("x"))
start = {"command": ["true"], "name": "a"}
why = fails(-32002, "ValueError", "start", host="x", **start).message
assert why.startswith("no host 'x'; there are: h00 ") and why.endswith(" h09 and 2 more"), why
# A machine that names no number of processors has one..
call("host", name="h00", processors=0)
call("host", name="h01", lost="its power failed")
call("start", host="h01", **start)
end = call("join", thread="a")
assert end["exception"] == "ConnectionError" and "its power failed" in end["message"], end
# A machine that is lost does not come up again, nor is it lost for another reason later.
call("host", name="h01", processors=4)
call("host", name="h01", lost="for another reason")
call("start", host="h01", **start)
assert call("join", thread="a")["message"] == end["message"]
call("start", **{**start, "name": "b"}, host="h00")
end = call("join", thread="b")
assert end["message"] == "host 'h00' is lost: No such file or directory", end  # it was begun there
END
}

@test "the results of a run name the machine of each thread" {
  script_of 'start -n one -r on-failure --host b -- sh -c "test -e again || { touch again; exit 1; }"' \
    'start -n two --host a -- true'
  k3 run --hosts a,b --via "$via" --json j --trace t --report r.html script >out 2>messages || :
  "$PYTHON" -I -S - <<'END'
import json
assert {t["name"]: t["host"] for t in json.load(open("j"))["threads"]} == {"one": "b", "two": "a"}
phases = [e for e in json.load(open("t"))["traceEvents"] if e.get("cat") == "phase" and "run" in e["args"]]
hosts = {(e["tid"], e["args"]["run"]): e["args"].get("host") for e in phases}
assert hosts == {(1, 1): None, (1, 2): "b", (2, 1): "a"}, hosts
END
  grep -q 'one</bdi> <small>on <bdi>b</bdi></small>' r.html
}

@test "--each spreads its words over the machines" {
  seq 40 | k3 run -q --hosts a:2,b:2 --via "$via" --each sh -c 'echo $K3THREAD_HOSTNAME; sleep 0.02' >out
  is "$(wc -l <out)" 40
  [ "$(grep -c '| a' out)" -gt 5 ]
  [ "$(grep -c '| b' out)" -gt 5 ]
}
