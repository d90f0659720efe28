#!/usr/bin/env bats
# start --call: functions of a library as threads. jobs.c is the library.

# shellcheck disable=SC2016,SC2154  # helpers.bash and run set some names

load ../cli/helpers
load said

setup() {
  begin_test
  cp "$BUILD/tests/attach/libjobs.so" .
}

# says WORDS: the output has the words.
says() {
  like "$output" "*$1*"
}

# call NAME FUNCTION [ARGUMENT…]: starts it, with its output in NAME.out.
call() {
  local name=$1 function=$2
  shift 2
  k3 start -n "$name" -o "$dir/$name.out" --call "./libjobs.so:$function" -- "$@"
}

# begin_loading NAME FUNCTION: starts it in the background, and waits until its library waits for the file "gate".
begin_loading() {
  GATE=$dir/gate in_background "start-$1" call "$@"
  said "$1" loading
}

@test "start --call calls the function as a thread of that name, and its result's low byte is the exit status" {
  call web show a '' '--b c'
  run -3 k3 join web || run -4 k3 join web
  is "$status" 4
  is "$(cat web.out)" $'show\na\n\n--b c\nend web immediate'
  is "$(k3_field web command)" '["./libjobs.so:show", "a", "", "--b c"]'
  run -1 k3 start --wait --call=./libjobs.so:show
  says 'end Thread-2 immediate'
}

@test "raise NAME goes to the thread of the function, which is attached when start answers" {
  call web catch_all
  is "$(k3_field web attached)" true
  said web ready
  k3 raise -m 'bad line' web ValueError
  k3 raise web Reload
  said web 'caught ValueError: bad line' 'caught Reload: '
  run -0 k3 list web/
  says 'web/web'
  k3 raise -m bye web
  run -41 k3 join web
  said web 'ends: bye'
}

@test "an exception that the function does not catch ends the process with its status, and is the thread's" {
  for row in SystemExit:143 KeyboardInterrupt:130 TimeoutError:124 ValueError:1; do
    exception=${row%:*}
    call "$exception" wait_long
    said "$exception" ready
    k3 raise -m "why $exception" "$exception" "$exception"
    run "-${row#*:}" k3 join "$exception"
    is "$(k3_field "$exception" exception) $(k3_field "$exception" message)" "$exception why $exception"
  done
}

@test "an exception ends a function that computes, at a safepoint" {
  call web compute
  said web ready
  k3 raise web
  run -143 k3 join web
}

@test "a crash in a function, or in the library while it is loaded, is the crash of one thread" {
  call other wait_long
  call web crash
  run -139 k3 join web
  FATAL=1 call dead show
  run -137 k3 join dead
  call left leave
  run -7 k3 join left
  is "$(k3_field other state)" running
}

@test "start --call says in the loader's words why there is no function, with 126 or 127" {
  run -127 k3 start -n a --call ./no.so:f
  says 'FileNotFoundError: --call: ./no.so: cannot open shared object file: No such file or directory'
  run -127 k3 start --call libno-such.so.9:f
  says 'libno-such.so.9: cannot open shared object file'
  run -127 k3 start --call ./libjobs.so:nothing
  says 'libjobs.so: undefined symbol: nothing'
  echo text >text.so
  run -126 k3 start --call ./text.so:f
  says 'OSError: --call: ./text.so: '
  # Another processor's: the number of the machine, in the header, is 0.
  printf '\0\0' | dd of=libjobs.so bs=1 seek=18 conv=notrunc status=none
  run -126 k3 start --call ./libjobs.so:show
  says '--call: ./libjobs.so: '
  says 'for another processor'
  is "$(k3_field a state) $(k3_field a exit_code) $(k3_field a runs)" 'ended 127 0'
}

@test "a run of start --call whose library cannot be loaded leaves no mark, and clear removes the file that had it" {
  k3 start -n a --call ./libjobs.so:show
  run -1 k3 join a
  mv libjobs.so gone.so
  run -127 k3 restart --wait a
  is "$(k3 logs a)" $'show\nend a immediate'
  ls "$(dirname "$(k3_field a log)")"/1.runs
  mv gone.so libjobs.so
  k3 restart a
  run -1 k3 join a
  is "$(k3 logs a)" $'show\nend a immediate\n--- run 2, after exit 127 ---\nshow\nend a immediate'
  k3 start -n b --call ./libjobs.so:show
  run -1 k3 join b
  mv libjobs.so gone.so
  run -127 k3 restart --wait b
  is "$(k3_field b runs)" 1
  k3 clear
  is "$(find . -name '*.runs')" ''
}

