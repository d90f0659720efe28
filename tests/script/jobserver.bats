#!/usr/bin/env bats
# --jobserver: the commands of all threads together run no more jobs than there are slots.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

load runs

setup() {
  begin_test
  export XDG_RUNTIME_DIR=$dir TMPDIR=$dir
  unset MAKEFLAGS MFLAGS MAKELEVEL
  mkdir up
  # meet COUNT: a job that ends when so many such jobs run at the same time.
  cat >meet <<'END'
#!/bin/sh
count() { echo $#; }
mkdir "up/$$"
until [ -e met ] || [ "$(count up/*)" = "$1" ]; do sleep 0.02; done
touch met
END
  # A client of the jobserver: take:COUNT, give:COUNT, ready:DESCRIPTOR, touch:FILE, wait:FILE, sleep, exit:STATUS
  cat >client <<'END'
import os, re, sys, time
flags = os.environ["MAKEFLAGS"]
take, give = map(int, re.search(r"--jobserver-auth=(\d+),(\d+)", flags).groups())
for word in sys.argv[1:]:
    verb, _, what = word.partition(":")
    if verb == "take":
        for _ in range(int(what)):
            assert os.read(take, 1)
    elif verb == "give":
        os.write(give, b"+" * int(what))
    elif verb == "ready":
        os.write(int(what), b"\n")
    elif verb == "touch":
        open(what, "w").write("\n")
    elif verb == "wait":
        while not os.path.exists(what):
            time.sleep(0.02)
    elif verb == "sleep":
        time.sleep(1000)
    elif verb == "exit":
        sys.exit(int(what))
END
  chmod +x meet
}

# makefile COUNT COMMAND: a Makefile with so many jobs; COMMAND gets the job's number.
makefile() {
  printf 'all: %s\njob-%%: ; @%s $*\n' "$(printf 'job-%d ' $(seq "$1"))" "$2" >Makefile
}

# supervise_jobs N: a supervisor with a jobserver, in the background.
supervise_jobs() {
  in_background supervise k3 supervise --slots="$1" --jobserver
  wait_until "$DEADLINE" test -S "$K3THREAD_SOCKET"
}

# client NAME WORD…: starts a client as a thread.
client() {
  local name=$1
  shift
  k3 start -n "$name" -- "$PYTHON" -I -S client "$@"
}

@test "ten makes share the slots: all jobs together are never more, and every job is done" {
  cat >job <<'END'
#!/bin/sh
mkdir "up/$$"
set -- up/*
echo $# >>seen
sleep 0.02
rmdir "up/$$"
END
  chmod +x job
  makefile 8 ./job
  for i in {1..10}; do echo "start -n make-$i -- make"; done >script
  k3 run -q --slots 3 --jobserver script
  is "$(wc -l <seen)" 80
  is "$(sort -n seen | tail -n 1)" 3
}

@test "one make has all the slots, and two share them as their jobs need" {
  makefile 4 './meet 4 #'
  echo "start -t $LIMIT -- make" >script
  k3 run -q --slots 4 --jobserver script
  rm -r met up/*
  printf '%s\n' "start -t $LIMIT -- ./meet 5" "start -t $LIMIT -- make" >script
  k3 run -q --slots 5 --jobserver script
}

@test "a make gets the last free token although another command has left it" {
  makefile 2 './meet 2 #'
  supervise_jobs 4
  for _ in 1 2; do k3 start -- sleep 1000; done
  k3 start -n make -t "$LIMIT" -- make
  k3 join make
}

@test "a make that has run one job for long gets tokens when it needs them" {
  printf 'all: a b\na b: first ; @./meet 2\nfirst: ; @echo >began; until [ -e go ]; do sleep 0.02; done\n' >Makefile
  supervise_jobs 5
  k3 start -n make -t "$LIMIT" -- make
  wait_for_file began
  for _ in 1 2 3; do k3 start -- sleep 1000; done
  touch go
  k3 join make
}

@test "the tokens of a killed command come back, and those of one that keeps them at its end" {
  supervise_jobs 3
  client a take:2 touch:a.took sleep
  wait_for_file a.took
  client b take:2 touch:b.took exit:3
  is_state b queued
  k3 raise a SIGKILL
  wait_for_file b.took
  run -3 k3 join b
  # Each run of the same thread takes both.
  k3 start -n c -r on-failure:2 -- "$PYTHON" -I -S client take:2 exit:3
  run -3 k3 join -t "$LIMIT" c
  is "$(k3_field c runs)" 3
  k3 start -n d -- sh -c "$PYTHON -I -S client take:2 touch:d.took sleep & wait"
  wait_for_file d.took
  k3 restart d
  rm -f d.took
  k3 restart d
  wait_for_file d.took
}

@test "a make that is killed among its jobs leaves all slots to the others" {
  makefile 4 './meet 9 #'
  supervise_jobs 4
  k3 start -n make -- make
  wait_until "$DEADLINE" eval '[ "$(ls up | wc -l)" = 4 ]'
  k3 raise --wait make SIGKILL
  rm -r up/*
  makefile 4 './meet 4 #'
  k3 start -n again -t "$LIMIT" -- make
  k3 join again
}

@test "a thread that is queued begins although a make has work for all slots" {
  makefile 100 'sleep 0.02; touch done-$*; true'
  supervise_jobs 2
  k3 start -n make -- make
  wait_until "$DEADLINE" [ -e done-4 ]
  k3 start -n b -- touch began
  k3 join b
  [ ! -e done-100 ]
  k3 raise make SIGKILL
}

@test "a token that one client gives back goes to the client that waits for it" {
  supervise_jobs 3
  client a take:1 touch:a.took wait:a.go give:1 wait:b.took take:1 touch:a.again sleep
  wait_for_file a.took
  client b take:1 touch:b.took wait:b.go give:1 touch:b.gave sleep
  is_state b running
  touch a.go
  wait_for_file b.took
  [ ! -s a.again ]
  touch b.go
  wait_for_file a.again
}

@test "a token that comes back goes to the command that has waited longest, and is left to it for a while" {
  supervise_jobs 4
  # Beside load, the command may still be too late once, and the other one then has the token.
  longest_has_it() {
    client "holder$1" take:1 "touch:$1.held" "wait:$1.go" give:1 sleep
    wait_for_file "$1.held"
    k3 start -n "filler$1" -- sleep 1000
    client "first$1" "touch:$1.up-1" take:1 "touch:$1.took-1" sleep
    wait_for_file "$1.up-1"
    client "second$1" "touch:$1.up-2" take:1 "touch:$1.took-2" sleep
    k3 raise "filler$1" # this slot goes to the thread in the queue
    wait_for_file "$1.up-2"
    touch "$1.go"
    wait_until "$DEADLINE" compgen -G "$1.took-*"
    [ ! -e "$1.took-2" ] || k3 raise --wait "*$1"
    [ ! -e "$1.took-2" ]
  }
  longest_has_it a || longest_has_it b || longest_has_it c
}

@test "a token that comes back goes to the command that has fewest, even if another one waits for longer" {
  supervise_jobs 4
  client poor take:1 touch:poor.took wait:go give:1 take:1 touch:poor.again sleep
  wait_for_file poor.took
  client rich take:1 touch:rich.took take:1 touch:richer sleep
  wait_for_file rich.took
  touch go
  wait_for_file poor.again
  [ ! -e richer ]
}

@test "a command that returns tokens that it never took gets no more, and the others have theirs" {
  supervise_jobs 3
  distrusts() { wait_until "$DEADLINE" grep -q "thread $1 returned tokens to the jobserver that it had not taken" k.log; }
  client forger give:9 wait:go-1 take:1 touch:took sleep
  distrusts 1
  touch go-1
  client b take:1 touch:b.took wait:go give:3 wait:go-2 take:1 touch:b.again sleep
  wait_for_file b.took
  touch go
  distrusts 2
  touch go-2
  client c touch:c.up take:0 sleep
  wait_for_file c.up
  k3 raise --wait forger
  k3 raise --wait b
  client d take:1 touch:d.took sleep
  wait_for_file d.took
  [ ! -e took ] && [ ! -e b.again ]
}

@test "a command that closes what it was given runs on, and leaves the tokens to others" {
  supervise_jobs 3
  k3 start -n closer -- sh -c 'exec 3<&- 4>&-; echo >closed; exec sleep 1000'
  wait_for_file closed
  client a take:1 touch:took sleep
  wait_for_file took
  is_state closer running
}

@test "MAKEFLAGS names the jobserver after the caller's own flags, but not the caller's jobserver" {
  supervise_jobs 6
  flags() {
    MAKEFLAGS=$1 k3 start -n flags -- sh -c 'echo "<$MAKEFLAGS>"; ls -1 /proc/self/fd | wc -l'
    k3 join flags
    k3 logs flags | head -n 1
  }
  is "$(flags '')" $'1\n< -j6 --jobserver-auth=3,4>'
  is "$(flags 'k' | tail -n 1)" '<k -j6 --jobserver-auth=3,4>'
  is "$(flags ' -j2 --jobserver-auth=7,8 -k' | tail -n 1)" '< -k -j6 --jobserver-auth=3,4>'
  is "$(flags 'w -j --jobs=3 --jobserver-auth=fifo:/x -- A=-j4 B=a\ --\ b' | tail -n 1)" \
    '<w -j6 --jobserver-auth=3,4 -- A=-j4 B=a\ --\ b>'
  is "$(flags '--jobserver-fds=3,4' | tail -n 1)" '< -j6 --jobserver-auth=3,4>'
  k3 start -n ready --ready 4 -- sh -c 'echo "$MAKEFLAGS"; echo >&4; exec sleep 1000'
  k3 join -t "$LIMIT" --ready ready
  is "$(k3 logs ready)" ' -j6 --jobserver-auth=3,5'
  MAKEFLAGS=k k3 daemon -n apart -- sh -c 'echo "$MAKEFLAGS"; ls -1 /proc/self/fd | wc -l'
  k3 join apart
  is "$(k3 logs apart)" $'k\n4'
}

@test "any descriptor of a probe and those of the jobserver reach the command" {
  local number
  supervise_jobs 2
  for number in {3..24}; do
    k3 start -n a --ready "$number" -- "$PYTHON" -I -S client take:1 give:1 "ready:$number" sleep
    k3 join -t "$LIMIT" --ready a
    k3 raise --wait a
  done
}

@test "slots changes the number of tokens, too" {
  supervise_jobs 1
  client a touch:a.up take:2 touch:took-2 take:1 touch:took-3 wait:go give:3 touch:gave sleep
  wait_for_file a.up
  k3 slots 3
  wait_for_file took-2
  k3 slots 4
  wait_for_file took-3
  k3 slots 1
  client b sleep
  touch go
  wait_for_file gave
  is_state b queued
  k3 slots 2
  wait_for_state b running
  run -64 k3 slots none
  is "$output" "k3thread: slots: ValueError: with a jobserver the slots need a number, not \"none\""
  is "$(k3 slots)" 2
}

@test "without --slots a jobserver has as many as there are processors" {
  echo 'start -- sh -c "echo $MAKEFLAGS"' >script
  echo "start -- sh -c 'echo \"\$MAKEFLAGS\"'" >script
  is "$(k3 run -q --no-prefix --jobserver script)" " -j$(nproc) --jobserver-auth=3,4"
  is "$(echo x | k3 run -q --no-prefix --slots 7 --jobserver --each sh -c 'echo "$MAKEFLAGS"')" ' -j7 --jobserver-auth=3,4'
  run -64 k3 run --jobserver=2 script
}

@test "the jobserver leaves no file, and works when its directory was removed" {
  supervise_jobs 2
  client a take:1 touch:took sleep
  wait_for_file took
  is "$(find . -type p)" ''
  rm -r k.logs
  k3 raise --wait a
  rm took
  client b take:1 touch:took sleep
  wait_for_file took
}
