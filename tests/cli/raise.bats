#!/usr/bin/env bats
# raise: exceptions from outside, their effect on the command, and what follows after the grace.

# Scripts stand in single quotes; helpers.bash and run set some names.
# shellcheck disable=SC2016,SC2154

load helpers

# ready_thread NAME SCRIPT [OPTION…]: starts a thread whose command says when it is ready.
ready_thread() {
  local name=$1 script=$2
  shift 2
  k3 start -n "$name" "$@" -- sh -c "$script" - "$name"
  wait_for_file "$name.ready"
}

# Ignores SIGTERM and SIGINT, and goes on for ever.
stubborn='trap "" TERM INT; echo >"$1.ready"; while :; do sleep 0.05; done'

# --- which exception ---

@test "raise ends the thread, its command and all processes that the command started" {
  ready_thread nap 'sleep 1000 & echo $! >"$1.ready"; wait'
  pid=$(k3_field nap pid)
  k3 raise --wait nap SystemExit
  is "$(k3_field nap exception)" SystemExit
  is "$(k3_field nap state)" ended
  refute_alive "$pid" "$(cat nap.ready)"
}

@test "raise without an exception raises SystemExit, which is SIGTERM to the command" {
  k3 start -n nap -- sleep 1000
  k3 raise --wait nap
  is "$(k3_field nap exception)" SystemExit
  is "$(k3_field nap signal)" 15
  is "$(k3_field nap message)" null
  run -143 k3 join nap
}

@test "a command that catches SIGTERM ends as it chooses" {
  ready_thread nap 'trap "exit 5" TERM; echo >"$1.ready"; while :; do sleep 0.02; done'
  k3 raise --wait nap
  is "$(k3_field nap exception)" SystemExit
  is "$(k3_field nap exit_code)" 5
  run -5 k3 join nap
}

@test "KeyboardInterrupt is SIGINT to the command" {
  k3 start -n a -- sleep 1000
  ready_thread b 'trap "echo int >b.out; exit 6" INT; echo >"$1.ready"; while :; do sleep 0.02; done'
  k3 raise --wait a KeyboardInterrupt
  k3 raise --wait b KeyboardInterrupt
  is "$(k3_field a exception)" KeyboardInterrupt
  is "$(k3_field a signal)" 2
  run -130 k3 join a
  run -6 k3 join b
  is "$(cat b.out)" int
}

@test "any other exception ends the command as SystemExit does, and the thread has ended by that exception" {
  for name in RuntimeError Exception BaseException; do
    k3 start -n x -- sleep 1000
    k3 raise --wait x $name
    is "$(k3_field x exception)" $name
    is "$(k3_field x signal)" 15
  done
}

@test "--message sets the message of the exception" {
  k3 start -n a -- sleep 1000
  k3 start -n b -- sleep 1000
  k3 raise --wait -m 'no more "müsli"' a RuntimeError
  k3 raise --wait --message=$'\xff' b
  is "$(k3_field a message)" 'no more "müsli"'
  is "$(k3_field b message)" '{"base64": "/w=="}'
}

@test "the first of several exceptions is the one that the thread ends with" {
  ready_thread s "$stubborn" -g 1
  k3 raise -m first s RuntimeError
  k3 raise -m second --wait s KeyboardInterrupt
  is "$(k3_field s exception)" RuntimeError
  is "$(k3_field s message)" first
}

@test "an unknown exception is a ValueError, and the nearest one is suggested" {
  k3 start -n a -- sleep 1000
  run -64 --separate-stderr k3 raise a SystemExti
  like "$stderr" "k3thread: raise: ValueError: *SystemExti*did you mean 'SystemExit'*"
  run -64 --separate-stderr k3 raise a RunTimeEror
  like "$stderr" '*RuntimeError*'
  run -64 --separate-stderr k3 raise a SIGHUPP
  like "$stderr" '*SIGHUP*'
  for number in 0 32 33 65 -1 1x; do
    run -64 k3 raise -- a $number
  done
  run -64 k3 raise a ''
  is "$(k3_field a state)" running
}

# --- signals ---

