#!/usr/bin/env bats
# run --report: the page of a run.

# shellcheck disable=SC2016,SC2154

load runs

# in_page EXPRESSION [FILE]: checks the page, and prints the value of a Python expression; see report.py.
in_page() {
  "$PYTHON" -I -S "$BATS_TEST_DIRNAME/report.py" "${2-r.html}" "$1"
}

# agrees [FILE]: checks that the numbers of the page are those of --json.
agrees() {
  is "$(in_page 'page.agrees(r)' "$@")" '[]'
}

# in_browser: writes the document that Chromium makes of the page to dom.html, or skips the test.
in_browser() {
  command -v chromium >/dev/null || skip 'chromium is not installed'
  log chromium --dump-dom r.html
  HOME=$dir timeout -s KILL "$DEADLINE" chromium --headless --no-sandbox --disable-gpu \
    --user-data-dir="$dir/browser" --dump-dom "file://$dir/r.html" >dom.html 2>browser.log
}

# A run with everything: failures, a daemon, a delay, needs, restarts, a time limit, and a thread that never ran.
a_run() {
  script_of 'daemon --name db --ready cmd:true -- sleep 1000' 'start --name fetch -- sleep 0.2' \
    'start --name lint --after 0.1 -- sh -c "echo bad style; exit 2"' \
    'start --name build --needs fetch:succeeded --needs db -- sleep 0.3' \
    'start --name crash -- sh -c "until [ -e up ]; do sleep 0.01; done; kill -SEGV \$\$"' \
    'start --name never --needs crash:succeeded -- true' \
    'start --name again --restart on-failure:1 -- sh -c ": >up; false"' 'start --name slow --timeout 0.1 -- sleep 1000' \
    'join fetch' 'start --name last --needs build:ended -- true'
  run -139 k3 run -q --report r.html --json r.json script
}

@test "--report has the threads, failures, statuses and seconds of --json" {
  a_run
  agrees
  is "$(in_page '[row["result"] for row in page.rows]')" \
    "['SystemExit, SIGTERM', 'exit 0', 'exit 2', 'exit 0', 'SIGSEGV', 'exit 125', 'exit 1 (2 runs)', 'TimeoutError, SIGTERM', 'exit 0']"
  is "$(in_page '[row["needs"] for row in page.rows if row["needs"]]')" \
    "['fetch:succeeded, db', 'crash:succeeded', 'build:ended']"
  # lint was delayed for 0.1 s, and fetch ran at once
  is "$(in_page '0.1 <= page.rows[2]["waited"] < 30, page.rows[1]["waited"]')" '(True, 0.0)'
  is "$(in_page 'page.rows[1]["command"], page.head')" "('sleep 0.2', 'script: failed – k3thread run')"
}

@test "--report shows the same numbers in Chromium" {
  a_run
  in_browser
  agrees dom.html
  is "$(in_page 'len(page.outputs), page.outputs[0].strip()' dom.html)" "(1, 'bad style')"
  is "$(in_page 'page.path')" "$(in_page 'page.path' dom.html)"
}

