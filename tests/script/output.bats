#!/usr/bin/env bats
# The output of a run: unfinished lines, and sequences that would move the cursor for all threads.

# shellcheck disable=SC2016,SC2154

load ../cli/helpers

setup() {
  begin_test
  export XDG_RUNTIME_DIR=$dir TMPDIR=$dir # where a run makes its place
}

# script_of LINE…: writes a script of these lines to the file script.
script_of() {
  printf '%s\n' "$@" >script
}

@test "a prompt is shown while it waits for its answer, and no other thread's line is mixed with it" {
  script_of 'start -n ask -- sh -c '\''printf "sure? "; until [ -e go ]; do sleep 0.02; done; echo yes'\' \
    'start -n other -- sh -c '\''until [ -e other ]; do sleep 0.02; done; echo line'\'
  in_background run "$K3THREAD" run -q script
  wait_until "$DEADLINE" grep -q 'ask   | sure? \|ask | sure? ' run.out
  touch other
  wait_until "$DEADLINE" grep -q 'other | line' run.out
  touch go
  finish run
  is "$(cat run.out)" $'ask | sure? \nother | line\nask | yes'
}

@test "a line that was shown unfinished continues where it stands" {
  script_of 'start -n ask -- sh -c '\''printf "sure? "; until [ -e go ]; do sleep 0.02; done; echo yes; printf end'\'
  in_background run "$K3THREAD" run -q script
  wait_until "$DEADLINE" grep -q 'sure? ' run.out
  touch go
  finish run
  is "$(cat run.out)" $'ask | sure? yes\nask | end'
}

@test "colours pass through after a name, and every other control sequence is removed" {
  cat >print <<'END'
printf 'a\033[1;31mred\033[0m\033[2J\033[3;4H\033[?25l\033]0;title\007\033c\033(Bb\n'
printf '\033[31\nc\033]8;;x\nd\033[>4;2m\033Pq\033\\e\n'
END
  script_of 'start -n a -- sh print'
  is "$(k3 run -q script)" "$(printf 'a | a\033[1;31mred\033[0mb\na | \na | c\na | de')"
  is "$(k3 run -q --no-prefix script | cksum)" "$(sh print | cksum)"
}

@test "control characters that leave the line or switch the character set do not pass, and a backspace stays behind the name" {
  cat >print <<'END'
printf '\302\2332Ja\302\240\342\233\233\n12\b\b\b\bX\303\274\b\b\bY\n\b\016b\017\013c\014\005d\te\a\n\302\302\205f\302\n'
END
  script_of 'start -n a -- sh print'
  is "$(k3 run -q script)" \
    "$(printf 'a | 2Ja\302\240\342\233\233\na | 12\b\bX\303\274\b\bY\na | bcd\te\a\na | \302f\302')"
}

@test "each line has the name before it, also a long name" {
  local name
  name=$(printf 'name%.0s' {1..10})
  script_of "start -n $name -- seq 1000"
  k3 run -q script | cmp - <(seq -f "$name | %g" 1000)
}

@test "a carriage return at a terminal begins the line again, after its name" {
  script_of 'start -n a -- printf "10%%\r20%%\rdone\r\n"'
  is "$(NO_COLOR=1 TERM=xterm command script -qec "'$K3THREAD' run -q script" /dev/null </dev/null | head -n 1)" \
    "$(printf 'a | 10%%\ra | \033[K20%%\ra | \033[Kdone\r')"
  is "$(k3 run -q script)" "$(printf 'a | 10%%\r20%%\rdone\r')"
}

# front_wakes: prints how often the front of the run in the background has waited.
front_wakes() {
  awk '/^voluntary/ { print $2 }' "/proc/${background[run]}/status"
}

@test "a long run sleeps while its threads print nothing, also after it has forgotten the first ones" {
  { seq -f "start -- true # %g" 1150 && echo 'start -n last -- sh -c "until [ -e go ]; do sleep 0.02; done; echo end"'; } >script
  in_background run "$K3THREAD" run -q --slots 8 script
  wait_until "$DEADLINE" eval 'test -e k3thread-run.*/run.logs/*/1151.log && test ! -e k3thread-run.*/run.logs/*/64.log'
  local before
  before=$(front_wakes)
  sleep 0.9 # what must not happen: a look every 200 ms
  [ $(($(front_wakes) - before)) -le 2 ]
  touch go
  finish run
  is "$(cat run.out)" 'last | end'
}

