#!/usr/bin/env bats
# -H HOST, K3THREAD_HOST and proxy: commands at the supervisor of another machine. The ssh here is a script that runs
# its command on this machine, in another directory and with another environment. The logs there are hidden from
# the client where that is possible. tests/jobs/other_machine.bats does the same with the real ssh.

# shellcheck disable=SC1003,SC2016,SC2030,SC2031,SC2154

load helpers

setup() {
  begin_test
  mkdir bin home
  ln -s "$K3THREAD" bin/k3thread
  cat >bin/ssh <<'END'
#!/bin/sh
# ssh HOST k3thread proxy
echo "$*" >>"$FAKE/calls"
case $1 in
nowhere) echo 'ssh: Could not resolve hostname nowhere: Name or service not known' >&2; exit 255 ;;
bare) echo 'sh: 1: k3thread: not found' >&2; exit 127 ;;
hangs) exec sleep 1000 ;;
talks) echo 'Welcome!' ;;
changes) "$PYTHON" -I -S -c 'import fcntl, os; fcntl.fcntl(2, fcntl.F_SETFL, os.O_NONBLOCK)' ;;
esac
host=$1
shift
cd "$FAKE/home" || exit
umask 027
ulimit -n 321
echo $$ >"$FAKE/ssh.pid"
set -- env -i PATH="$PATH" HOME="$FAKE/home" LOGIN=remote K3THREAD_SOCKET="$FAKE/there.sock" "$@"
[ "$host" = slow ] || exec "$@"
"$@"
for _ in 1 2 3 4 5 6 7 8 9; do /bin/true; done # it ends later than its command
: >"$FAKE/over"
END
  chmod +x bin/ssh
  export FAKE=$dir PATH=$dir/bin:$PATH
  unset K3THREAD_SOCKET
}

teardown() {
  end_test_after end_there
}

end_there() {
  K3THREAD_SOCKET=$dir/there.sock k3 shutdown --now || [ $? = 69 ]
}

there() {
  k3 -H box "$@"
}

# elsewhere COMMAND…: runs k3thread -H box with the logs hidden from it.
elsewhere() {
  if unshare -rm true 2>/dev/null; then
    log elsewhere "$@"
    timeout --foreground -s KILL "$DEADLINE" unshare -rm sh -c \
      'mount -t tmpfs none "$FAKE/there.logs" && exec "$K3THREAD" -H box "$@"' sh "$@"
  else
    there "$@"
  fi
}

@test "an error output that ssh makes non-blocking stays as it was for k3thread" {
  { k3 -H changes start -- true && sed -n 's/^flags:\t//p' /proc/self/fdinfo/2; } >out 2> >(cat >err)
  flags=$(tail -n 1 out)
  like "$flags" '0?*'
  is "$((8#$flags & 8#4000))" 0
}

@test "-H runs ssh with the host and nothing else, and start brings a supervisor up there" {
  run -69 there list
  like "$output" "k3thread: list: box: no supervisor at $dir/there.sock; the command \"start\" starts one"
  run -69 there join web
  is "$(there start --name web -- sleep 1000)" 1
  like "$(there list)" '*web*running*sleep 1000'
  like "$(there version)" '* on box'
  is "$(sort -u calls)" 'box k3thread proxy'
  [ ! -e "$dir/k3thread-$(id -u)" ]
  there shutdown --now
  run -69 there list
}

@test "a command of -H returns when its ssh has ended" {
  k3 -H slow start -- true
  [ -e over ]
}

@test "a command there gets the login's environment, limits, umask and home, and the variables of --env" {
  A=here B=here there start --wait -e B=added -e 'C=it'\''s "$HOME"' -- \
    sh -c 'echo "${A-unset} $B $LOGIN"; echo "$C"; pwd; umask; ulimit -n; echo "${K3THREAD_HOST-unset}"' >out
  is "$(cat out)" "unset added remote
it's \"\$HOME\"
$dir/home
0027
321
unset"
  mkdir home/sub
  is "$(there start --wait -C sub -- pwd)" "$dir/home/sub"
  is "$(there start --wait -C / -- pwd)" /
  printf 'X=file\n' >vars
  is "$(there start --wait --env-file vars -- sh -c 'echo $X')" file
  is "$(there start --wait -e K3THREAD_HOST=a -- sh -c 'echo "${K3THREAD_HOST-unset}"')" unset
  run there start -C missing -- true
  [ "$status" != 0 ]
  like "$output" '*missing*'
}

