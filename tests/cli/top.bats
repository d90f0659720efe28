#!/usr/bin/env bats
# top: the threads, full screen. A user sits at a terminal, which is a pane of tmux.
# shellcheck disable=SC2016,SC2154

load helpers.bash
load terminals.bash

setup() {
  begin_test
  begin_terminals
}

teardown() {
  end_terminals
}

# top NAME [ROWS COLUMNS]: a user sits down at a terminal, and runs top.
top() {
  sit "$@"
  type_at "$1" 'clear; k3 top' Enter
  see "$1" 'by tree'
}

# top_pid: prints the pid of the top of the only user.
top_pid() {
  children_of "$(t list-panes -a -F '#{pane_pid}')"
}

children_of() {
  tr -d " " <"/proc/$1/task/$1/children"
}

# has_line NAME PATTERN: succeeds if a line of the terminal is PATTERN, without the blanks at its end.
has_line() {
  screen "$1" | sed 's/ *$//' | grep -qxE -- "$2"
}

# see_line NAME PATTERN: waits for that.
see_line() {
  wait_until "$DEADLINE" has_line "$@" || { screen "$1" && return 1; }
}

hides() {
  ! shows "$@"
}

# see_no NAME TEXT: waits until the terminal does not show TEXT.
see_no() {
  wait_until "$DEADLINE" hides "$@" || { screen "$1" && return 1; }
}

# names NAME: prints the column with the names, without the lines of the tree.
names() {
  screen "$1" | sed -n '3,/^[^ 0-9]/{s/^ *[0-9]\+ [^a-z]*\([a-z0-9]\+\).*/\1/p}' | tr '\n' ' '
}

has_names() {
  [ "$(names "$1")" = "$2" ]
}

see_names() {
  wait_until "$DEADLINE" has_names "$@" || { screen "$1" && return 1; }
}

@test "top shows the tree of needs, with state, time, processor, memory and the last line of each thread" {
  k3 start -n db -- sh -c 'echo "first"; echo "last of db"; exec sleep 1000'
  k3 start -n busy -- sh -c 'while :; do :; done'
  k3 start -n web --needs db -- sleep 1000
  k3 start -n e2e --needs db --needs web -- sleep 1000
  k3 start -n cron --needs db:ended -- true
  k3 start -n bad -- sh -c 'echo oh no; exit 3'
  k3 start -n late --after 1000 -- true
  wait_for_state bad ended
  top user
  see_line user '7 threads, 1 delayed, 1 waiting, 4 running, 1 ended, 1 failed +by tree'
  see_line user 'ID NAME +STATE +TIME +%CPU MEMORY  LAST LINE'
  see_line user ' 1 db +running +[0-9]+s +0\.0 +[0-9.]+M  last of db'
  see_line user ' 3 ├─ web +running +[0-9]+s +0\.0 +[0-9.]+[KM]'
  see_line user ' 4 │  └─ e2e +running +[0-9]+s +0\.0 +[0-9.]+[KM]'
  see_line user ' 5 └─ cron +waiting +- +- +-  waits for db:ended'
  see_line user ' 2 busy +running +[0-9]+s +[1-9][0-9]*(\.[0-9])? +[0-9.]+[KM]'
  see_line user ' 6 bad +ended +0\.[0-9]s +- +-  exit 3  oh no'
  see_line user ' 7 late +delayed +- +- +-'
  see_line user "db \\(1\\)  pid $(k3_field db pid)  cpu 0\\.0s  sh -c 'echo .*"
  see user 'r raise  R restart  l log  a attach  f filter  s sort  e ended  h help  q quit'
  type_at user Down Down Down Down
  see user 'busy (2)'
  see_line user 'busy \(2\)  pid [0-9]+  cpu [0-9.]*[1-9][0-9.]*s  sh .*'
}