@test "a run shows the output of threads that begin after the directory of its logs was removed or moved" {
  mkdir tmp
  export TMPDIR=$dir/tmp
  script_of 'start -n a -- sh -c '\''echo one; until [ -e go ]; do sleep 0.02; done; echo two; until [ -e seen ]; do sleep 0.02; done'\' \
    'start -n b -- sh -c '\''until [ -e go ]; do sleep 0.02; done'\' \
    'start -n c --needs b:ended -- echo three'
  for lose in 'rm -r tmp' 'mv tmp/k3thread-run.*/logs/* moved'; do
    rm -f go seen
    in_background run "$K3THREAD" run -q script
    wait_until "$DEADLINE" grep -q one run.out
    eval "$lose"
    touch go
    wait_until "$DEADLINE" grep -q three run.out
    touch seen
    finish run
    is "$(sort run.out)" $'a | one\na | two\nc | three'
  done
}

@test "start --wait in a script prints the output once" {
  script_of 'start --wait -n a -- echo once' 'start --wait -n b -o file -- echo elsewhere'
  is "$(k3 run -q script)" 'a | once'
  is "$(cat file)" elsewhere
}

@test "the output of a run and of a thread that appends to the same file do not overwrite each other" {
  script_of 'start --wait -n a -- echo first' 'start --wait -o out -- echo second' 'start --wait -n c -- echo third'
  k3 run -q script >out
  is "$(cat out)" $'a | first\nsecond\nc | third'
}

@test "standard output that is closed or full ends no thread of a run, is reported once, and does not change the status" {
  script_of 'start -n a -- sh -c '\''echo x; until [ -e go ]; do sleep 0.02; done; echo y; touch over; exit 3'\'
  for output in '&-:Bad file descriptor' '/dev/full:No space left on device'; do
    rm -f go over
    in_background running bash -c "exec \"\$K3THREAD\" run -q script >${output%%:*}"
    wait_until "$DEADLINE" grep -q . running.err
    touch go
    finish running 3
    is "$(cat running.err)" "k3thread: run: cannot write to standard output, the threads go on without it: ${output#*:}"
    [ -e over ]
    rm running.err
  done
}

@test "a run reports once that the file system of its logs is full, and the thread that filled it lives on" {
  needs_root
  script_of 'start -- sh -c "seq 100000 2>/dev/null; until [ -e go ]; do sleep 0.02; done; echo lost 2>/dev/null; exit 3"' \
    'start -- true'
  mkdir full
  cat >fill <<'EOF'
mount -t tmpfs -o size=256k none full || exit 77
TMPDIR=$PWD/full "$K3THREAD" run -q script >out 2>err &
timeout "$1" sh -c 'until [ -s err ]; do sleep 0.02; done' || echo 'nothing was said'
touch go
wait $!
echo $?
EOF
  run unshare --mount sh fill "$DEADLINE"
  [ "$status" != 77 ] || skip "nothing can be mounted here"
  is "$output" 3
  like "$(cat err)" "k3thread: run: the file system of the logs is full: $dir/full/*: output may be lost"
  is "$(wc -l <err)" 1
}

@test "much output of threads comes into a file whole and in order, and what follows comes behind it" {
  script_of 'start -n a -- seq 600000' 'start -n b -- seq 600000' 'join a' 'join b' 'list a' 'start -n c -- echo last'
  k3 run -q script >out
  for name in a b; do
    grep "^$name | " out | cut -c5- | cmp - <(seq 600000)
  done
  is "$(tail -n 1 out)" 'c | last'
  like "$(tail -n 2 out | head -n 1)" '*a *ended *seq 600000'
  is "$(wc -l <out)" 1200003
}

@test "much output that no longer fits ends no thread of a run, and is reported once" {
  script_of 'start -n a -- sh -c "seq 600000; exit 3"'
  run -3 --separate-stderr bash -c 'ulimit -f 4200; exec "$K3THREAD" run -q script >out'
  is "$stderr" 'k3thread: run: cannot write to standard output, the threads go on without it: File too large'
  seq 600000 | sed 's/^/a | /' | head -c $((4200 * 1024)) | cmp - out
}