@test "files of --output and --input are those of the host, and descriptors of this machine are refused" {
  echo text >home/in
  there start --name copy --input=in --output out -- cat
  there join copy
  is "$(cat home/out)" text
  run -64 there start --output /dev/stdout -- true
  like "$output" 'k3thread: start: ValueError: --output: /dev/stdout is on this machine, and the command is not; *'
}

@test "arguments are bytes, and no shell reads them" {
  there start --wait -- printf '%s|' 'a b' '$HOME' '*' "'" '"' '\' '' $'\xff\n;exit 3' >out
  is "$(cat out)" "a b|\$HOME|*|'|\"|\\||"$'\xff\n;exit 3|'
}

@test "-H excludes -L and -S, comes before K3THREAD_SOCKET, and that before K3THREAD_HOST" {
  there start --name far -- sleep 1000
  k3 -S "$dir/near.sock" start --name near -- sleep 1000
  run -64 k3 -H box -L a list
  is "$output" 'k3thread: list: ValueError: -H excludes -L and -S'
  run -64 k3 -H box -S a list
  like "$(K3THREAD_SOCKET=$dir/near.sock k3 -H box list -q)" 1
  like "$(K3THREAD_SOCKET=$dir/near.sock k3 -H box list)" '* far *'
  like "$(K3THREAD_SOCKET=$dir/near.sock K3THREAD_HOST=box k3 list)" '* near *'
  like "$(K3THREAD_HOST=box k3 list)" '* far *'
  like "$(K3THREAD_SOCKET='' K3THREAD_HOST=box k3 list)" '* far *'
  like "$(K3THREAD_HOST=nowhere k3 -H box list)" '* far *'
  like "$(K3THREAD_HOST=box k3 -S "$dir/near.sock" list)" '* near *'
  run -69 env K3THREAD_HOST=box "$K3THREAD" -L none list
  run -69 env K3THREAD_HOST= "$K3THREAD" list
  unlike "$output" '*box*'
  # Every plain command takes the way to the host, too.
  export K3THREAD_HOST=box
  k3 raise far
  run -143 k3 join far
  is "$(k3 start -- true)" 2
  k3 -S "$dir/near.sock" shutdown --now
}

@test "for a host that cannot be reached, k3thread shows the words of ssh and exits with 69" {
  run -69 k3 -H nowhere list
  is "$output" "ssh: Could not resolve hostname nowhere: Name or service not known
k3thread: list: no connection to 'nowhere': ssh ended with status 255"
  run -69 k3 -H nowhere start -- true
  run -69 k3 -H nowhere join web
  run -69 k3 -H bare list
  is "${lines[1]}" "k3thread: list: no k3thread on 'bare', in the PATH of a command of ssh; install it there"
  there start -- true
  run -1 k3 -H talks list
  like "$output" "*'talks' does not speak k3thread's protocol*"
  rm bin/ssh
  run -69 env PATH="$dir/bin" "$K3THREAD" -H box list
  is "$output" 'k3thread: list: cannot run ssh: No such file or directory'
}

@test "a host that is an option of ssh, or nothing, is refused" {
  for host in -oProxyCommand=touch -x ''; do
    run -64 k3 -H "$host" list
    is "$output" "k3thread: list: ValueError: '$host' is no host; give the name that ssh connects to"
  done
  run -64 env K3THREAD_HOST=-x "$K3THREAD" list
  [ ! -e calls ]
}

@test "run, supervise and proxy work on this machine" {
  for command in 'run -' supervise proxy; do
    # shellcheck disable=SC2086 # words
    run -64 k3 -H box $command </dev/null
    is "$output" "k3thread: ${command% *}: ValueError: it works on this machine, so -H is not for it"
  done
  export K3THREAD_HOST=box
  is "$(echo "start --wait -- sh -c 'echo \${K3THREAD_HOST-unset}'" | k3 run --no-prefix -)" unset
  run -69 k3 proxy </dev/null
  [ ! -e calls ]
}