@test "top shows without a key: starts, output, restarts, ends, and cleared threads" {
  k3 start -n first -- true
  mkfifo fifo
  top user
  k3 start -n web -- sh -c 'read -r line <fifo; echo "read $line"; exec sleep 1000'
  see_line user ' 2 web +running .*'
  echo hello >fifo
  see_line user ' 2 web +running .*  read hello'
  k3 start -n next --needs web:ended -- sleep 1000
  see_line user ' 3 └─ next +waiting .*  waits for web:ended'
  k3 raise web KeyboardInterrupt
  see_line user ' 2 web +ended .*  KeyboardInterrupt, SIGINT  read hello'
  see_line user ' 3 └─ next +running .*'
  k3 clear
  see_line user ' 3 next +running .*'
  see_no user web
}

@test "r raises the exception that is chosen, and shows a refusal of the supervisor" {
  k3 start -n web -- sh -c 'trap "echo reloaded" HUP; echo up; while :; do sleep 0.01; done'
  top user
  see user up
  type_at user r
  see user 'Raise in web:'
  see user KeyboardInterrupt
  type_at user h u p
  see user 'Raise in web: hup'
  see_no user KeyboardInterrupt
  type_at user Enter
  see user 'SIGHUP was raised in web'
  see user reloaded
  type_at user r Escape
  see_no user 'Raise in web:'
  type_at user r Nonsense Enter
  see user "ValueError: "
  type_at user r
  see_no user "ValueError: "
  type_at user Down Enter
  see_line user ' 1 web +ended .*  KeyboardInterrupt.*'
  type_at user r Enter
  see user InvalidThreadIdError
}

@test "in the menu of r, keys move the choice, a name that is typed counts, and the thread may be gone" {
  k3 start -n web -- sh -c 'trap "echo interrupted" INT; trap "echo second" USR2; echo up; while :; do sleep 0.01; done'
  top user
  see user up
  type_at user r Down Down Up Enter
  see user 'KeyboardInterrupt was raised in web'
  see user interrupted
  type_at user r s i g u s r End Enter
  see user 'SIGUSR2 was raised in web'
  see user second
  type_at user r MyOwn
  see user 'Enter raises what is typed'
  k3 raise --wait web
  k3 clear
  see user 'Raise in a thread that is gone:'
  type_at user Enter
  see user 'the thread is gone'
}

@test "R restarts the thread, also one that has ended" {
  k3 start -n web -- sh -c 'echo "run $$"; exec sleep 1000'
  k3 start -n gone -- true
  k3 join gone
  first=$(k3_field web pid)
  top user
  see user "run $first"
  type_at user R
  see user 'web runs again'
  see_no user "run $first"
  see user '2 runs'
  type_at user Down R
  see user 'gone runs again'
  is "$(k3_field gone runs)" 2
  type_at user C-l
}

@test "l shows the log, follows it, scrolls and searches in it" {
  k3 start -n web -i -- sh -c 'seq -f "line %g of the log" 500; printf "\033[31mred\033[0m\n"; cat'
  top user
  see user red
  type_at user l
  see user 'Log of web (1)'
  see_line user red
  see user 'following the end'
  k3 send web 'it goes on'
  see_line user 'it goes on'
  type_at user g
  see_line user 'line 1 of the log'
  see_no user 'following'
  type_at user Down PageDown
  see_line user 'line 24 of the log'
  see_line user 'line 45 of the log'
  type_at user PageUp
  see_line user 'line 2 of the log'
  type_at user PageDown Up
  see_line user 'line 23 of the log'
  type_at user / 'LINE 30' Enter
  wait_until "$DEADLINE" second_line_is user 'line 30 of the log'
  type_at user n
  wait_until "$DEADLINE" second_line_is user 'line 300 of the log'
  type_at user / 'nowhere' Enter
  see user 'not found: nowhere'
  type_at user Right
  wait_until "$DEADLINE" second_line_is user ''
  type_at user Left G
  see_line user 'it goes on'
  k3 send web 'and on'
  see_line user 'and on'
  type_at user q
  see user 'by tree'
}

@test "a log of top shows its first kept line when --log-limit has dropped the line that was looked at" {
  k3 start -n web -i --log-limit 64K -- sh -c 'seq -f "old %g" 100; read -r line; seq -f "new %g" 100000; cat'
  top user
  see user 'old 100'
  type_at user l g
  see_line user 'old 1'
  k3 send web go
  wait_until "$DEADLINE" second_line_is user 'new [0-9]+'
  hides user 'following'
}