@test "raise knows the real-time signals, and other names of signals" {
  ready_thread s 'trap "echo abrt >>s.out" ABRT; trap "echo third >>s.out" 37
    echo >"$1.ready"; while :; do sleep 0.02; done'
  local spelling
  for spelling in RTMIN+3 sigrtmin+3 RTMAX-27 37 IOT; do
    rm -f s.out
    k3 raise s $spelling
    wait_for_file s.out
    like "$(cat s.out)" "$([ $spelling = IOT ] && echo abrt || echo third)"
  done
  k3 raise --wait s RTMAX
  is "$(k3_field s signal)" 64
  like "$(k3 list s)" '* SIGRTMAX *'
}

@test "raise of a signal sends it to the command, and the thread goes on" {
  ready_thread s 'trap "echo usr1 >>s.out" USR1; trap "echo hup >>s.out" HUP
    echo >"$1.ready"; while :; do sleep 0.02; done'
  local spelling
  for spelling in SIGUSR1 USR1 usr1 10; do
    rm -f s.out
    k3 raise s $spelling
    wait_for_file s.out
    is "$(cat s.out)" usr1
  done
  rm s.out
  k3 raise s hup
  wait_for_file s.out
  is "$(cat s.out)" hup
  is "$(k3_field s state)" running
  is "$(k3_field s exception)" null
}

@test "a signal that ends the command is not reported as the thread's exception" {
  k3 start -n a -- sleep 1000
  k3 raise --wait a KILL
  is "$(k3_field a exception)" null
  is "$(k3_field a signal)" 9
  run -137 k3 join a
}

@test "SIGCONT continues a stopped command, and an exception wakes a stopped command to end it" {
  k3 start -n a -- sleep 1000
  pid=$(k3_field a pid)
  k3 raise a STOP
  wait_until "$DEADLINE" grep -q '^State:.T' "/proc/$pid/status"
  k3 raise a CONT
  wait_until "$DEADLINE" grep -q '^State:.S' "/proc/$pid/status"
  k3 raise a STOP
  wait_until "$DEADLINE" grep -q '^State:.T' "/proc/$pid/status"
  k3 raise --wait a
  is "$(k3_field a signal)" 15
}

@test "a signal goes to the command alone, and an exception goes to its group" {
  ready_thread g 'trap : USR1; sh -c "trap \"echo member >>g.out\" USR1; echo \$\$ >member
    while :; do sleep 0.02; done" & while [ ! -s member ]; do sleep 0.02; done
    echo >"$1.ready"; while :; do wait; done'
  k3 raise g USR1
  member=$(cat member)
  kill -0 "$member"
  k3 raise --wait g
  refute_alive "$member"
  [ ! -e g.out ]
}

# --- which threads ---

@test "raise takes an id" {
  k3 start -n a -- sleep 1000
  k3 start -n b -- sleep 1000
  k3 raise --wait 1
  is "$(k3_field a state)" ended
  is "$(k3_field b state)" running
}

@test "a pattern raises in each live thread that matches, and in no other" {
  for name in web-1 web-2 web db; do k3 start -n $name -- sleep 1000; done
  k3 raise --wait web-1
  k3 raise --wait 'web*' RuntimeError
  is "$(k3_field web-1 exception)" SystemExit
  is "$(k3_field web-2 exception)" RuntimeError
  is "$(k3_field web exception)" RuntimeError
  is "$(k3_field db state)" running
}

@test "--all raises in every live thread" {
  k3 start -- sleep 1000
  k3 start -a 1000 -- sleep 1000
  k3 daemon -- sleep 1000
  k3 raise --all --wait KeyboardInterrupt
  is "$(k3 list --live -q)" ''
  for id in 1 2 3; do is "$(k3_field $id exception)" KeyboardInterrupt; done
  run -0 k3 raise --all
}

@test "a thread that is not alive is an InvalidThreadIdError" {
  k3 start -n web -- true
  k3 join web
  run -3 --separate-stderr k3 raise web
  is "$stderr" "k3thread: raise: InvalidThreadIdError: no live thread 'web'"
  run -3 k3 raise nobody
  run -3 k3 raise 1
  run -3 k3 raise 99999999999999999999999
  run -3 k3 raise 'web*'
}