@test "--report shows the phases of each thread, and an arrow from each thread that it waited for" {
  a_run
  for phase in delayed waiting running ready; do
    [ "$(in_page "len([title for title in page.titles if title.startswith('$phase for ')])")" -ge 1 ]
  done
  [ "$(in_page 'len([title for title in page.titles if title.startswith("running for ")])')" = 9 ]
  # crash to never; fetch to build and build to last are on the path; db was ready before, or is the fourth
  is "$(in_page 'page.arrows["url(#arrow-c)"], 1 <= page.arrows["url(#arrow-n)"] <= 2')" '(2, True)'
  is "$(in_page '[(what, why) for at, took, share, what, why in page.path if "script" not in what]')" \
    "[('fetch ran', ''), ('build ran', 'needs fetch to have succeeded'), ('last ran', 'needs build to have ended')]"
}

@test "the critical path of --report leads over slots, joins, what is ready, and ends" {
  # On a busy machine the script takes its time between two starts, which is then a part of its own.
  path='[what for at, took, share, what, why in page.path if "script" not in what], [part[4] for part in page.path if part[4]]'
  script_of 'start --name a -- sleep 0.1' 'start --name b -- sleep 0.1'
  k3 run -q --slots 1 --report r.html script
  is "$(in_page "$path")" "(['a ran', 'b ran'], ['got the slot of a'])"
  script_of 'start --name a -- sleep 0.1' 'join a' 'start --name b -- true'
  k3 run -q --report r.html script
  is "$(in_page "$path")" "(['a ran', 'b ran'], ['came after a had ended'])"
  script_of 'start --name a --ready cmd:"sleep 0.1" -- sleep 0.2' 'join --ready a' 'start --name b -- sleep 0.3'
  k3 run -q --report r.html script
  is "$(in_page "$path")" "(['a ran', 'b ran'], ['came after a was ready'])"
  script_of 'daemon --name d -- sh -c "trap \"sleep 0.3; exit\" TERM; touch up; while :; do sleep 0.01; done"' \
    'start --name a -- sh -c "until [ -e up ]; do sleep 0.01; done"'
  k3 run -q --report r.html script
  is "$(in_page "$path")" "(['a ran', 'd was being ended'], ['after a had ended'])"
  (echo a; until [ -e up2 ]; do sleep 0.01; done; sleep 0.1; echo b) | k3 run -q --report r.html --each sh -c 'touch up2; sleep 0.01'
  is "$(in_page '[part[3] for part in page.path]')" "['The next word had not been read', 'b ran']"
  script_of 'start --name a --after 0.1 -- true'
  k3 run -q --report r.html script
  is "$(in_page "$path")" "(['a waited for its time', 'a ran'], [])"
}

@test "in --report, a thread that is restarted is ready for a waiting thread when its next run begins" {
  # The pauses double, so the one after the fourth run takes 0.8 s.
  cat >pause <<'END'
until [ "$(wc -l <runs)" = 4 ] && "$K3THREAD" list a | grep -q ' delayed '; do sleep 0.01; done
END
  script_of 'daemon -n a -r on-failure -- sh -c "echo >>runs; [ \$(wc -l <runs) = 5 ] && exec sleep 1000"' \
    'start -n w -- sh pause' 'join w' 'start -n b --needs a -- sleep 0.3'
  k3 run -q --report r.html script
  is "$(in_page '[why for at, took, share, what, why in page.path if what == "b ran"]')" "['needs a to be ready']"
}

@test "no line of --report strikes out the label of a thread that has waited" {
  script_of 'start --name a -- sleep 0.4' 'start --name b -- sh -c "sleep 0.1; exit 3"'
  run -3 k3 run -q --slots 1 --report r.html script
  # The rectangle ends where the label before the bar ends, and is wide enough for it; the line comes before both.
  [[ $(tr -d '\n' <r.html) =~ '<line class="q"'.*'<rect class="k" x="'([0-9.]+)'%" y="'[0-9]+'" width="'([0-9]+)'"'.*'<text class="l lf e" x="'([0-9.]+)'%"'[^'>']*'>exit 3, ' ]]
  is "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}"
  [ "${BASH_REMATCH[2]}" -ge 90 ]
  # Earlier runs of a thread are not covered.
  script_of 'start --name a --restart on-failure:1 -- sh -c "sleep 0.1; exit 3"'
  run -3 k3 run -q --slots 1 --report r.html script
  run ! grep 'class="k"' r.html
}

@test "--report shows the last lines of what has failed, as a terminal would" {
  script_of 'start --name a -- sh -c "seq 200; printf \"\\033[31mred\\033[0m\\n10%%\\r20%%\\r\\n\"; exit 1"' \
    'start --name b -- sh -c "echo fine"'
  run -1 k3 run -q --report r.html script
  is "$(in_page 'page.outputs[0].split()' | tr -d "[],'")" "$(seq -s ' ' 153 200) red 20%"
  is "$(in_page 'len(page.outputs)')" 1
}

@test "--report stays a valid page whatever the names, the commands and the output are" {
  evil='</title></svg></pre><script>document.title="bad"</script><img src=x onerror=1>&amp;"'"'"
  printf '%s\n' "$evil" >bytes
  printf 'x\0\1\376\303\251 ]]>\033]0;title\007\r\n\355\240\200\357\277\277\360\237\230\200\342\200\256\n' >>bytes
  printf 'start --name "a<b>&\\"" -- sh -c "cat bytes; exit 1" %s\n' "'$evil'" | sed "s/\"'/\"/" >"s<b>&.k3"
  printf 'start --name "\377\302\233" -- sh -c "head -c 100000 /dev/urandom; exit 1" "\033[31m\377"\n' >>"s<b>&.k3"
  run -1 k3 run -q --report r.html --json r.json "s<b>&.k3" "$evil" $'\377\033'
  is "$(in_page 'page.rows[0]["name"], page.rows[1]["name"], page.outputs[0].split("\n")[0]')" \
    "('a<b>&\"', '\\\\xff\\\\xc2\\\\x9b', $(printf '%s' "$evil" | "$PYTHON" -c 'import sys; print(repr(sys.stdin.read()))'))"
  is "$(in_page 'page.outputs[0].split("\n")[1]')" $'x\ufffd\ufffd\u00e9 ]]>' # a control character is dropped, as in a terminal
  like "$(in_page 'page.head')" 's<b>&.k3: failed*'
  [ "$(tr -d '\n\t' <r.html | LC_ALL=C tr -d ' -\377' | wc -c)" = 0 ]
  in_browser
  like "$(in_page 'page.head' dom.html)" 's<b>&.k3: failed*'
  is "$(in_page 'page.rows[0]["name"], page.outputs[0].strip()' dom.html)" \
    "$(in_page 'page.rows[0]["name"], page.outputs[0].strip()')"
}

@test "--report of 1,000 threads has about a kilobyte for each of them" {
  seq 1000 | k3 run -q --slots 16 --report r.html --json r.json --each sh -c 'sleep 0.00$(($1 % 9))' sh
  agrees
  [ "$(wc -c <r.html)" -lt 1200000 ]
  is "$(in_page 'len(page.path) <= 25, len({what for at, took, share, what, why in page.path}) == len(page.path)')" \
    '(True, True)'
  is "$(in_page '[why for at, took, share, what, why in page.path if "came after" in why]')" '[]'
  is "$(in_page 'page.times == sorted(page.times)')" True
}

@test "--report of a run whose supervisor is killed, and of one without threads" {
  script_of 'start --name a -- sh -c "touch up; sleep 1000"' 'start --name b --after 1000 -- true' 'join a'
  in_front run --report r.html --json r.json script
  wait_until "$DEADLINE" test -e up
  wait_until "$DEADLINE" supervisor_of_run
  kill -KILL "$(cat pid)"
  finish run 125
  agrees
  is "$(in_page '[row["result"] for row in page.rows]')" "['lost', 'lost']"
  script_of 'join nobody'
  run -3 k3 run --report r.html --json r.json script
  agrees
  like "$(in_page 'page.text')" '*The run had no threads.*'
}

@test "--report names what the end of the run kept from being done" {
  script_of 'start --name long -- sleep 1000' 'start --name late --after 1000 -- true' 'start --name bad -- false'
  run -1 k3 run -q --fail-fast --report r.html --json r.json script
  agrees
  is "$(in_page '[row["class"] for row in page.rows], page.numbers["skipped"]')" "(['skipped', 'skipped', 'failed'], [2.0])"
  [ "$(in_page 'len([title for title in page.titles if title.startswith("SystemExit was raised at ")])')" -ge 1 ]
}

# A chain of 30 threads; and 47 threads that wait for the end of its first, and two that wait until that is ready.
a_long_run() {
  {
    echo 'start --name c1 --ready line:up -- sh -c "until [ -e go ]; do sleep 0.01; done; echo up; sleep 0.1"' word{01..30}
    for i in {2..30}; do echo "start --name c$i --needs c$((i - 1)):ended -- sleep 0.$((i == 28 ? 2 : 0))"; done
    for name in x{1..45} r1 x46 r2 x47; do
      echo "start --name $name --needs c1$([[ $name = r* ]] || echo :ended) -- true"
    done
    printf '%s\n' 'raise -m "no longer" x47 TimeoutError' 'start --name last -- touch go'
  } >script
  run -124 k3 run -q --report r.html --json r.json script
}

@test "--report of a long run: the longest parts of its path, and lines and marks in the right rows" {
  a_long_run
  agrees
  like "$(in_page 'page.text')" '*It has 30 parts; these are the longest 25.*'
  is "$(in_page 'len(page.path), [what for at, took, share, what, why in page.path if what == "c28 ran"]')" "(25, ['c28 ran'])"
  # Two lines cross the first 36 rows and two cross the next 36: from where c1 was ready, and from its end.
  is "$(in_page 'sorted((y1 == "0", y2) for kind, y1, y2 in page.crossings if kind == "n")')" \
    "[(False, '792'), (False, '792'), (True, '792'), (True, '792')]"
  is "$(in_page '[title.split(": ")[1] for title in page.titles if title.startswith("TimeoutError was raised at ")]')" "['no longer']"
  like "$(in_page 'page.rows[0]["command"]')" '*word13 word…'
}

@test "--report of many failures shows a part of each log, so that the page stays small" {
  head -c 32700 /dev/zero | tr '\0' x >bytes
  seq 130 | (k3 run -q --report r.html --each sh -c 'cat bytes; exit 1' || :)
  is "$(awk '/^x+$/ { print length }' r.html | uniq -c | xargs)" "130 $((4194304 / 130))"
}

@test "--report of a run that a signal has ended names the signal" {
  script_of 'start --name a -- sh -c "touch up; sleep 1000"'
  in_front run --report r.html --json r.json script
  wait_until "$DEADLINE" test -e up
  kill -TERM "${background[run]}"
  finish run '*'
  agrees
  like "$(in_page 'page.text')" '* · ended by signal 15*'
}

@test "a page that cannot be written is an error, which comes before anything runs if it is known by then" {
  refuses_unwritable --report --json --junit --trace
  run -64 k3 run --report
}
