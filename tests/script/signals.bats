#!/usr/bin/env bats
# What a signal does to run and to start --wait, and how they end then.

# shellcheck disable=SC2016,SC2028,SC2030,SC2031,SC2154,SC2238

load runs

@test "Ctrl-C raises KeyboardInterrupt in all threads of a run, and ends its script" {
  script_of 'daemon --name d -- sleep 1000' \
    'start --name a -- sh -c "trap \"echo caught; exit 7\" INT; echo up; sleep 1000 & wait"' \
    'join a' 'start -- touch late'
  in_front run script
  wait_for_text run.out 'a | up'
  kill -INT "${background[run]}"
  finish run 130
  grep -qx 'a | caught' run.out
  grep -q '^a .*KeyboardInterrupt, exit 7$' run.err
  grep -q '^d .*KeyboardInterrupt, SIGINT$' run.err
  [ ! -e late ]
}

# press PID [SIGNAL]: sends one more SIGINT if the process still exists; succeeds when it does not.
press() {
  ! kill "-${2:-INT}" "$1" 2>/dev/null
}

@test "a second Ctrl-C kills all threads, and so does another second signal" {
  script_of 'start --name a --grace 1h -- sh -c "trap \"\" INT TERM; echo up; while :; do sleep 0.05; done"'
  for signals in 'INT INT' 'TERM TERM' 'TERM INT' 'INT HUP'; do
    in_front run script
    wait_for_text run.out 'a | up'
    kill "-${signals% *}" "${background[run]}"
    wait_until "$DEADLINE" press "${background[run]}" "${signals#* }"
    finish run $((128 + $(kill -l "${signals% *}")))
    grep -q '^a .*SIGKILL$' run.err
  done
}

@test "copies of one Ctrl-C do not kill a thread that is cleaning up" {
  saver='trap "echo caught; until [ -e go ]; do sleep 0.02; done; echo saved; exit 0" INT TERM; echo up; while :; do sleep 0.02; done'
  script_of "start --name a -- sh -c '$saver'"
  for words in 'run script' "start --wait -- sh -c '$saver'"; do
    rm -f go
    eval "in_background run \"\$K3THREAD\" $words"
    wait_for_text run.out up
    for _ in 1 2 3 4; do kill -INT "${background[run]}"; done
    wait_for_text run.out caught
    touch go
    finish run 130
    grep -q saved run.out
  done
}

@test "two presses of Ctrl-C at a terminal kill, and copies of one press do not" {
  script_of 'start --name a --grace 1h -- sh -c "trap \"echo caught\" INT; echo up; while :; do sleep 0.02; done"'
  cat >talk <<'END'
set timeout 30
spawn -noecho $env(K3THREAD) run script
expect_after timeout { exit 99 }
expect "up"
send "\003"
expect "caught"
exec kill -INT [exp_pid]
exec kill -INT [exp_pid]
set presses 0
expect {
  -timeout 1 timeout { send "\003"; incr presses; exp_continue }
  -re {a .*SIGKILL}
}
expect eof
if {$presses == 0} { exit 98 }
if {[lindex [wait] 5] ne "SIGINT"} { exit 97 }
END
  expect talk
}

@test "a third Ctrl-C ends the supervisor if it does not even react to the SIGKILL of all threads" {
  script_of 'start --name a --grace 1h -- sh -c "trap \"\" INT TERM; echo up; while :; do sleep 0.05; done"' 'join a'
  in_front run script
  wait_for_text run.out 'a | up'
  wait_until "$DEADLINE" supervisor_of_run
  kill -STOP "$(cat pid)"
  wait_until "$DEADLINE" press "${background[run]}"
  finish run 130
  wait_until "$DEADLINE" refute_alive "$(cat pid)"
}