@test "raise requires a thread or --all" {
  run -64 k3 raise
  run -64 k3 raise a b c
  like "$output" "k3thread: raise: unexpected argument 'c'*"
  run -64 k3 raise --all SystemExit more
}

# --- waiting ---

@test "without --wait, raise returns at once" {
  ready_thread s "$stubborn" -g 1000
  k3 raise s
  wait_for_state s stopping
  k3 raise s SIGKILL
  run -137 k3 join s
}

@test "a pattern finds each thread whose name is not UTF-8" {
  for name in $'x\xff' $'x\xfe' $'y\xff'; do
    k3 start -n "$name" -- sleep 1000
  done
  k3 raise 1 SIGKILL
  k3 raise 2
  run -137 k3 join 'x*'
  k3 start -n $'x\xff' -- sleep 1000
  k3 start -n $'x\xfe' -- sleep 1000
  k3 raise --wait 'x*'
  is "$(k3_field 4 exception) $(k3_field 5 exception) $(k3_field 3 exception)" 'SystemExit SystemExit null'
}

@test "--wait with a time fails when the thread lives longer" {
  ready_thread s "$stubborn" -g 1000
  run -1 --separate-stderr k3 raise --wait=0.1 s
  like "$stderr" 'k3thread: raise: TimeoutError: *'
  is "$(k3_field s state)" stopping
  run -1 k3 raise -w100ms s
  run -64 k3 raise --wait=x s
  k3 raise -w20 s SIGKILL
}

# --- the delay ---

@test "a thread that is raised in during its delay never runs its command" {
  k3 start -n d -a 1000 -- sh -c 'echo ran >out'
  k3 raise --wait -m 'not needed' d
  is "$(k3_field d exception)" SystemExit
  is "$(k3_field d message)" 'not needed'
  is "$(k3_field d started)" null
  is "$(k3_field d runs)" 0
  [ ! -e out ]
}

@test "join of a thread that an exception ended in its delay exits with the exception's status" {
  local pair
  for pair in SystemExit=143 KeyboardInterrupt=130 TimeoutError=124 RuntimeError=125; do
    k3 start -n d -a 1000 -- true
    k3 raise --wait d "${pair%=*}"
    run "-${pair#*=}" k3 join d
  done
}

@test "a signal such as SIGUSR1 does not end the delay of a thread" {
  k3 start -n d -a 1000 -- true
  k3 raise d USR1
  run -124 k3 join -t 0.3 d
  is "$(k3_field d state)" delayed
}

@test "SIGINT, SIGQUIT, SIGKILL and SIGTERM end a thread whose command does not run, and other signals are dropped" {
  # Delayed, waiting, and between two runs; the test of supervise --slots below covers queued threads.
  k3 start -n never --ready line:never -- sleep 1000
  signals='INT QUIT KILL TERM HUP USR1 CONT STOP ALRM'
  for signal in $signals; do
    k3 start -n "delayed $signal" -a 1000 -- true
    k3 start -n "waiting $signal" --needs never -- true
    k3 start -n "paused $signal" -r always -- false
  done
  # The pauses become longer: these are not over before the test comes to them.
  wait_until "$DEADLINE" is_paused 'paused ALRM'
  for signal in $signals; do k3 raise "paused $signal" "$signal"; done
  for signal in $signals; do
    k3 raise "delayed $signal" "$signal"
    k3 raise "waiting $signal" "$signal"
    for thread in "paused $signal" "delayed $signal" "waiting $signal"; do
      case $signal in
        INT | QUIT | KILL | TERM)
          run -"$([ "$thread" = "paused $signal" ] && echo 1 || echo 125)" k3 join -t "$LIMIT" "$thread"
          is "$(k3_field "$thread" exception)" "SIG$signal"
          ;;
        *)
          run -124 k3 join -t 0.02 "$thread"
          k3 raise --wait "$thread"
          is "$(k3_field "$thread" exception)" SystemExit
          ;;
      esac
    done
  done
}