@test "logs come through the connection, every byte once" {
  there start --name text -- sh -c 'seq 200000; printf "\377\0\303"'
  there join text
  K3THREAD_SOCKET=$dir/there.sock k3 logs text >wanted
  is "$(wc -c <wanted)" "$(($(seq 200000 | wc -c) + 3))"
  elsewhere logs text | cmp - wanted
  elsewhere logs -f text | cmp - wanted
  elsewhere logs -n 1000 text | cmp - <(tail -n 1000 wanted)
  elsewhere logs -f -n 1000 text | cmp - <(tail -n 1000 wanted)
  elsewhere logs --since 1h text | cmp - wanted
  is "$(elsewhere logs -n 0 text)" ''
  elsewhere start --wait -- sh -c 'seq 200000; printf "\377\0\303"' | cmp - wanted
  run -3 there logs none
  rm "$(K3THREAD_SOCKET=$dir/there.sock k3_field text log)"
  run -1 there logs text
  like "$output" 'k3thread: logs: FileNotFoundError: the log * is gone'
}

@test "logs --timestamps shows the times that a run there has kept" {
  echo 'start -n a -- sh -c "echo x; exec sleep 1000"' >script
  in_background run k3 -S "$dir/there.sock" run --timestamps --no-prefix script
  wait_until "$DEADLINE" grep -q x run.out
  is "$(there logs --timestamps a)" "$(<run.out)"
  there raise a
  finish run
}

@test "logs of a pattern come through the connection, as on the same machine" {
  there start --name a1 -- sh -c 'seq 50000; printf end'
  there start --name a2 --restart on-failure:1 -- sh -c 'echo hello; exit 3'
  run there join a1 a2
  K3THREAD_SOCKET=$dir/there.sock k3 logs 'a*' >wanted
  elsewhere logs 'a*' | cmp - wanted
  elsewhere logs -f 'a*' | sort | cmp - <(sort wanted)
  is "$(elsewhere logs -n 1 'a*')" "$(K3THREAD_SOCKET=$dir/there.sock k3 logs -n 1 'a*')"
  there start --name silent -- true
  there join silent
  there restart silent
  there join silent
  is "$(elsewhere logs silent)" '--- run 2, after exit 0 ---'
  is "$(elsewhere logs 's*')" 'silent | --- run 2, after exit 0 ---'
  is "$(elsewhere logs -n 0 silent)$(elsewhere logs -n 0 's*')" ''
  run -3 there logs 'b*'
}

@test "logs -f waits for output, shows runs, and ends with the thread" {
  mkfifo go
  there start --name web -- sh -c "echo one; read x <$dir/go; echo two; exec sleep 1000"
  in_background following elsewhere logs -f web
  in_background pattern elsewhere logs -f 'w*'
  wait_until "$DEADLINE" grep -q one following.out
  echo >go
  wait_until "$DEADLINE" grep -q two following.out
  there restart web
  wait_until "$DEADLINE" grep -q 'run 2' following.out
  wait_until "$DEADLINE" grep -q 'web | --- run 2' pattern.out
  there raise web SIGKILL
  finish following
  finish pattern
  like "$(cat following.out)" $'one\ntwo\n--- run 2, after * ---\none'
  is "$(sed 's/^web | //' pattern.out)" "$(cat following.out)"
}

@test "a pattern also follows a thread that starts later, and a thread that runs again" {
  mkfifo go
  there start --name a -- sh -c "echo a; read x <$dir/go"
  there start --name b -- sh -c 'echo b'
  in_background following elsewhere logs -f '[ab]*'
  wait_until "$DEADLINE" grep -q '^b' following.out
  there restart b
  wait_until "$DEADLINE" grep -q 'b | --- run 2' following.out
  there start --name b2 -- sh -c 'echo late'
  wait_until "$DEADLINE" grep -q 'late' following.out
  echo >go
  finish following
  is "$(grep -c '^b  *| b$' following.out)" 2
}

@test "a line that never ends is shown while it grows" {
  there start --name long -- sh -c 'head -c 3000000 /dev/zero | tr "\0" x; printf "\n"'
  there join long
  is "$(elsewhere logs 'lon*' | wc -c)" 3000008
  is "$(elsewhere logs 'lon*' | tr -d x)" 'long | '
}

@test "--log-limit trims beside a reader on another machine" {
  there start -- true
  in_background reading elsewhere start --wait --log-limit 64K -- seq 300000
  finish reading
  is "$(tail -n 1 reading.out)" 300000
  sort -n -c reading.out
  is "$(uniq -d reading.out | wc -l)" 0
}