@test "any signal ends a run as SIGTERM does, and the run then ends itself by that signal" {
  script_of 'start --name a -- sh -c "trap \"echo saved; exit\" TERM; echo up; while :; do sleep 0.02; done"'
  for signal in INT QUIT USR1 USR2 ALRM PWR SEGV 33 RTMIN+1 RTMAX; do
    rm -f ended ended.pid
    in_background run how_it_ended env --default-signal=INT,QUIT "$K3THREAD" run script
    wait_for_text run.out 'a | up'
    kill "-$signal" "$(cat ended.pid)"
    finish run
    is "$signal $(cat ended)" "$signal signal $(kill -l "$signal" | grep -x '[0-9]*' || echo "$signal")"
    [ "$signal" = INT ] || grep -q 'a | saved' run.out
    grep -q '^a ' run.err
  done
}

@test "any signal ends start --wait and its thread, and start then ends itself by that signal" {
  for signal in HUP INT QUIT TERM USR1 ALRM 33 RTMAX; do
    rm -f ended ended.pid
    in_background wait how_it_ended env --default-signal=HUP,INT,QUIT "$K3THREAD" start --wait --name a -- \
      sh -c 'trap "echo saved; exit 7" INT TERM; echo up; while :; do sleep 0.02; done'
    wait_for_text wait.out up
    kill "-$signal" "$(cat ended.pid)"
    finish wait
    is "$signal $(cat ended)" "$signal signal $(kill -l "$signal" | grep -x '[0-9]*' || echo "$signal")"
    grep -q saved wait.out
    is_state a ended
    is "$(k3_field a exit_code)" 7
  done
}

@test "a shell script does not go on after a Ctrl-C in run or start --wait" {
  script_of 'start --name a -- sh -c "echo up; exec sleep 1000"'
  for words in 'run -q script' 'start --wait -- sh -c "echo up; exec sleep 1000"'; do
    echo "for i in 1 2; do \"$K3THREAD\" $words; echo round \$i; done; echo deploy" >loop
    cat >talk <<'END'
set timeout 30
spawn -noecho bash loop
expect_after timeout { exit 99 }
expect "up"
send "\003"
expect { "round" { exit 98 } "deploy" { exit 97 } eof {} }
exit 0
END
    expect talk
  done
}

@test "run as process 1 acts on every signal, and exits with 128 and the signal's number" {
  needs_root
  unshare --pid --fork --mount-proc true 2>/dev/null || skip "no pid namespaces here"
  script_of 'start --name a -- sh -c "trap \"echo saved; exit\" INT TERM; echo up; while :; do sleep 0.02; done"'
  for signal in INT TERM HUP USR1 QUIT RTMIN; do
    in_background run env --default-signal=HUP unshare --pid --fork --mount-proc --kill-child "$K3THREAD" run script
    wait_for_text run.out 'a | up'
    kill "-$signal" "$(pgrep -P "${background[run]}")"
    finish run $((128 + $(kill -l "$signal")))
    grep -q 'a | saved' run.out
  done
}

@test "Ctrl-C at a terminal raises KeyboardInterrupt and ends the run by SIGINT" {
  # exec, because dash can miss an interrupt while it forks.
  script_of 'start --name a -- sh -c "echo up; exec sleep 1000"' 'join a'
  cat >talk <<'END'
set timeout 30
spawn -noecho $env(K3THREAD) run script
expect -exact "up"
send "\003"
expect -re {a .*KeyboardInterrupt, SIGINT}
expect eof
if {[lindex [wait] 5] ne "SIGINT"} { exit 97 }
END
  expect talk
}

@test "SIGTERM ends a run as shutdown --now does" {
  script_of 'start --name a -- sh -c "echo up; sleep 1000"' 'join a'
  in_front run script
  wait_for_text run.out 'a | up'
  kill -TERM "${background[run]}"
  finish run 143
  grep -q '^a .*SystemExit, SIGTERM$' run.err
}

@test "SIGHUP ends a run, unless it is ignored" {
  script_of 'start --name a -- sh -c "echo up; until [ -e go ]; do sleep 0.02; done"'
  # SIGHUP may be ignored in the process that runs the tests.
  in_background run env --default-signal=HUP "$K3THREAD" run script
  wait_for_text run.out 'a | up'
  kill -HUP "${background[run]}"
  finish run 129
  in_background ignoring nohup "$K3THREAD" run script
  wait_for_text ignoring.out 'a | up'
  kill -HUP "${background[ignoring]}"
  touch go
  finish ignoring
}