@test "a library whose own needs are missing is not loadable: 126" {
  printf 'int f(void); int f(void) { return 0; }\n' | "$CC" -shared -fPIC -x c - -o libneed.so
  printf 'int f(void); int g(void); int g(void) { return f(); }\n' |
    "$CC" -shared -fPIC -x c - -o libuser.so -L. -lneed
  rm libneed.so
  run -126 k3 start --call ./libuser.so:g
  says 'libneed.so: cannot open shared object file'
}

@test "a word that is not LIBRARY:FUNCTION is refused, on the command line and on the socket" {
  for word in jobs jobs: :f a:b/c ''; do
    run -64 k3 start --call "$word"
    says "--call wants LIBRARY:FUNCTION, not '$word'"
  done
  k3 start -n keeper sleep 1000
  run -0 script <<'EOF'
try:
    call("start", command=["jobs"], call=True)
except Failure as failure:
    print(failure.message)
print(call("start", command=["./libjobs.so:catch_all"], call=True, directory=os.getcwd())["attached"])
EOF
  says "--call wants LIBRARY:FUNCTION, not 'jobs'"
  says True
}

@test "a raise that comes while the library is loaded waits, and arrives in the function" {
  begin_loading web wait_long
  begin_loading wide wait_long
  is "$(k3_field web runs) $(k3_field web state) $(k3_field web attached)" '0 running false'
  in_background raised k3 raise -m early web ValueError
  in_background ended k3 raise -m late 'wi*'
  # A signal does not wait.
  k3 raise web SIGCONT
  touch gate
  finish start-web
  finish start-wide
  finish raised
  finish ended
  run -1 k3 join web
  said web 'Exception in thread web: ValueError: early'
  run -143 k3 join wide
  is "$(k3_field wide signal) $(k3_field wide message)" 'null late'
}

@test "a raise that waits for a library learns that the thread has ended" {
  begin_loading web show
  in_background raised k3 raise web
  k3 raise web SIGKILL
  finish raised 3
  like "$(cat raised.err)" "k3thread: raise: InvalidThreadIdError: *'web'*"
  run -137 k3 join web
}

@test "a shutdown and a time limit end a thread whose library is not loaded" {
  GATE=$dir/gate in_background late k3 start -n late --timeout 0.2 --call ./libjobs.so:show
  wait_for_state late ended
  is "$(k3_field late exception)" TimeoutError
  begin_loading web show
  k3 shutdown --now
  finish start-web || :
}

@test "a function is called again by --restart and by restart" {
  k3 start -n web -r on-failure --call ./libjobs.so:fail_once -- "$dir/once"
  run -0 k3 join web
  is "$(k3_field web runs)" 2
  call c catch_all
  said c ready
  k3 restart c
  is "$(k3_field c runs) $(k3_field c attached)" '2 true'
}

@test "start --call works in scripts, with --ready, --directory and --daemon, and in completion" {
  run -0 k3 run - <<<"start --wait --call ./libjobs.so:fail_once
daemon -n d --ready line:ready --call ./libjobs.so:catch_all
join --ready d"
  like "$(k3 completion --at -- start --ca)" '*--call*'
  is "$(k3 completion --at -- start --call ./l | head -n 1)" files
  mkdir sub
  mv libjobs.so sub
  run -2 k3 start --wait -C sub --call ./libjobs.so:show x
}

@test "k3thread-host is found beside the program and in ../libexec/k3thread, and its lack is explained" {
  mkdir -p bin libexec/k3thread
  cp "$K3THREAD" bin/k3thread
  K3THREAD=$dir/bin/k3thread
  run k3 start --call ./libjobs.so:show
  if [ "$status" != 0 ]; then # it may be installed
    is "$(k3_field Thread-1 exit_code)" 125
    says "k3thread-host is neither in $dir/bin, nor in $dir/bin/../libexec/k3thread, nor in "
  fi
  # It finds the library in ../../lib from there, and its functions get the same one.
  cp "$BUILD/k3thread-host" libexec/k3thread
  mkdir lib
  cp -P "$BUILD"/libk3thread.so.* lib
  run -1 k3 start --wait --call ./libjobs.so:show
  says 'end Thread-2 immediate'
  mv libexec/k3thread/k3thread-host bin
  LD_LIBRARY_PATH=$BUILD run -1 k3 start --wait --call ./libjobs.so:show
}

@test "k3thread-host says what it is for, and without a worker gives its reasons to the user" {
  local fd reason='--call: ./missing.so: cannot open shared object file: No such file or directory'
  run -2 "$BUILD/k3thread-host"
  says 'start --call LIBRARY:FUNCTION'
  run -2 "$BUILD/k3thread-host" 1
  for fd in x 1x '' -1 4294967297 99; do # no open descriptors
    run -127 "$BUILD/k3thread-host" "$fd" ./missing.so:f
    is "$output" "k3thread-host: $reason"
  done
  run -127 "$BUILD/k3thread-host" 1 ./missing.so:f # one that is open gets the message for the worker
  is "$output" "127 $reason"
}
