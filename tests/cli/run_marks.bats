#!/usr/bin/env bats
# The line by which logs shows where a run after the first begins.

# shellcheck disable=SC2016,SC2154

load helpers

# Starts the thread a, whose command prints the number of its run and exits with it; it runs N times.
counts() {
  k3 start -n a -r "on-failure:$(($1 - 1))" "${@:2}" -- \
    sh -c 'echo >>runs; n=$(wc -l <runs); echo "run $n"; exit $n'
  run "-$1" k3 join -t "$LIMIT" a
}

three='run 1
--- run 2, after exit 1 ---
run 2
--- run 3, after exit 2 ---
run 3'

@test "logs shows a line between two runs, which the log itself does not have" {
  counts 3
  is "$(k3 logs a)" "$three"
  is "$(k3 logs -f a)" "$three"
  is "$(k3 logs '[a]')" "a | ${three//$'\n'/$'\na | '}"
  is "$(cat "$(k3_field a log)")" $'run 1\nrun 2\nrun 3'
}

@test "the line shows the result of the run before" {
  k3 start -n a -r on-failure:1 -- sh -c '[ -e again ] || { touch again; kill -KILL $$; }'
  k3 join -t "$LIMIT" a
  k3 restart a
  k3 join -t "$LIMIT" a
  k3 start -n b -- sh -c 'echo up; sleep 1000'
  k3 join -t "$LIMIT" --until line:up b
  k3 restart b
  k3 join -t "$LIMIT" --until line:up b
  is "$(k3 logs b)" $'up\n--- run 2, after SystemExit, SIGTERM ---\nup'
  k3 start -n c -r on-failure:2 -- sh -c '[ -e twice ] || { [ -e once ] && touch twice || touch once; exit 3; }; echo ok'
  k3 join -t "$LIMIT" c
  is "$(k3 logs c)" $'--- run 2, after exit 3 ---\n--- run 3, after exit 3 ---\nok'
}

@test "each form of logs shows the line of a thread that has printed nothing" {
  k3 start -n a1 -- true
  k3 join a1
  k3 restart a1
  k3 join a1
  k3 start -n a2 -- sleep 1000
  k3 restart a2
  for name in a1 a2; do
    line='--- run 2, after exit 0 ---'
    [ $name = a1 ] || line='--- run 2, after SystemExit, SIGTERM ---'
    is "$(k3 logs $name)" "$line"
    is "$(k3 logs "$name*")" "$name | $line"
    in_background $name k3 logs -f $name
    in_background p$name k3 logs -f "$name*"
    wait_for_file $name.out p$name.out
    is "$(<$name.out)" "$line"
    is "$(<p$name.out)" "$name | $line"
  done
  # The followers see the next run too.
  k3 restart a2
  wait_until "$DEADLINE" grep -q 'run 3' a2.out
  wait_until "$DEADLINE" grep -q 'run 3' pa2.out
  k3 raise --wait a2
}

@test "logs -n 0 shows no line of a run that has begun, and with -f those of later runs" {
  k3 start -n a -- true
  k3 join a
  k3 restart a
  k3 join a
  k3 start -n b -- sh -c '[ -e once ] || echo up; touch once; exec sleep 1000'
  k3 join -t "$LIMIT" --until line:up b
  wait_until "$DEADLINE" test -e once
  k3 restart b
  is "$(k3 logs -n 0 a)$(k3 logs -n 0 '[a]')$(k3 logs -n 0 b)$(k3 logs -n 0 '[b]')$(k3 logs -f -n 0 a)" ''
  k3 start -n c -- sh -c 'while echo tick; do sleep 0.05; done'
  k3 restart c
  in_background c k3 logs -f -n 0 c
  in_background p k3 logs -f -n 0 '[c]'
  wait_for_file c.out p.out
  k3 restart c
  wait_until "$DEADLINE" grep -q '^--- run 3, after SystemExit, SIGTERM ---' c.out
  wait_until "$DEADLINE" grep -q '^c | --- run 3, after SystemExit, SIGTERM ---' p.out
  is "$(grep -c 'run 2' c.out p.out)" $'c.out:0\np.out:0'
  k3 raise --wait c
}

@test "logs -f shows the line when the run begins" {
  k3 start -n a -- sleep 1000
  in_background a k3 logs -f a
  k3 restart a
  wait_for_file a.out
  is "$(<a.out)" '--- run 2, after SystemExit, SIGTERM ---'
  k3 raise --wait a
  finish a
}

@test "the line ends a line that the run before left unfinished" {
  k3 start -n a -r on-failure:1 -- sh -c 'printf "no newline"; exit 1'
  run -1 k3 join -t "$LIMIT" a
  is "$(k3 logs a)" $'no newline\n--- run 2, after exit 1 ---\nno newline'
  is "$(k3 logs '[a]')" $'a | no newline\na | --- run 2, after exit 1 ---\na | no newline'
  k3 start -n b --log-limit 1M -r on-failure:1 -- sh -c 'printf "no newline"; exit 1'
  run -1 k3 join -t "$LIMIT" b
  is "$(k3 logs b)" $'no newline\n--- run 2, after exit 1 ---\nno newline'
  is "$(k3 logs -f b)" $'no newline\n--- run 2, after exit 1 ---\nno newline'
}

@test "logs -n shows the line where it stands among the last lines" {
  counts 3
  is "$(k3 logs -n 1 a)" $'--- run 3, after exit 2 ---\nrun 3'
  is "$(k3 logs -n 2 a)" $'--- run 2, after exit 1 ---\nrun 2\n--- run 3, after exit 2 ---\nrun 3'
}