second_line_is() {
  screen "$1" | sed -n '2{s/ *$//;p}' | grep -qxE -- "$2"
}

@test "a attaches to the terminal of the thread, and ^\\ d comes back" {
  k3 start -n web -- sleep 1000
  k3 start -n sh --tty -- sh -c 'echo begun; while read -r line; do echo "<$line>"; done'
  top user
  see user begun
  type_at user a
  see user 'web has no terminal: it was not started with --tty'
  type_at user Down a
  see_no user 'by tree'
  type_at user hello Enter
  see user '<hello>'
  type_at user C-\\ d
  see user 'by tree'
  type_at user a
  see_no user 'by tree'
  k3 raise sh
  see_line user ' 2 sh +ended .*'
  type_at user a
  see user 'sh has ended'
}

@test "f and / filter, s sorts, i reverses, e hides the ended threads" {
  k3 start -n ended -- true
  k3 join ended
  k3 start -n alpha --needs ended:ended -- sleep 1000
  k3 start -n zulu -- sleep 1000
  k3 start -n beta --after 1000 -- true
  top user
  see_names user 'ended alpha zulu beta '
  type_at user e
  see_names user 'alpha zulu beta '
  see user 'ended threads hidden'
  type_at user e s
  see user 'by id'
  see_names user 'ended alpha zulu beta '
  type_at user s
  see_names user 'alpha beta ended zulu '
  type_at user i
  see_names user 'zulu ended beta alpha '
  type_at user i S S
  see_names user 'ended alpha zulu beta '
  type_at user f sleep
  see user 'Filter: sleep'
  see_names user 'alpha zulu '
  type_at user BSpace BSpace BSpace BSpace BSpace '*[au]'
  see_names user 'alpha zulu beta '
  type_at user Enter
  see user 'filter *[au]'
  type_at user Escape
  see_names user 'ended alpha zulu beta '
  type_at user Home f alpha
  see_names user 'alpha '
  type_at user Escape Home
  see_names user 'ended alpha zulu beta '
  see user 'ended (1)'
  type_at user f Down Escape
  see user 'alpha (2)'
  type_at user / nothing Enter
  see user 'No thread fits: Esc clears the filter.'
  type_at user e
  see user 'No thread fits: Esc clears the filter, e shows ended threads.'
  type_at user Escape
  k3 raise --wait alpha
  k3 raise --wait zulu
  k3 raise --wait beta
  see user 'All threads have ended: e shows them.'
  type_at user e
  see_names user 'ended alpha zulu beta '
}

@test "keys move the selection by a line, by a page and to both ends" {
  for i in {1..120}; do echo "start -n t$i -- true"; done | k3 shell >ids
  top user
  see user 't1 (1)'
  type_at user j
  see user 't2 (2)'
  type_at user NPage
  see user 't22 (22)' # a page has all lines but four
  type_at user PPage
  see user 't2 (2)'
  type_at user PPage
  see user 't1 (1)'
  type_at user Down NPage Up PPage k
  see user 't1 (1)'
  type_at user G
  see_line user '120 t120 +ended .*'
  see user 't120 (120)'
  type_at user NPage Down k
  see user 't119 (119)'
  type_at user Home NPage g
  see user 't1 (1)'
  type_at user End
  see user 't120 (120)'
}

@test "help names each key, and each picture fits into 80 columns and 24 rows" {
  k3 start -n web -- sleep 1000
  top user
  type_at user h
  see user 'raise an exception'
  screen user >help
  for key in r R 'l, Enter' a 'f, /' Esc 's S' i e Ctrl-L 'h, ?' q; do
    grep -qF "  $key  " help || { echo "$key" && return 1; }
  done
  grep -q 'Press a key' help
  type_at user x
  see user 'by tree'
}