@test "start --wait passes on the status, signals and input" {
  run -7 there start --wait -- sh -c 'exit 7'
  run -127 there start --wait -- no-such-command
  is "$(seq 100000 | there start --wait --input -- cat | md5sum)" "$(seq 100000 | md5sum)"
  in_background waiting there start --wait --name w -- sh -c 'trap "echo asked; exit 9" INT; echo up; while :; do sleep 0.05; done'
  wait_until "$DEADLINE" grep -q up waiting.out
  pkill -INT -P "${background[waiting]}" || kill -INT "${background[waiting]}"
  finish waiting 13[0-9]
  like "$(there list w)" '*KeyboardInterrupt*'
}

@test "send, raise, restart, slots, watch, clear, join --until and shell work there" {
  there start --name cat --input -- cat
  there send cat hello
  there join --until line:hello cat
  there restart cat
  like "$(there list cat)" '*running*'
  there slots 3
  is "$(there slots)" "$(K3THREAD_SOCKET=$dir/there.sock k3 slots)"
  in_background watching there watch
  there send --eof cat
  run there join cat
  wait_until "$DEADLINE" sees_events
  kill "${background[watching]}"
  finish watching '*'
  there clear
  is "$(there list -q)" ''
  there start -n x -- sleep 1000
  is "$(printf 'start -n y -- sleep 1000\nlist -q\nraise y\njoin y\nlogs y\n' | there shell | wc -l)" 3
}

sees_events() {
  there start -- true
  grep -q ended watching.out
}

@test "shutdown waits until the supervisor there and its guardian have ended" {
  there start -- true
  supervisor=$(there version | sed -n 's/^supervisor .*pid \([0-9]*\)).*/\1/p')
  guardian=$(parent_of "$supervisor")
  kill -STOP "$guardian"
  in_background shutdown k3 -H box shutdown
  wait_until "$DEADLINE" eval '[[ $(cat /proc/$supervisor/stat) = *") Z "* ]]'
  run -124 timeout 0.3 tail -f --pid="${background[shutdown]}" /dev/null
  kill -CONT "$guardian"
  finish shutdown
  refute_alive "$guardian"
}

@test "a broken connection is reported, with the status of a lost supervisor" {
  there start --name web -- sleep 1000
  in_background joining there join web
  wait_until "$DEADLINE" test -s ssh.pid
  wait_until "$DEADLINE" joins
  ssh=$(cat ssh.pid)
  there list >/dev/null # meanwhile the first connection is up at both ends
  kill -KILL "$ssh"
  finish joining 125
  is "$(cat joining.err)" "k3thread: join: the connection to 'box' broke"
  in_background following there logs -f web
  wait_until "$DEADLINE" reads
  K3THREAD_SOCKET=$dir/there.sock k3 list >/dev/null
  kill -KILL "$(supervisor_there)"
  finish following 1
  like "$(cat following.err)" "k3thread: logs: the supervisor of 'box' went away*"
}

supervisor_there() {
  K3THREAD_SOCKET=$dir/there.sock supervisor_pid
}

# Succeed if a client waits for a reply at the supervisor: one more connection is open there than for this command.
joins() {
  [ "$(connections)" -ge 1 ]
}

reads() {
  [ "$(connections)" -ge 1 ] && [ -s ssh.pid ] && is_alive "$(cat ssh.pid)"
}

connections() {
  find "/proc/$(supervisor_there)/fd" -lname 'socket:*' 2>/dev/null | wc -l | { read -r n && echo $((n - 1)); }
}

@test "no ssh is left behind, however the client ends" {
  there start --name web -- sleep 1000
  for signal in TERM KILL INT HUP; do
    rm -f ssh.pid
    # A shell ignores SIGINT in its commands in the background.
    in_background following env --default-signal=INT "$K3THREAD" -H box logs -f web
    wait_for_file ssh.pid
    ssh=$(cat ssh.pid)
    assert_alive "$ssh"
    kill "-$signal" "${background[following]}"
    finish following '*'
    wait_until "$DEADLINE" refute_alive "$ssh" >/dev/null
  done
  # A client that is killed while ssh connects.
  in_background hanging "$K3THREAD" -H hangs list
  wait_until "$DEADLINE" grep -q hangs calls
  ssh=$(pgrep -P "${background[hanging]}")
  kill -KILL "${background[hanging]}"
  finish hanging 137
  wait_until "$DEADLINE" refute_alive "$ssh" >/dev/null
  there logs web | true
  wait_until "$DEADLINE" no_proxy
}