@test "the line is where the run begins also when the log was trimmed" {
  k3 start -n a -r on-failure:2 --log-limit 64K -- sh -c 'seq -f "line %.0f" 100000; exit 3'
  run -3 k3 join -t "$LIMIT" a
  k3 logs a >shown
  is "$(grep -c '^---' shown)" 0
  [ "$(wc -c <shown)" -lt 200000 ]
  k3 start -n b -r on-failure:1 --log-limit 64K -- \
    sh -c 'if [ -e b ]; then echo last; else touch b; seq -f "line %.0f" 100000; exit 3; fi'
  k3 join -t "$LIMIT" b
  is "$(k3 logs b | tail -n 3)" $'line 100000\n--- run 2, after exit 3 ---\nlast'
}

@test "a file of --output is shown as it is, without lines between runs" {
  for name in a b; do
    k3 start -n $name -o shared -r on-failure:1 -- sh -c 'echo "$K3THREAD_NAME"; exit 4'
    run -4 k3 join -t "$LIMIT" $name
  done
  is "$(k3 logs a)" $'a\na\nb\nb'
  is "$(k3 logs -f a)" $'a\na\nb\nb'
  is "$(k3 logs b)" $'b\nb'
  is "$(<shared)" $'a\na\nb\nb'
}

@test "the lines of runs whose output was emptied or moved away are gone" {
  k3 start -n a -- sh -c 'echo >>runs; echo "run $(wc -l <runs)"'
  k3 join a
  k3 restart a
  k3 join a
  log=$(echo k.logs/*/1.log)
  : >"$log"
  k3 restart a
  k3 join a
  is "$(k3 logs a)" $'--- run 3, after exit 0 ---\nrun 3'
  mv "$log" away
  k3 restart a
  k3 join a
  is "$(k3 logs a)" $'--- run 4, after exit 0 ---\nrun 4'
}

@test "a run that could not start has no line" {
  printf '#!/bin/sh\necho ran\n' >ran
  chmod +x ran
  k3 start -n a -- ./ran
  k3 join a
  mv ran away
  run -127 k3 restart a
  run -127 k3 join a
  is "$(k3 logs a)" ran
  mv away ran
  k3 restart a
  k3 join a
  is "$(k3 logs a)" $'ran\n--- run 2, after exit 127 ---\nran'
}

@test "start --wait and run show the output as it is" {
  is "$(k3 start -w -r on-failure:1 -- sh -c 'printf out; exit 1' || :)" outout
  echo 'start --name a --restart on-failure:1 -- sh -c "echo out; exit 1"' >script
  run -1 --separate-stderr k3 run --quiet script
  is "$output" $'a | out\na | out'
}

@test "clear removes the marks of runs, and so does the end of earlier supervisors' logs" {
  counts 2
  ls "$(dirname "$(k3_field a log)")"/1.runs
  k3 clear
  is "$(find . -name '*.runs')" ''
  k3 start -n c -r on-failure:1 -- false
  run -1 k3 join -t "$LIMIT" c
  k3 shutdown
  is "$(find . -name '*.runs' | wc -l)" 1
  for i in {1..4}; do
    k3 start -- echo
    k3 shutdown
  done
  is "$(find . -name '*.runs')" ''
}

@test "a run that cannot start leaves no mark, and clear removes the file that had it" {
  printf '#!/bin/sh\necho ran\n' >program
  chmod +x program
  k3 start -n a -- ./program
  k3 join a
  mv program gone
  run -127 k3 restart --wait a
  is "$(k3 logs a)" ran
  ls "$(dirname "$(k3_field a log)")"/1.runs
  mv gone program
  k3 restart a
  k3 join a
  is "$(k3 logs a)" $'ran\n--- run 2, after exit 127 ---\nran'
  k3 start -n b -- ./program
  k3 join b
  mv program gone
  run -127 k3 restart --wait b
  is "$(k3_field b runs)" 1
  k3 clear
  is "$(find . -name '*.runs')" ''
}

@test "the file of the marks does not grow for ever" {
  counts 2
  marks=$(dirname "$(k3_field a log)")/1.runs
  for i in {1..9000}; do echo "$i 2 1790000000000000000 exit 0"; done >>"$marks"
  rm runs
  k3 restart a
  k3 join -t "$LIMIT" a || :
  [ "$(wc -c <"$marks")" -lt 200000 ]
  like "$(tail -n 1 "$marks")" '18 4 * exit 1'
  is "$(k3 logs a | tail -n 2)" $'--- run 4, after exit 1 ---\nrun 2'
}

@test "marks that were damaged do no harm" {
  counts 2
  marks=$(dirname "$(k3_field a log)")/1.runs
  printf '%s\n' '-1 2 3 x' '0 99999999999999999999 1 x' 'x' '' '0 2' $'6 3 1 \e[31mred' >"$marks"
  printf '0 4 1 unfinished' >>"$marks"
  run -0 k3 logs a
  is "$output" $'run 1\n--- run 3, after \\x1b[31mred ---\nrun 2'
  rm "$marks"
  mkdir "$marks"
  is "$(k3 logs a)" $'run 1\nrun 2'
  k3 restart a
  run -4 k3 join a
  is "$(k3 logs a)" $'run 1\nrun 2\nrun 3\nrun 4'
  rmdir "$marks"
}

@test "a client of the socket is told where the marks are" {
  counts 2
  script <<'END'
marks = call("logs", thread="a")["run_marks"]
offset, run, time_ns, how = open(marks).read().splitlines()[0].split(" ", 3)
assert (offset, run, how) == ("6", "2", "exit 1"), (offset, run, how)
assert abs(time.time() - int(time_ns) / 1e9) < 60
END
}