@test "top takes another size of its terminal" {
  k3 start -n web -- sh -c 'printf "%0100d\n" 7; exec sleep 1000'
  top user
  see_line user ' 1 web .* 0+'
  hides user 00007
  t resize-window -t user -x 160 -y 40
  see_line user ' 1 web .* 0+7'
  t resize-window -t user -x 80 -y 10
  see_line user ' 1 web .* 0+'
  see user 'q quit'
  t resize-window -t user -x 30 -y 5
  see user 'The terminal is too small'
  t resize-window -t user -x 80 -y 24
  see_line user ' 1 web .* 0+'
}

@test "Ctrl-Z stops top with the terminal given back, and fg shows it again" {
  k3 start -n web -- sleep 1000
  top user
  type_at user C-z
  see user Stopped
  hides user 'by tree'
  is "$(t display-message -p -t user '#{alternate_on}')" 0
  type_at user 'stty -a | grep -o "[-]*icanon"; echo $((6*7))' Enter
  see_line user 42
  hides user -icanon
  k3 start -n new -- sleep 1000
  type_at user fg Enter
  see_line user ' 2 new +running .*'
  type_at user q
  see_no user 'by tree'
}

# leaves COMMAND…: top is ended by the command, and leaves the terminal as it was.
leaves() {
  type_at user 'clear; stty -g >before; echo "before top"; k3 top' Enter
  see user 'by tree'
  hides user 'before top'
  "$@"
  see_no user 'by tree'
  type_at user 'echo "status $?"; stty -g >after' Enter
  see_line user 'status [0-9]+'
  see user 'before top'
  wait_until "$DEADLINE" cmp -s before after
  is "$(t display-message -p -t user '#{cursor_flag} #{alternate_on} #{keypad_cursor_flag}')" '1 0 0'
}

@test "top leaves the terminal as it was: after q, signals, and the end of the supervisor" {
  k3 start -n web -- sleep 1000
  sit user
  leaves type_at user q
  see_line user 'status 0'
  leaves type_at user C-c
  see_line user 'status 130'
  leaves end_top TERM
  see_line user 'status 143'
  leaves end_top HUP
  see_line user 'status 129'
  leaves k3 shutdown --now
  see user 'k3thread: top: the supervisor has ended'
  see_line user 'status 0'
  k3 start -n web -- sleep 1000
  leaves kill -KILL "$(supervisor_pid)"
  see user 'k3thread: top: the supervisor has ended'
  see_line user 'status 0'
}

end_top() {
  kill "-$1" "$(top_pid)"
}

@test "without a screen to draw on, top points to list and watch" {
  k3 start -n web -- sleep 1000
  run -64 k3 top
  is "$output" 'k3thread: top: standard input and output must be a terminal; "k3thread list" and "k3thread watch" show the threads as text'
  sit user 24 250
  local way
  for way in 'NO_COLOR=1 k3 top' 'TERM=dumb k3 top' 'TERM= k3 top' 'TERM=nonsense k3 top' 'k3 top | cat; (exit ${PIPESTATUS[0]})' \
    'k3 top </dev/null'; do
    type_at user "clear; $way; echo \"status \$?\"" Enter
    see_line user 'status 64'
    see_line user 'k3thread: top: .*; "k3thread list" and "k3thread watch" show the threads as text'
  done
  run -64 k3 top web
  run -64 k3 top --nonsense
  run -0 k3 top --help
}

@test "without a description of the terminal, top uses a built-in description" {
  k3 start -n web -- sleep 1000
  sit user
  type_at user 'clear; TERM=xterm-that-nobody-knows k3 top' Enter
  see_line user ' 1 web +running .*'
  type_at user r Down
  see user 'Raise in web'
  type_at user Escape h
  see user 'raise an exception'
  type_at user x q
  see_no user 'by tree'
}