no_proxy() {
  ! pgrep -f "^k3thread proxy$" -s 0 >/dev/null
}

@test "proxy tells a client that the supervisor closed the connection before it replied" {
  export K3THREAD_SOCKET=$dir/cut.sock
  fake_server "$K3THREAD_SOCKET" '
while True:
    listener.accept()[0].close()'
  request='{"jsonrpc":"2.0","id":"a","method":"list"}'
  run -69 k3 proxy <<<"$request"
  is "$output" '{"jsonrpc":"2.0","id":"a","error":{"code":-32012,"message":"the supervisor has just ended"}}'
  run -69 k3 proxy <<<'{"jsonrpc":"2.0","method":"list"}'
  is "$output" 'k3thread: proxy: the supervisor has just ended'
  kill "${background[server]}"
  finish server '*'
}

@test "proxy joins its input and output to the socket" {
  export K3THREAD_SOCKET=$dir/there.sock
  request='{"jsonrpc":"2.0","id":"a","method":"list"}'
  run -69 k3 proxy <<<"$request"
  like "$output" '{"jsonrpc":"2.0","id":"a","error":{"code":-32012,"message":"no supervisor at *'
  run -69 k3 proxy <<<'garbage'
  like "$output" 'k3thread: proxy: no supervisor at *'
  start='{"jsonrpc":"2.0","id":7,"method":"start","params":{"command":["sh","-c","pwd; exec sleep 1000"],"environment":true,"members":["id"]}}'
  is "$(cd home && k3 proxy <<<"$start")" '{"jsonrpc":"2.0","id":7,"result":{"id":1}}'
  like "$(k3 proxy <<<"$request")" '{"jsonrpc":"2.0","id":"a","result":\[{"id":1,*'
  wait_until "$DEADLINE" grep -qx "$dir/home" there.logs/*/1.log
  like "$(k3 proxy <<<'garbage')" '*not JSON*'
  is "$(k3 proxy </dev/null)" ''
  # The last line may lack its newline, and what is not answered does not keep the proxy.
  time=$(now_us)
  is "$(printf '{"jsonrpc":"2.0","id":1,"method":"join","params":{"thread":1}}\n' | k3 proxy)" ''
  [ $(($(now_us) - time)) -lt 10000000 ]
}

@test "completion offers the threads of the host, and hosts of ssh's configuration" {
  there start --name far -- sleep 1000
  like "$(k3 completion --at -- -H box raise '')" $'words\nfar*'
  like "$(K3THREAD_HOST=box k3 completion --at -- raise '')" $'words\nfar*'
  is "$(HOME=$dir/home k3 completion --at -- -H '')" words
  mkdir -p home/.ssh
  printf '\nHost\nHost web1 web2 *.lan !x -y\n  HostName y\nhost=db\n' >home/.ssh/config
  is "$(HOME=$dir/home k3 completion --at -- -H '' | tr '\t' ' ')" $'words\nweb1 \nweb2 \ndb '
  time=$(now_us)
  run k3 -H hangs completion --at -- raise ''
  run k3 completion --at -- -H hangs raise ''
  [ $(($(now_us) - time)) -lt 20000000 ]
}

@test "top shows the threads of the host and their logs, and raises in them" {
  command -v tmux >/dev/null || skip "needs tmux"
  there start --name far -- sh -c 'printf %s%s hel lo; exec sleep 1000'
  tmux -S "$dir/tmux" -f /dev/null new-session -d -x 100 -y 20 "$K3THREAD -H box top"
  wait_until "$DEADLINE" shows far
  tmux -S "$dir/tmux" send-keys l
  wait_until "$DEADLINE" shows hello
  tmux -S "$dir/tmux" send-keys q r Enter
  wait_until "$DEADLINE" shows SystemExit
  tmux -S "$dir/tmux" kill-server
  run -143 there join far
}

shows() {
  tmux -S "$dir/tmux" capture-pane -p | grep -qF -- "$1"
}