# Succeeds in the fourth pause at the earliest, of 0.8 seconds.
is_paused() {
  [ "$(k3_field "$1" runs)" -ge 4 ] && is_state "$1" delayed
}

@test "SIGTERM ends a queued thread, and SIGHUP in a queued thread is dropped" {
  in_background supervise k3 supervise --slots 1
  wait_until "$DEADLINE" test -S k.sock
  k3 start -n first -- sleep 1000
  k3 start -n queued -- sh -c 'exit 8'
  is "$(k3_field queued state)" queued
  k3 raise queued HUP
  is "$(k3_field queued state)" queued
  k3 start -n queued2 -- true
  k3 raise queued2 TERM
  is "$(k3_field queued2 state)" ended
  k3 raise --wait first
  run -8 k3 join queued
  k3 shutdown
  finish supervise
}

# --- grace ---

# Less than the grace that a thread has by default, and enough for a busy machine.
soon=8

@test "the command is killed after the grace" {
  ready_thread s "$stubborn" -g 0.3
  k3 raise --wait=$soon s
  is "$(k3_field s signal)" 9
  is "$(k3_field s exception)" SystemExit
  run -137 k3 join s
}

@test "the command is not killed before the grace is over" {
  ready_thread s 'trap "sleep 0.5; exit 3" TERM; echo >"$1.ready"; while :; do sleep 0.02; done' -g 20
  k3 raise --wait s
  is "$(k3_field s exit_code)" 3
}

@test "a grace of 0 kills at once" {
  ready_thread s "$stubborn" --grace 0
  k3 raise --wait=$soon s
  is "$(k3_field s signal)" 9
}

@test "KeyboardInterrupt and other exceptions are followed by SIGKILL too" {
  for name in KeyboardInterrupt RuntimeError; do
    rm -f s.ready
    ready_thread s "$stubborn" -g 0.1
    k3 raise --wait=$soon s $name
    is "$(k3_field s signal)" 9
    is "$(k3_field s exception)" $name
  done
}

@test "SIGKILL after the grace reaches the rest of the group although the leader has ended" {
  # The leader ends by SIGTERM; a member of its group ignores it.
  ready_thread t 'sh -c "trap \"\" TERM; echo \$\$ >member; while :; do sleep 0.05; done" &
    while [ ! -s member ]; do sleep 0.02; done; echo >"$1.ready"; wait' -g 1
  leader=$(k3_field t pid)
  member=$(cat member)
  k3 raise t
  wait_until "$DEADLINE" refute_alive "$leader"
  assert_alive "$member"
  is "$(k3_field t state)" stopping
  run -143 k3 join t
  refute_alive "$member"
  is "$(k3_field t exception)" SystemExit
}

@test "SIGKILL cuts the grace short" {
  ready_thread s "$stubborn" -g 1000
  k3 raise s
  k3 raise --wait=20 s SIGKILL
  is "$(k3_field s exception)" SystemExit
}

# --- timeout ---

@test "--timeout raises TimeoutError in the thread" {
  k3 start -n t -t 0.2 -- sleep 1000
  run -124 k3 join t
  is "$(k3_field t exception)" TimeoutError
  is "$(k3_field t signal)" 15
}

@test "a thread that got a timeout counts as timed out whatever status its command exits with" {
  k3 start -n t -t 0.2 -- sh -c 'trap "exit 0" TERM; while :; do sleep 0.02; done'
  run -124 k3 join t
}

@test "a timeout is followed by SIGKILL after the grace" {
  # The command gets more time where a busy machine has not let it ignore SIGTERM in time.
  for seconds in 1 4 16; do
    k3 start -n t --timeout "${seconds}s" --grace 100ms -- sh -c "$stubborn" - t
    run -124 k3 join t
    [ ! -e t.ready ] || break
  done
  is "$(k3_field t signal)" 9
}

@test "a timeout counts from the command's start, and a command that ends in time is not affected" {
  k3 start -n in-time -t 20 -- sh -c 'exit 2'
  k3 start -n late -a 0.5 -t 0.3 -- sh -c 'exit 3'
  run -2 k3 join in-time
  run -3 k3 join late
  is "$(k3_field late exception)" null
}