@test "names, commands and output cannot break the screen" {
  k3 start -n $'n\xff\xfe' -- sh -c 'sleep 1000; : "$1"' - $'\e[2J\e]0;title\a\nx'
  k3 start -n 'wide日本語' -- sh -c 'printf "\\033[2J\\033[H\\033]0;title\\007\\033[31mred\\033[0m 日本\\xff\\033(0\\n"; exec sleep 1000'
  k3 start -n 'e'$'\u0301\u0301\u0301' -- sh -c 'printf "\\xcc\\x81\\xcc\\x81ab\\xe2\\x80\\xaecd\\rnext\\n"; exec sleep 1000'
  k3 start -n "$(printf 'long%.0s' {1..16})" -- sh -c 'head -c 100000 /dev/zero | tr "\0" x; exec sleep 1000'
  k3 start -n last -- sh -c 'printf "\\033[?25l\\033c\\016before \\t after"; exec sleep 1000'
  top user
  see_line user ' 1 n\\xff\\xfe +running .*'
  see_line user ' 2 wide日本語 +running .*  red 日本\\xff'
  see_line user $' 3 e\u0301.* +running .*  next'
  see_line user ' 4 (long)+l?o?n? +running .* x+'
  see_line user ' 5 last +running .*  \\x0ebefore +aft'
  see user 'q quit'
  see_line user 'n\\xff\\xfe \(1\).* sh -c .*'
  type_at user End l
  see_line user '\\x0ebefore .*after'
  type_at user q Up l
  see_line user 'x{80}'
  type_at user q
  is "$(t display-message -p -t user '#{pane_title}' | grep -c title)" 0
}

@test "a character that the C library does not know is a question mark in top" {
  k3 start -n $'new\uffff' -- sleep 1000
  top user
  see_line user ' 1 new\? +running .*'
}

@test "top says so when the supervisor answers nothing, and goes on when it does" {
  k3 start -n web -- sleep 1000
  top user
  pid=$(supervisor_pid)
  kill -STOP "$pid"
  type_at user R{,,,,,}{,,,,,}
  see user 'the supervisor has not answered the last'
  kill -CONT "$pid"
  see user 'web runs again'
}

@test "of two threads with one log, top follows the log of each for as long as it is shown" {
  k3 start -n alpha -o out -- sleep 1000
  k3 start -n beta -o out -i -- cat
  top user
  k3 send beta first
  see_line user ' 2 beta +running .*  first'
  type_at user f beta Enter
  see_names user 'beta '
  k3 send beta second
  see_line user ' 2 beta +running .*  second'
}

@test "top keeps up with thousands of threads, also after it could not read for a while" {
  seq -f 'start -n t%g --after 1000 -- true' 1500 | k3 shell >ids
  sit user
  type_at user 'clear; sh -c "\"$K3THREAD\" top; :"' Enter # a shell that does not notice that top is stopped
  see user '1500 threads, 1500 delayed'
  type_at user End
  see user 't1500 (1500)'
  type_at user f t 1 4 9 9 Enter
  see_names user 't1499 '
  type_at user Escape Home
  see user 't1 (1)'
  top=$(children_of "$(top_pid)")
  kill -STOP "$top"
  seq -f 'start -n u%g --after 1000 -- true' 1500 | k3 shell >ids
  k3 raise 'u1*' SIGKILL >ids || :
  k3 clear
  kill -CONT "$top"
  see user "$(($(k3 list -q | wc -l))) threads"
}

# used PID: prints the nanoseconds of processor time that the process has used.
used() {
  cut -d' ' -f1 "/proc/$1/schedstat"
}

@test "an open top of idle threads takes no processor time, and asks the supervisor nothing" {
  for i in {1..20}; do k3 start -n "t$i" -- sleep 1000; done
  top user
  see_line user ' 1 t1 +running +[0-9]+s +0\.0 .*'
  local top supervisor top_before supervisor_before wakes_before began seconds
  top=$(top_pid)
  supervisor=$(supervisor_pid)
  settle "$supervisor"
  top_before=$(used "$top")
  supervisor_before=$(used "$supervisor")
  wakes_before=$(wakes "$top")
  began=$(now_us)
  wait_until "$DEADLINE" has_passed $(($(seconds_shown) + 3))
  seconds=$((($(now_us) - began) / 1000000 + 1))
  [ $(($(used "$top") - top_before)) -lt 30000000 ]
  [ $(($(wakes "$top") - wakes_before)) -le $((3 * seconds)) ] # it draws once a second
  is "$(used "$supervisor")" "$supervisor_before"
}

# wakes PID: prints how often the process has waited.
wakes() {
  sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$1/status"
}

seconds_shown() {
  screen user | sed -n 's/^ 1 t1 .* \([0-9]*\)s .*/\1/p'
}

has_passed() {
  [ "$(seconds_shown)" -ge "$1" ]
}

# settle PID: waits until the process does nothing.
settle() {
  local before=
  until [ "$before" = "$(used "$1")" ]; do
    before=$(used "$1")
    sleep 1.2 # it tidies up after a second
  done
}

@test "top works in the shell, and comes back to its prompt" {
  k3 start -n web -- sleep 1000
  sit user
  type_at user 'clear; k3 shell' Enter
  see user 'k3thread>'
  type_at user top Enter
  see_line user ' 1 web +running .*'
  type_at user q
  see user 'k3thread> top'
  type_at user list Enter
  see user 'sleep 1000'
  type_at user top Enter
  see user 'by tree'
  type_at user C-c
  see_no user 'by tree'
  type_at user exit Enter
}

# there: makes an ssh that reaches this supervisor, and writes what it is asked to the file requests.
there() {
  mkdir bin
  printf '#!/bin/sh\nshift 2\nK3THREAD_SOCKET=%q; export K3THREAD_SOCKET\ntee requests | "$K3THREAD" "$@"\n' \
    "$K3THREAD_SOCKET" >bin/ssh
  chmod +x bin/ssh
}

@test "with -H, top shows the processes, the last lines and the logs of the other machine" {
  mkfifo go
  k3 start -n web -- sh -c 'echo up; read -r line <go; seq 5000; echo down; read -r line <go'
  k3 start -n busy -- sh -c 'while :; do :; done'
  k3 start -n sh --tty -- sh -c 'echo begun; exec cat'
  there
  sit user
  type_at user 'clear; (unset K3THREAD_SOCKET; PATH=$PWD/bin:$PATH; k3 -H box top)' Enter
  see_line user ' 1 web +running +[0-9]+s +0\.0 +[0-9.]+[KM]  up'
  see_line user ' 2 busy +running +[0-9]+s +[0-9]*[1-9][0-9.]* +[0-9.]+[KM]'
  echo >go
  see_line user ' 1 web +running +[0-9]+s +0\.0 +[0-9.]+[KM]  down'
  type_at user l
  see user 'Log of web'
  see_line user down
  see_line user 4999
  k3 restart web
  see_line user 'up'
  type_at user / 4 9 9 7 Enter
  see_line user 4998
  type_at user q Down Down a
  see_line user begun
  type_at user C-\\ d
  see user 'by tree'
  k3 shutdown --now
  see user 'k3thread: top: '
}

@test "with -H, top asks about idle threads rarely, and about logs that do not grow never" {
  for i in {1..20}; do k3 start -n "t$i" -- sh -c "echo line $i; exec sleep 1000"; done
  there
  sit user
  type_at user 'clear; (unset K3THREAD_SOCKET; PATH=$PWD/bin:$PATH; k3 -H box top)' Enter
  see_line user ' 1 t1 +running +[0-9]+s +0\.0 +[0-9.]+[KM]  line 1'
  see_line user '20 t20 +running +[0-9]+s +0\.0 +[0-9.]+[KM]  line 20'
  before=$(grep -c '"output": *true' requests)
  wait_until "$DEADLINE" has_passed $(($(seconds_shown) + 6))
  is "$(grep -c '"output": *true' requests)" "$before"
  [ "$(grep -c '"method": *"look"' requests)" -le $((before + 5)) ] # at 0, 1, 2, 4 and 8 seconds
}

@test "top for which descriptors are short says so, and not that memory is" {
  k3 start -- sleep 1000
  sit user
  type_at user "prlimit --nofile=7 '$K3THREAD' top" Enter
  # Each C library has its own words for it.
  see_line user 'k3thread: top: cannot use the terminal: (Too many open files|No file descriptors available)'
}
